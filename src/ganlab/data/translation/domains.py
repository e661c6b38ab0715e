"""Several domains of pictures that do not belong together."""

from collections.abc import Iterator, Sequence
from typing import Literal, Unpack

import torch
from torch import Tensor

from ganlab.data.base import Channels, Split, StoredImages, require_channels
from ganlab.data.endless import parts_of_batch, place
from ganlab.data.order import IndexStream
from ganlab.data.translation.base import CropOptions, ExampleData
from ganlab.data.translation.sets import Examples, Named
from ganlab.errors import UserError
from ganlab.pixels import from_uint8
from ganlab.randomness import Draws, derive
from ganlab.sets import ImageSet
from ganlab.types import Batch, batch_of

Role = Literal["image", "reference", "second"]
ROLES: tuple[Role, ...] = ("image", "reference", "second")


class DomainsData(ExampleData):
    """Batches of ``image`` with its domain ``label``, and ``reference`` and ``second``, two pictures of ``wanted``.

    ``load`` gives one side, "pictures", whose labels are their domains. Every domain is drawn as often as any other,
    however many pictures it has; what a position of a step holds is drawn for itself, so pictures may come again
    before all have been seen.

    Args:
        channels: 1 (grey) or 3 (RGB); images are converted to it.
        options: See ``ExampleData``.
    """

    kind: str = "domains"

    def __init__(self, *, channels: Channels = 3, **options: Unpack[CropOptions]) -> None:
        super().__init__(**options)
        require_channels(channels=channels)
        self.channels = channels

    @property
    def shape(self) -> dict[str, tuple[int, int, int]]:
        return dict.fromkeys(ROLES, (self.channels, self.height, self.width))

    def dataset(self, split: Split) -> "DomainExamples":
        self.prepare()
        (side,) = self._centred(split).values()
        return DomainExamples(side, self.contents(split))

    def contents(self, split: Split) -> Sequence[str] | None:
        """What each picture shows, for scores alone; None where it is not known."""
        return None

    def _pictures(self, split: Split) -> StoredImages:
        return getattr(self._splits, split)["pictures"].images

    def _batches(self) -> Iterator[Batch]:
        step, rank, world, device = place(self)
        draws = Draws(self.seed, rank=rank, world=world)
        orders = self._order(rank, world)
        stored = self._pictures("train")
        streams = {role: stored.batches(order, step, device) for role, order in orders.items()}
        while True:
            batch = Batch()
            for role in ROLES:
                images, labels = next(streams[role])
                draws.reseed("augment", role, step)
                batch[role] = from_uint8(self._augmented(images, draws))
                if labels is not None and role != "second":
                    batch["label" if role == "image" else "wanted"] = labels
            yield batch
            step += 1

    def _order(self, rank: int, world: int) -> dict[str, IndexStream]:
        """References are of one domain, drawn anew for each position, and two pictures of it."""
        stored = self._splits.train["pictures"].images
        return {
            role: Balanced(
                stored=stored,
                batch_size=self.batch_size,
                parts=parts_of_batch(self),
                seed=derive(self.seed, "order", "image" if role == "image" else "reference"),
                rank=rank,
                world=world,
                limit=self.limit,
                second=role == "second",
            )
            for role in ROLES
        }


class Balanced(IndexStream):
    """An order in which every class comes as often as any other: each position draws one, and a member of it.

    second: of the same class at each position another member than without it.

    Raises:
        UserError: less than two classes, or two members of one.
    """

    def __init__(
        self,
        *,
        stored: StoredImages,
        batch_size: int,
        parts: int,
        seed: int,
        rank: int,
        world: int,
        limit: int | None,
        second: bool,
    ) -> None:
        length = len(stored)
        super().__init__(
            length=length, batch_size=batch_size, parts=parts, seed=seed, rank=rank, world=world, limit=limit
        )
        chosen = torch.arange(length) if self.kept is None else self.kept
        self.members, self.second = members_of(stored, chosen), second
        require_domains(stored.classes, self.members)
        self.draws = Draws(seed, rank=rank, world=world)

    def indices(self, step: int) -> Tensor:
        self.draws.reseed("balanced", step)
        domains = self.draws.integers(self.batch_size, len(self.members)).tolist()
        chances = self.draws.uniform(self.batch_size, 2).tolist()
        return torch.stack(
            [self._member(self.members[d], *chance) for d, chance in zip(domains, chances, strict=True)]
        )

    def _member(self, members: Tensor, chance: float, other: float) -> Tensor:
        place = int(chance * len(members))
        if self.second:
            place = (place + 1 + int(other * (len(members) - 1))) % len(members)
        return members[place]


class DomainExamples(Examples):
    """An :class:`~ganlab.sets.ExampleSet`: each picture once, to be taken to another domain in turn.

    labels, wanted: (N,) where a picture is from, and where it is to go. contents: see ``DomainsData``.
    """

    def __init__(self, side: Named[ImageSet], contents: Sequence[str] | None) -> None:
        super().__init__(
            {"pictures": side}, lambda side, images, indices: batch_of({side: from_uint8(images)})
        )
        self.images, self.contents = side.images, contents
        labels = self.images.labels(torch.arange(len(self.images)))
        assert labels is not None  # domains are labels
        self.labels = labels.cpu()
        self.members = members_of(self.images)
        places = torch.arange(len(self.labels))
        domains = max(2, len(self.members))
        self.wanted = (self.labels + 1 + places % (domains - 1)) % domains
        if not all(len(own) for own in self.members):
            self._length = 0  # there is no picture of a domain that a style could be taken from

    def batch(self, indices: Tensor) -> Batch:
        wanted = self.wanted[indices]
        references = [
            torch.stack([self._reference(int(i), int(w), k) for i, w in zip(indices, wanted, strict=True)])
            for k in (0, 1)
        ]
        images, reference, second = (
            from_uint8(self.images.images(which)) for which in (indices, *references)
        )
        return Batch(
            image=images, label=self.labels[indices], reference=reference, second=second, wanted=wanted
        )

    def _reference(self, index: int, wanted: int, which: int) -> Tensor:
        own = self.members[wanted]
        return own[(7 * index + 3 + which) % len(own)]


def members_of(images: ImageSet, among: Tensor | None = None) -> Sequence[Tensor]:
    """For each class, the indices (n,) of its pictures."""
    among = torch.arange(len(images)) if among is None else among
    labels = images.labels(among)
    return (
        [among[(labels == number).cpu()] for number in range(len(images.classes))]
        if labels is not None
        else []
    )


def require_domains(names: Sequence[str], members: Sequence[Tensor]) -> None:
    """Raises UserError for less than two domains, or two pictures of one."""
    if len(members) < 2:
        found = f"the one domain {names[0]}" if names else "no domains"
        raise UserError(
            f"this data has {found}: give each of two or more a folder of its own, with pictures in it"
        )
    for name, own in zip(names, members, strict=True):
        if len(own) < 2:
            raise UserError(
                f"the domain {name} has {len(own)} of the pictures to train on, and two of a domain are shown at a "
                "time: add some, or remove its folder"
            )
