"""The data itself: every sample is read once."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor
from tqdm import tqdm

from ganlab.doctor.finding import Finding, fault, good, warning
from ganlab.errors import GanlabError
from ganlab.nearest import numbered
from ganlab.sets import CaptionedSet, ExampleSet, ImageSet
from ganlab.types import Batch, tensors_of

AT_ONCE = 64
NAMES = {"train": "trained on", "test": "held out"}
NEW_ARRANGEMENT = "hold other files out, or remove the copies"


class Sample(NamedTuple):
    """name: of its file. digest: of its pixels. is_flat: are they all equal?"""

    name: str
    digest: str
    is_flat: bool


def look(data: Any) -> Iterator[Finding]:
    """Numbers, classes, images that are alike, empty or in both splits.

    data: a data module whose ``prepare`` has succeeded.
    """
    train, test = data.dataset("train"), data.dataset("test")
    yield good("data", f"{len(train):,} samples to train on, {len(test):,} held out, {_shape(data.shape)}")
    if not isinstance(train, ImageSet | ExampleSet):
        return  # points are drawn anew in each step
    samples: dict[str, list[Sample]] = {}
    broken: list[str] = []
    for split, part in (("train", train), ("test", test)):
        samples[split] = list(fingerprints(part, NAMES[split], broken))
    if broken:
        yield fault("data", f"{len(broken)} cannot be read: {some(broken)}; repair or remove them")
        return
    yield from alike(samples["train"])
    flat = [sample.name for part in samples.values() for sample in part if sample.is_flat]
    if flat:
        yield warning(
            "data", f"images of a single colour: {len(flat)} ({some(flat)}); are they meant to be there?"
        )
    yield from held_out(samples)
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


def alike(train: list[Sample]) -> Iterator[Finding]:
    """Samples that are equal in every pixel."""
    first: dict[str, str] = {}
    copies = [
        f"{sample.name} of {first[sample.digest]}"
        for sample in train
        if first.setdefault(sample.digest, sample.name) != sample.name
    ]
    if copies:
        yield warning(
            "data",
            f"exact copies among {len(train):,} training samples: {len(copies)} ({some(copies)}); remove them",
        )


def held_out(samples: dict[str, list[Sample]]) -> Iterator[Finding]:
    """Held-out samples that are trained on as well."""
    trained = {sample.digest: sample.name for sample in samples["train"]}
    both = [
        f"{sample.name} is {trained[sample.digest]}" for sample in samples["test"] if sample.digest in trained
    ]
    if both:
        yield warning(
            "held-out data",
            f"also trained on: {len(both)} of them ({some(both)}), which flatters scores; {NEW_ARRANGEMENT}",
        )
    elif samples["test"]:
        yield good("held-out data", "none of it is trained on")


def classes(train: ImageSet | ExampleSet) -> Iterator[Finding]:
    """How even the classes are."""
    if not isinstance(train, ImageSet) or not train.classes:
        return
    labels = train.labels(torch.arange(len(train)))
    if labels is None:
        return
    counts = Counter(labels.tolist())
    rarest, commonest = min(range(len(train.classes)), key=counts.__getitem__), max(counts.values())
    spread = f"from {counts[rarest]} samples ({train.classes[rarest]!r}) to {commonest}"
    text = f"{len(train.classes)} ({numbered(train.classes)}), {spread}"
    if 10 * counts[rarest] < commonest:
        yield warning("classes", f"{text}: a model with labels will hardly learn the rare ones")
    else:
        yield good("classes", text)


def fingerprints(part: ImageSet | ExampleSet, title: str, broken: list[str]) -> Iterator[Sample]:
    """Every sample that can be read; what is wrong with the others is added to ``broken``."""
    names = getattr(part, "names", ())
    chunks = torch.arange(len(part)).split(AT_ONCE)
    for indices in tqdm(chunks, desc=f"reading those {title}", unit="batch", disable=None, leave=False):
        for index, image in zip(indices.tolist(), _images(part, indices, broken), strict=True):
            if image is None:
                continue
            digest = hashlib.blake2b(image.numpy().tobytes(), digest_size=16).hexdigest()
            pixels = image.flatten(1)  # (channels, pixels)
            name = names[index] if names else f"no. {index} {title}"
            yield Sample(name, digest, bool((pixels == pixels[:, :1]).all()))


def _images(part: ImageSet | ExampleSet, indices: Tensor, broken: list[str]) -> Sequence[Tensor | None]:
    """One image for each index, None for those that cannot be read."""
    try:
        images = part.images(indices) if isinstance(part, ImageSet) else _joined(part.batch(indices))
        return list(images.cpu().contiguous())
    except GanlabError as error:
        if len(indices) == 1:
            if str(error) not in broken[-1:]:  # too many to skip: said of all that follow
                broken.append(str(error))
            return [None]
    return [image for index in indices.split(1) for image in _images(part, index, broken)]


def some(texts: Sequence[str], maximum: int = 5) -> str:
    """The first of many."""
    return "; ".join(texts[:maximum]) + "; ..." * (len(texts) > maximum)


def _joined(batch: Batch) -> Tensor:
    """All that belongs to each of n examples, as one row of numbers: (n, 1, numbers)."""
    return torch.cat([value.flatten(1).float() for value in tensors_of(batch).values()], dim=1).unsqueeze(1)


def _shape(shape: Any) -> str:
    if isinstance(shape, dict):
        return ", ".join(f"{name} {_shape(value)}" for name, value in shape.items())
    if len(shape) != 3:
        return f"{' x '.join(map(str, shape))} numbers"
    channels, height, width = shape
    return f"{height} x {width} pixels in {channels} channel{'s' * (channels != 1)}"
