"""The data itself: every sample is read once."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor
from tqdm import tqdm

from ganlab.doctor.finding import Finding, good, warning
from ganlab.types import CaptionedSet, ExampleSet, ImageSet

AT_ONCE = 64
NAMES = {"train": "trained on", "test": "held out"}
NEW_ARRANGEMENT = "hold other files out, or remove the copies"


def look(data: Any) -> Iterator[Finding]:
    """Numbers, classes, images that are alike, empty or in both splits.

    data: a data module whose ``prepare`` has succeeded.
    """
    train, test = data.dataset("train"), data.dataset("test")
    yield good("data", f"{len(train):,} samples to train on, {len(test):,} held out, {_shape(data.shape)}")
    if not isinstance(train, ImageSet | ExampleSet):
        return  # points are drawn anew in each step
    hashes = {name: list(fingerprints(part, name)) for name, part in (("train", train), ("test", test))}
    yield from alike([found for found, _ in hashes["train"]])
    empty = sum(flat for part in hashes.values() for _, flat in part)
    if empty:
        yield warning("data", f"images of a single colour: {empty}; are they meant to be there?")
    both = {found for found, _ in hashes["train"]} & {found for found, _ in hashes["test"]}
    if both:
        yield warning(
            "held-out data",
            f"also trained on: {len(both)} of them, which flatters scores; {NEW_ARRANGEMENT}",
        )
    elif len(test):
        yield good("held-out data", "none of it is trained on")
    yield from classes(train)
    if isinstance(train, CaptionedSet):
        yield from captions(data)


def captions(data: Any) -> Iterator[Finding]:
    """Whether captions hold words that a model of this data will not know."""
    yield good(
        "captions", f"{len(data.classes):,} words are known" if data.classes else "read letter by letter"
    )
    for split, remedy in (("train", "raise data.max_words"), ("test", "they are drawn as well as can be")):
        found = data.unread(split)
        if found.captions:
            yield warning("captions", f"{NAMES[split]}: {found}; {remedy}")


def alike(hashes: list[str]) -> Iterator[Finding]:
    """Samples that are equal in every pixel."""
    copies = len(hashes) - len(set(hashes))
    if copies:
        yield warning("data", f"exact copies among {len(hashes):,} training samples: {copies}; remove them")


def classes(train: ImageSet | ExampleSet) -> Iterator[Finding]:
    """How even the classes are."""
    if not isinstance(train, ImageSet) or not train.classes:
        return
    labels = train.labels(torch.arange(len(train)))
    if labels is None:
        return
    counts = Counter(labels.tolist())
    least, most = min(range(len(train.classes)), key=counts.__getitem__), max(counts.values())
    text = f"{_numbered(train.classes)}, from {counts[least]} samples ({train.classes[least]!r}) to {most}"
    if 10 * counts[least] < most:
        yield warning("classes", f"{text}: a model with labels will hardly learn the rare ones")
    else:
        yield good("classes", text)


def fingerprints(part: ImageSet | ExampleSet, name: str) -> Iterator[tuple[str, bool]]:
    """A hash of each sample, and whether all its pixels are equal."""
    for indices in tqdm(
        torch.arange(len(part)).split(AT_ONCE),
        desc=f"reading {name}",
        unit="batch",
        disable=None,
        leave=False,
    ):
        images = part.images(indices) if isinstance(part, ImageSet) else _joined(part.batch(indices))
        for image in images.cpu().contiguous():
            digest = hashlib.blake2b(image.numpy().tobytes(), digest_size=16).hexdigest()
            pixels = image.flatten(1)  # (channels, pixels)
            yield digest, bool((pixels == pixels[:, :1]).all())


def _joined(batch: dict[str, Tensor]) -> Tensor:
    """All that belongs to each of n examples, as one row of numbers: (n, 1, numbers)."""
    return torch.cat([value.flatten(1).float() for value in batch.values()], dim=1).unsqueeze(1)


def _numbered(names: Sequence[str], most: int = 20) -> str:
    """``2 (0 cat, 1 dog)``: in the order of the labels."""
    shown = ", ".join(f"{label} {name}" for label, name in enumerate(names[:most]))
    return f"{len(names)} ({shown}{', ...' * (len(names) > most)})"


def _shape(shape: Any) -> str:
    if isinstance(shape, dict):
        return ", ".join(f"{name} {_shape(value)}" for name, value in shape.items())
    if len(shape) != 3:
        return f"{' x '.join(map(str, shape))} numbers"
    channels, height, width = shape
    return f"{height} x {width} pixels in {channels} channel{'s' * (channels != 1)}"
