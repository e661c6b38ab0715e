"""One pass over a side's images, which are decoded once for all that looks at them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor
from tqdm import tqdm

from ganlab.errors import UserError
from ganlab.inference.scoring.kinds.base import Pictures, Side
from ganlab.metrics.real import cache
from ganlab.metrics.real.description import Describing, Description
from ganlab.types import Extractor


class Watcher(Protocol):
    """Looks at each image of a side, once."""

    def add(self, pictures: Pictures) -> None: ...


class Sizes:
    """How many images have which (channels, height, width)."""

    def __init__(self) -> None:
        self.count: Counter[tuple[int, ...]] = Counter()

    def add(self, pictures: Pictures) -> None:
        self.count[tuple(pictures.images.shape[1:])] += len(pictures.images)


class Digests:
    """What tells an image from any other, for copies to be found: 8 bytes of each."""

    def __init__(self) -> None:
        self.found: Counter[bytes] = Counter()

    def add(self, pictures: Pictures) -> None:
        images = pictures.images
        if images.shape[1] == 3 and bool((images[:, 1:] == images[:, :1]).all()):
            images = images[:, :1]  # a grey one, whether it is stored in colour or not
        shape = str(tuple(images.shape[1:])).encode()
        for image in images.cpu().contiguous().numpy():
            self.found[blake2b(image.tobytes() + shape, digest_size=8).digest()] += 1


class Seen:
    """A side once it was looked at: by extractor what that says of it, its sizes and its digests."""

    def __init__(self, side: Side) -> None:
        self.side, self.sizes, self.digests = side, Sizes(), Digests()
        self.descriptions: dict[str, Description] = {}

    @property
    def n(self) -> int:
        """Images that could be read."""
        return sum(self.sizes.count.values())


class Eyes:
    """The networks that look at a side, each with its description of it, in the making or kept from before.

    kept: features that are kept one by one. flips: the networks that see each image mirrored as well. folder: where
    descriptions are looked for, and kept; None: nowhere.
    """

    def __init__(
        self,
        side: Side,
        extractors: Mapping[str, Extractor],
        kept: int,
        flips: Sequence[str],
        folder: Path | None,
    ) -> None:
        self.side, self.extractors, self.kept, self.flips, self.folder = side, extractors, kept, flips, folder
        self.known: dict[str, Description] = {}
        if folder is not None:
            found = {name: cache.read(folder, self._key(name)) for name in extractors}
            self.known = {name: description for name, description in found.items() if description is not None}
        self.making = {
            name: Describing(len(side) * (1 + (name in flips)), one, kept=kept)
            for name, one in extractors.items()
            if name not in self.known
        }
        self.places: dict[str, list[int]] = {name: [] for name in self.making}

    def _key(self, name: str) -> str:
        mirrored = ["mirrored"] * (name in self.flips)
        return cache.key_of(self.side, self.extractors[name], self.kept, "in order", *mirrored)

    def add(self, images: Tensor, numbers: list[int]) -> None:
        """Take in (B, C, H, W) uint8, which have these numbers in the side."""
        for name, describing in self.making.items():
            for turned in (images, images.flip(3)) if name in self.flips else (images,):
                describing.add(turned)
                self.places[name] += numbers

    def done(self, order: list[int]) -> dict[str, Description]:
        """The descriptions, with labels where the side has some; ``order``: in which it was looked at."""
        found = self.known | {name: describing.done() for name, describing in self.making.items()}
        if self.folder is not None and not self.side.lacking:
            for name in self.making:
                cache.write(self.folder, self._key(name), found[name])
        if (labels := self.side.labels()) is None:
            return found
        places = {name: self.places.get(name, order)[: len(one.features)] for name, one in found.items()}
        return {name: one.labelled(labels[torch.tensor(places[name])]) for name, one in found.items()}


def look(
    side: Side,
    extractors: Mapping[str, Extractor],
    *,
    kept: int,
    batch_size: int,
    device: torch.device,
    flips: Sequence[str] = (),
    watchers: Sequence[Watcher] = (),
    cache_folder: Path | None = None,
) -> Seen:
    """Look at every image of a side once, for all networks and watchers; see ``Eyes``.

    Of more than ``kept`` images the features kept are those of the first in a fixed random order.

    Raises:
        UserError: an image cannot be read, or no two can.
    """
    seen, n = Seen(side), len(side)
    order = (
        torch.randperm(n, generator=torch.Generator().manual_seed(0)).tolist() if n > kept else list(range(n))
    )
    eyes = Eyes(side, extractors, kept, flips, cache_folder)
    everyone: list[Watcher] = [seen.sizes, seen.digests, *watchers]
    with tqdm(total=n, desc=f"looking at {side.title}", unit="image", leave=False, disable=None) as bar:
        for pictures in side.pictures(order, batch_size):
            for watcher in everyone:
                watcher.add(pictures)
            eyes.add(pictures.images.to(device), pictures.places)
            bar.update(len(pictures.places))
    if seen.n < 2:
        raise UserError(f"{side.title} has {seen.n} images that can be read: at least 2 are needed")
    seen.descriptions = eyes.done(order)
    return seen


def copies(one: Seen, other: Seen) -> int:
    """Images of ``one`` that are also in ``other``, to the pixel."""
    return sum(count for digest, count in one.digests.found.items() if digest in other.digests.found)


def repeated(seen: Seen) -> int:
    """Images that are there already."""
    return seen.n - len(seen.digests.found)
