"""What all captioned images have in common: for each a caption that fits, and one that certainly does not."""

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple, Unpack

import torch
from lightning.pytorch.utilities.rank_zero import rank_zero_only

from ganlab.bounds import ImageSize, Share, Size
from ganlab.data.base import ColourOptions, ImageData, ImageOptions, Split, loaded_height_and_width, mirrored
from ganlab.data.captions.sets import CaptionedImages, CaptionTable
from ganlab.data.endless import place
from ganlab.data.store.crops import Centred, cut
from ganlab.errors import UserError
from ganlab.lexicon import Letters, Lexicon, Words
from ganlab.randomness import Draws
from ganlab.types import Batch

log = logging.getLogger(__name__)

Tokens = Literal["words", "letters"]
CANDIDATES = 64  # among which a near mismatch is looked for
KEPT = 1000  # captions of a split that a model remembers, to have something to draw


class CaptionSplits(NamedTuple):
    """What ``CaptionData.read`` gives; ``test`` was never trained on, and may be empty."""

    train: CaptionedImages
    test: CaptionedImages


class Unread(NamedTuple):
    """captions: how many of the ``total`` hold words that are not known. words: those, the frequent first."""

    captions: int
    total: int
    words: list[str]

    def __str__(self) -> str:
        named = ", ".join(repr(word) for word in self.words[:5]) + ", ..." * (len(self.words) > 5)
        return f"{self.captions} of {self.total} captions have words that are not known ({named})"


def unread(texts: Sequence[str], lexicon: Lexicon) -> Unread:
    """What of ``texts`` the lexicon does not know."""
    unknown = [words for text in texts if (words := lexicon.unknown(text))]
    counts = Counter(word for words in unknown for word in words)
    return Unread(len(unknown), len(texts), sorted(counts, key=lambda word: (-counts[word], word)))


@rank_zero_only
def warn_of_unread(held_out: Unread) -> None:
    if held_out.captions:
        log.warning("held out: %s, which are read as the token for unknown words", held_out)


class CaptionOptions(ImageOptions, total=False):
    """The constructor arguments of all captioned images, beside those that some fix: see ``CaptionData``."""

    load_size: ImageSize | None
    tokens: Tokens
    near_mismatches: Share


class CaptionData(ImageData):
    """Batches of images in [-1, 1] with ``caption`` and ``mismatch``, (B, L) int64: ids, 0 after the end.

    Where an image has several captions, each step takes one of them by chance. A mismatch is a caption of an image of
    another group, drawn from all of these, so that it is wrong wherever the data's groups are right.

    Args:
        options: See ``ImageData``.
        tokens: What ids stand for: "words" of the training captions, or "letters" by their Unicode code points.
        max_words: The most frequent words are known; all others share one id.
        max_length: Ids of a caption, at most; null: as many as the longest has.
        load_size: Size that images have before a random ``image_size`` is cut out of them; null: ``image_size``.
        near_mismatches: Share of mismatches that are the most alike of 64 that were drawn; the others are the first
            that was. Which wrong captions are shown is open in Reed et al. 2016.
    """

    kind: str = "captions"

    def __init__(
        self,
        *,
        load_size: ImageSize | None = None,
        tokens: Tokens = "words",
        max_words: Size = 10_000,
        max_length: Size | None = 201,
        near_mismatches: Share = 0.0,
        **options: Unpack[ColourOptions],
    ) -> None:
        super().__init__(**options)
        self.load_height, self.load_width = loaded_height_and_width(load_size, self.image_size)
        for key, number in (("max_words", max_words), ("max_length", max_length)):
            if number is not None and number < 1:
                raise UserError(f"data.{key}={number}: expected at least 1")
        self.tokens, self.max_words, self.max_length = tokens, max_words, max_length
        self.near_mismatches = near_mismatches

    def read(self) -> CaptionSplits:
        """Images of ``load_size`` and their captions; raises UserError for what cannot be trained on."""
        raise NotImplementedError

    def load(self) -> CaptionSplits:
        splits = self.read()
        captions = [text for texts in splits.train.all_captions for text in texts]
        self._lexicon = Words.of(captions, self.max_words) if self.tokens == "words" else Letters()
        words = (
            Words.of(captions, self.max_words) if self.near_mismatches and self.tokens == "letters" else None
        )
        self._table = CaptionTable(splits.train, self._lexicon, self.max_length, words)
        self._unread = {name: unread(part.texts, self._lexicon) for name, part in splits._asdict().items()}
        warn_of_unread(self._unread["test"])
        return splits

    def unread(self, split: Split) -> "Unread":
        """Which captions of a split hold words that count as one, being rare or never trained on."""
        self.prepare()
        return self._unread[split]

    @property
    def lexicon(self) -> Lexicon:
        """What turns captions into ids."""
        self.prepare()
        return self._lexicon

    @property
    def classes(self) -> tuple[str, ...]:
        """The words that ids from 2 on stand for; empty for letters."""
        return self.lexicon.names

    def texts(self, split: Split) -> tuple[str, ...]:
        """Captions of a split, at most 1,000, evenly from all."""
        texts = self.dataset(split).texts
        return texts if len(texts) <= KEPT else texts[:: -(-len(texts) // KEPT)]

    def dataset(self, split: Split) -> CaptionedImages:
        """The images of a split, never mirrored, the centres of larger ones, with their captions, in a fixed order."""
        self.prepare()
        whole: CaptionedImages = getattr(self._splits, split)
        if (self.load_height, self.load_width) == (self.height, self.width):
            return whole
        centres = Centred(whole.pictures, self.height, self.width)
        return CaptionedImages(centres, whole.all_captions, whole.groups)

    def _batches(self) -> Iterator[Batch]:
        step, rank, world, device = place(self)
        self.prepare()
        draws = Draws(self.seed, rank=rank, world=world)
        order, table = self._order(rank, world), self._table.to(device)
        for images, _ in self._splits.train.pictures.batches(order, step, device):
            draws.reseed("captions", step)
            right, wrong, spots, turned = draws.uniform(len(images), 6).split((1, 2, 2, 1), dim=1)
            images = cut(images, spots, self.height, self.width)
            if self.flip:
                images = mirrored(images, turned.squeeze(1) < self.flip)
            indices = order.indices(step).to(device, non_blocking=True)
            caption = table.right(indices, right.to(device).squeeze(1))
            mismatch = table.wrong(indices, wrong.to(device))
            if self.near_mismatches:
                is_near = draws.uniform(len(images), 1).to(device) < self.near_mismatches
                candidates = draws.uniform(len(images), CANDIDATES, 2).to(device)
                mismatch = torch.where(
                    is_near, table.nearest(indices, right.to(device).squeeze(1), candidates), mismatch
                )
            yield Batch(
                image=self.as_floats(images, draws, step),
                caption=caption,
                mismatch=mismatch,
            )
            step += 1
