"""One pass over a side's images, which are decoded once for all that looks at them."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor
from tqdm import tqdm

from ganlab.errors import UserError
from ganlab.inference.scoring.group import ALONE, Group
from ganlab.inference.scoring.kinds.base import Pictures, Side, colours
from ganlab.metrics.extractors.common import as_seen
from ganlab.metrics.real import cache
from ganlab.metrics.real.description import Describing, Description
from ganlab.types import Extractor, Features

Saw = dict[str, list[Features]]  # by network, of the images and perhaps of them mirrored
Looked = tuple[Pictures, Saw]


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
    descriptions are looked for, and kept; None: nowhere. group: whose first process has them all.
    laid: whether transparent images are laid on a ground.
    """

    def __init__(
        self,
        side: Side,
        extractors: Mapping[str, Extractor],
        kept: int,
        flips: Sequence[str],
        folder: Path | None,
        group: Group,
        laid: bool,
    ) -> None:
        self.laid = laid
        self.side, self.extractors, self.kept, self.flips = side, extractors, kept, flips
        self.folder = folder if side.lasting else None
        self.known: dict[str, Description] = {}
        if self.folder is not None and group.is_first:
            found = {name: cache.read(self.folder, self._key(name)) for name in extractors}
            self.known = {name: description for name, description in found.items() if description is not None}
        done = group.of_first(list(self.known))
        self.making = {
            name: Describing(len(side) * (1 + (name in flips)), one, kept=kept)
            for name, one in extractors.items()
            if name not in done
        }
        self.places: dict[str, list[int]] = {name: [] for name in self.making}

    def _key(self, name: str) -> str:
        how = ["mirrored"] * (name in self.flips) + ["laid on a ground"] * self.laid
        return cache.key_of(self.side, self.extractors[name], self.kept, "in order", *how)

    def look(self, images: Tensor) -> Saw:
        """What each network that has not seen the side says of (B, C, H, W) uint8, and of them mirrored."""
        return {
            name: [
                one.extractor(turned)
                for turned in ((images, images.flip(3)) if name in self.flips else (images,))
            ]
            for name, one in self.making.items()
        }

    def take(self, saw: Saw, numbers: list[int]) -> None:
        """Keep what the networks said of images with these numbers in the side."""
        for name, parts in saw.items():
            for found in parts:
                self.making[name].take(found)
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
    group: Group = ALONE,
    laid: bool = True,
) -> Seen:
    """Look at every image of a side once, for all networks and watchers; see ``Eyes``.

    Of more than ``kept`` images the features kept are those of the first in a fixed random order. Of several processes
    each decodes and looks at its batches, and the first one takes them in as if it had done all: in order.
    laid: see ``without_alpha``.

    Raises:
        UserError: an image cannot be read, or no two can.
    """
    seen, n = Seen(side), len(side)
    order = (
        torch.randperm(n, generator=torch.Generator().manual_seed(0)).tolist() if n > kept else list(range(n))
    )
    eyes = Eyes(side, extractors, kept, flips, cache_folder, group, laid)
    everyone: list[Watcher] = [seen.sizes, seen.digests, *watchers]
    own = [place for batch in batches_of(order, batch_size)[group.rank :: group.world] for place in batch]
    opaque = without_alpha(side.pictures(own, batch_size), laid)
    looked = ((found, eyes.look(found.images.to(device))) for found in opaque)
    hidden = None if group.is_first else True
    with tqdm(total=n, desc=f"looking at {side.title}", unit="image", leave=False, disable=hidden) as bar:
        for pictures, saw in in_turns(looked, group):
            for watcher in everyone:
                watcher.add(pictures)
            eyes.take(saw, pictures.places)
            bar.update(len(pictures.places))
    _gather(side, group)
    if not group.is_first:
        return seen
    if seen.n < 2:
        raise UserError(f"{side.title} has {seen.n} images that can be read: at least 2 are needed")
    seen.descriptions = eyes.done(order)
    return seen


def _gather(side: Side, group: Group) -> None:
    """Let the first process know of the side what the others have met."""
    for lacking, odd in group.to_first((side.lacking, side.odd))[1:]:
        side.lacking |= lacking
        side.odd += odd


def without_alpha(pictures: Iterator[Pictures], laid: bool) -> Iterator[Pictures]:
    """Transparent ones laid on mid-grey (``as_seen``); else their alpha is dropped, as libraries have it."""
    for found in pictures:
        yield found._replace(images=as_seen(found.images) if laid else colours(found.images))


def batches_of(order: Sequence[int], size: int) -> list[Sequence[int]]:
    return [order[start : start + size] for start in range(0, len(order), size)]


def in_turns(looked: Iterator[Looked], group: Group) -> Iterator[Looked]:
    """On the first process what all of them have looked at, one of each in turn; on the others nothing.

    Raises:
        UserError: on all of them, what one has met.
    """
    going = True
    while going:
        fault, item = "", None
        try:
            item = next(looked, None)
            if item is not None and group.world > 1:
                item = _to_send(*item)
        except UserError as error:
            fault = str(error)
        told = group.of_each((fault, item is not None))
        if first := next((fault for fault, _ in told if fault), ""):
            raise UserError(first)
        going = any(there for _, there in told)
        if going:
            yield from (one for one in group.to_first(item) if one is not None)


def _to_send(pictures: Pictures, saw: Saw) -> Looked:
    parts = {
        name: [Features(*(part.cpu() for part in found)) for found in all_] for name, all_ in saw.items()
    }
    return Pictures(pictures.images.cpu(), pictures.places), parts


def copies(one: Seen, other: Seen) -> int:
    """Images of ``one`` that are also in ``other``, to the pixel."""
    return sum(count for digest, count in one.digests.found.items() if digest in other.digests.found)


def repeated(seen: Seen) -> int:
    """Images that are there already."""
    return seen.n - len(seen.digests.found)
