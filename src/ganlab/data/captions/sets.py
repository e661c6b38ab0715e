"""Images beside their captions, and the choice of a caption that fits an image or that does not."""

import hashlib
from collections.abc import Hashable, Mapping, Sequence

import torch
from torch import Tensor

from ganlab.errors import UserError
from ganlab.lexicon import Lexicon, padded, words_of
from ganlab.sets import ImageSet


class CaptionedImages:
    """A :class:`~ganlab.sets.CaptionedSet`: images, each with one caption or several.

    groups: one for each image; the captions of an image fit all images of its group, and no other.
    """

    classes: tuple[str, ...] = ()

    def __init__(
        self, pictures: ImageSet, captions: Sequence[Sequence[str]], groups: Sequence[Hashable]
    ) -> None:
        self.pictures, self.all_captions, self.groups = pictures, captions, groups

    def __len__(self) -> int:
        return len(self.pictures)

    @property
    def files(self) -> Sequence[str]:
        """Those that the images were read from, if any."""
        return getattr(self.pictures, "files", ())

    def images(self, indices: Tensor) -> Tensor:
        return self.pictures.images(indices)

    def labels(self, indices: Tensor) -> None:
        return None

    @property
    def names(self) -> Sequence[str]:
        """What to call each image."""
        return getattr(self.pictures, "names", ())

    def captions(self, indices: Tensor) -> list[str]:
        """The first caption of each."""
        return [self.all_captions[index][0] for index in indices.tolist()]

    @property
    def texts(self) -> tuple[str, ...]:
        """Every caption once, in the set's order."""
        return tuple(dict.fromkeys(text for captions in self.all_captions for text in captions))

    def fingerprint(self) -> str:
        """A hash of images and captions."""
        digest = hashlib.sha256(self.pictures.fingerprint().encode())
        for captions in self.all_captions:
            digest.update(repr(tuple(captions)).encode())
        return digest.hexdigest()


class CaptionTable:
    """The captions of a set as ids, chosen by numbers from 0 to 1, on one device.

    lexicon, max_length: of the ids. words: by which captions are alike, where the lexicon is one of letters.

    Raises:
        UserError: all images are of one group, so that no caption is wrong for any of them.
    """

    def __init__(
        self, images: CaptionedImages, lexicon: Lexicon, max_length: int | None, words: Lexicon | None = None
    ) -> None:
        numbers: dict[Hashable, int] = {}
        group = torch.tensor([numbers.setdefault(name, len(numbers)) for name in images.groups])
        if len(numbers) == 1:
            raise UserError(
                f"all {len(images)} images have the same captions, {images.all_captions[0][0]!r}: text and image can "
                "only be matched where captions differ"
            )
        distinct = images.texts
        place_of = {text: row for row, text in enumerate(distinct)}
        self.ids = padded([lexicon.encode(text) for text in distinct], max_length).int()
        self.words = self.ids
        if words is not None:
            self.words = padded([words.encode(text) for text in distinct], None).int()
        self.rows = torch.tensor([place_of[text] for texts in images.all_captions for text in texts])
        self.count = torch.tensor([len(texts) for texts in images.all_captions])
        self.first = self.count.cumsum(0) - self.count
        self.by_group = group.argsort(stable=True)
        sizes = torch.bincount(group)
        self.size = sizes[group]
        self.start = (sizes.cumsum(0) - sizes)[group]

    def to(self, device: torch.device) -> "CaptionTable":
        for name, value in vars(self).items():
            setattr(self, name, value.to(device))
        return self

    def right(self, indices: Tensor, chance: Tensor) -> Tensor:
        """(B, L) int64: for each image one of its captions; indices and chances are (B,)."""
        return self.ids[self._right(indices, chance)].long()

    def wrong(self, indices: Tensor, chance: Tensor) -> Tensor:
        """(B, L) int64: for each image a caption of an image of any other group; indices (B,), chances (B, 2)."""
        return self.ids[self._wrong(indices, chance)].long()

    def nearest(self, indices: Tensor, right: Tensor, chance: Tensor) -> Tensor:
        """(B, L) int64: of n wrong captions that with the largest share of words that are in the right one too.

        right: (B,), the chances that chose the right one. chance: (B, n, 2), from which the n are drawn as by
        :meth:`wrong`. One that says the very same counts last.
        """
        batch, n = chance.shape[:2]
        rows = self._wrong(indices.repeat_interleave(n), chance.flatten(0, 1)).view(batch, n)
        caption, others = (
            self.words[self._right(indices, right)].long(),
            self.words[rows].long(),
        )  # (B, L), (B, n, L)
        said = torch.zeros(batch, int(self.words.max()) + 1, device=caption.device).scatter_(1, caption, 1.0)
        said[:, 0] = 0  # what follows a caption's end is no word
        alike = said.gather(1, others.flatten(1)).view(others.shape).sum(2) / (others > 0).sum(2).clamp_min(1)
        alike[(others == caption[:, None]).all(2)] = -1
        return self.ids[rows.gather(1, alike.argmax(1, keepdim=True)).squeeze(1)].long()

    def _right(self, indices: Tensor, chance: Tensor) -> Tensor:
        count = self.count[indices]
        chosen = (chance * count).long().minimum(count - 1)
        return self.rows[self.first[indices] + chosen]

    def _wrong(self, indices: Tensor, chance: Tensor) -> Tensor:
        others = len(self.by_group) - self.size[indices]
        position = (chance[:, 0] * others).long().minimum(others - 1)
        position = position + self.size[indices] * (position >= self.start[indices])  # over its own group
        return self._right(self.by_group[position], chance[:, 1])


def require_captions(captions: Mapping[str, Sequence[str]], remedy: str) -> None:
    """Raise UserError, with how many and the first five, for images without captions or with one that has no word."""
    faults = {
        "no caption": [name for name, texts in captions.items() if not texts],
        "an empty caption": [
            name for name, texts in captions.items() if any(not words_of(text) for text in texts)
        ],
    }
    for what, names in faults.items():
        if names:
            named = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
            raise UserError(f"{len(names)} of {len(captions)} images have {what}: {named}; {remedy}")
