"""Text to image: what all generators that draw a caption share."""

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from ganlab.bounds import Weight, bounded
from ganlab.errors import UserError
from ganlab.lexicon import lexicon
from ganlab.losses.mode_seeking import NoModeSeeking
from ganlab.losses.penalties import NoPenalty
from ganlab.models.captions.phrasebook import Phrasebook, evenly
from ganlab.models.eval_mode import eval_mode
from ganlab.models.images.base import LatentGAN, require_no_batch_norm
from ganlab.randomness import Draws
from ganlab.techniques.replay import NoReplay
from ganlab.types import AdversarialLoss, Penalty, TextEncoder


class Painter(nn.Module):
    """z (B, latent), captions (B, L) to images: an encoder that reads, and a generator of z and embeddings.

    One module, so that an average over training takes both along: a generator understands the encoder of its own time.
    """

    def __init__(self, encoder: nn.Module, network: nn.Module) -> None:
        super().__init__()
        self.encoder, self.network = encoder, network

    def forward(self, z: Tensor, caption: Tensor) -> Tensor:
        return self.network(z, self.encoder(caption))


class TextGAN(LatentGAN):
    """A generator that is told in words what to draw, and a discriminator that reads them too.

    The encoder moves with the discriminator: telling right captions from wrong ones is what teaches it to read. The
    generator sees its embeddings and has none of its weights.

    encoder: captions (B, L) -> embeddings (B, size).  generator: z, embeddings -> images.
    discriminator: ``features`` of images, and ``match`` of features and embeddings to scores (B,).
    loss: what the players minimise; ``NonSaturating`` in the papers.
    mismatch_weight: share of mismatching pairs, as against fakes, in what the discriminator must refuse; 0: none.
    penalty: further terms of the discriminator's update, such as R1 (Mescheder et al. 2018); none unless given.
    mode_seeking: further terms of the generator's update, for images that differ with z; none unless given.

    Raises:
        UserError: for a pool of earlier fakes, which would not know their captions, and a share outside 0 to 1.
    """

    data_kind: ClassVar[str] = "captions"

    @bounded
    def __init__(
        self,
        *,
        encoder: TextEncoder,
        loss: AdversarialLoss,
        mismatch_weight: Weight = 0.5,
        penalty: Penalty | None = None,
        mode_seeking: NoModeSeeking | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options | {"generator": Painter(encoder, options["generator"])})
        if not isinstance(self.replay, NoReplay):
            raise UserError(
                "model/replay: the pool keeps images without their captions; a model with captions needs none"
            )
        if not 0 <= mismatch_weight < 1:
            raise UserError(
                f"model.mismatch_weight={mismatch_weight}: a share from 0 to less than 1, 0.5 in the paper"
            )
        self.loss, self.mismatch_weight = loss, mismatch_weight
        self.penalty = penalty or NoPenalty()
        self.mode_seeking = mode_seeking or NoModeSeeking()
        if not isinstance(self.penalty, NoPenalty):
            require_no_batch_norm(self.discriminator)
        self.book = Phrasebook()

    def players(self) -> dict[str, Sequence[nn.Module]]:
        return {
            "discriminator": [self.discriminator, self.generator.encoder],
            "generator": [self.generator.network],
        }

    def setup(self, stage: str) -> None:
        """Learn the lexicon of the data before the first step."""
        data = self.trainer.datamodule
        self.book.fill(data.lexicon, data.texts("train"), data.texts("test"))

    # -- the quantities of the papers ----------------------------------------------------------------------------

    def read(self, caption: Tensor) -> Tensor:
        """Embeddings (B, size) of captions (B, L)."""
        return self.generator.encoder(caption)

    def generate(self, text: Tensor) -> Tensor:
        """(B, C, H, W) from the generator in training, one for each embedding (B, size), with fresh z."""
        return self.paint(self.latent(text), text)

    def latent(self, text: Tensor) -> Tensor:
        return self.prior(self.draws, len(text))  # fresh z (B, latent)

    def paint(self, z: Tensor, text: Tensor) -> Tensor:
        return self.generator.network(z, text)  # (B, C, H, W)

    def look(self, image: Tensor) -> Tensor:
        """The discriminator's features of the augmented images."""
        return self.discriminator.features(self.augment(image, self.draws))

    def match(self, features: Tensor, text: Tensor) -> Tensor:
        """(B,) from the discriminator: are images with these features real, and of these texts?"""
        return self.discriminator.match(features, text)

    def match_both(self, features: Tensor, text: Tensor, wrong_text: Tensor) -> tuple[Tensor, Tensor]:
        """s_r and s_w (B,): scores of the same images with their texts and with wrong ones, judged as one batch.

        In batches of their own, batch normalization gives away that all of one batch are wrong, and nothing is learned
        about the single pair.
        """
        features, texts = torch.cat([features, features]), torch.cat([text, wrong_text])
        right, wrong = self.match(features, texts).chunk(2)
        return right, wrong

    def score(self, image: Tensor, *condition: Tensor) -> Tensor:
        """(B,) from the discriminator, for images and captions (B, L)."""
        return self.match(self.look(image), self.read(*condition))

    def matching_aware(self, right: Tensor, wrong: Tensor, fake: Tensor) -> dict[str, Tensor]:
        """What a matching-aware discriminator minimises, from s_r, s_w and s_f (B,), as two terms.

        At weight 1/2: -log s_r - (log(1 - s_w) + log(1 - s_f)) / 2, half of s_r in each (Reed et al., algorithm 1).
        """
        weight = self.mismatch_weight
        terms = {"fake": (1 - weight) * self.loss.discriminator(right, fake)}
        if weight:
            terms["mismatch"] = weight * self.loss.discriminator(right, wrong)
        self.track("game/right_caption_wins", (right > wrong).float().mean())
        return terms

    def penalised(self, real: Tensor, fake: Tensor, text: Tensor) -> dict[str, Tensor]:
        """The penalty's terms, for images with their texts."""
        return self.penalty(
            lambda image: self.match(self.look(image), text), real, fake, draws=self.draws, step=self.steps
        )

    # -- drawing -------------------------------------------------------------------------------------------------

    def sample(
        self,
        n: int,
        *,
        seed: int = 0,
        label: int | None = None,
        caption: str | None = None,
        averaged: bool = True,
        batch_size: int = 250,
    ) -> Tensor:
        """(n, C, H, W) in [-1, 1] on the CPU: n times the caption, else captions of the data, evenly from all.

        Raises:
            UserError: for a caption with words that the model does not know.
        """
        if caption is None:
            return super().sample(n, seed=seed, label=label, averaged=averaged, batch_size=batch_size)
        self.book.lexicon.require(caption)
        parts = self.draw([caption] * n, seed=seed, averaged=averaged, batch_size=batch_size)
        return torch.cat([part.cpu() for part in parts])

    def draw(
        self,
        captions: Sequence[str],
        *,
        seed: int = 0,
        averaged: bool = True,
        batch_size: int = 250,
        rank: int = 0,
        world: int = 1,
    ) -> Iterator[Tensor]:
        """One image for each caption, in batches, on the module's device; each ``world``-th from ``rank`` on.

        Words that the model does not know are read as the one token that stands for them all.
        """
        inputs = self.prior(Draws(seed, "sample"), len(captions)), self.book.ids(captions)
        return self.pictures_of(inputs, averaged=averaged, batch_size=batch_size, rank=rank, world=world)

    def inputs(self, n: int, draws: Draws, label: int | None = None) -> tuple[Tensor, ...]:
        """Latent vectors (n, size) and captions (n, L) of those trained on, evenly from all.

        Raises:
            UserError: if a class is asked for by its number.
        """
        if label is not None:
            raise UserError(f'label={label}: this model draws captions; say what, as in caption="..."')
        return self.prior(draws, n), self.book.ids(evenly(self.book.captions, n))

    def table(
        self,
        captions: Sequence[str],
        columns: int,
        *,
        seed: int = 0,
        averaged: bool = True,
        batch_size: int = 250,
    ) -> Tensor:
        """(len(captions) * columns, C, H, W) on the CPU: a row for each caption, a column for each z.

        Captions are read as by ``draw``.
        """
        z = self.prior(Draws(seed, "sample"), columns).repeat(len(captions), 1)
        ids = self.book.ids(captions).repeat_interleave(columns, 0)
        parts = self.pictures_of((z, ids), averaged=averaged, batch_size=batch_size)
        return torch.cat([part.cpu() for part in parts])

    @torch.no_grad()
    def interpolate(self, one: str, other: str, n: int, *, seed: int = 0, averaged: bool = True) -> Tensor:
        """(n, C, H, W) on the CPU, with the same z: embeddings on the straight line from one caption to the other.

        The first and the last are bit for bit the first sample of the two captions.
        """
        for caption in (one, other):
            self.book.lexicon.require(caption)
        painter = self.average.current() if averaged else self.generator
        z = self.prior(Draws(seed, "sample"), 1).to(self.device)
        with eval_mode(painter):
            start, end = (
                painter.encoder(self.book.ids([caption]).to(self.device))[0] for caption in (one, other)
            )
            texts = [torch.lerp(start, end, step / max(1, n - 1)) for step in range(n)]
            return torch.cat([painter.network(z, text[None]) for text in texts]).float().cpu()

    # -- before training -----------------------------------------------------------------------------------------

    def check(self, shape: Sequence[int], classes: Sequence[str] = ()) -> None:
        """As for any noise-to-image model; classes: the words of the data's captions, empty where it gives letters."""
        encoder = self.generator.encoder
        given = "words" if classes else "letters"
        if encoder.reads != given:
            raise UserError(
                f"model.encoder reads {encoder.reads}, and the data gives {given}; set data.tokens={encoder.reads}"
            )
        if given == "words" and len(classes) > encoder.words:
            raise UserError(
                f"model.encoder.words={encoder.words}: the data has {len(classes)} words; set data.max_words and "
                "model.encoder.words alike"
            )
        self.book.lexicon = lexicon(given, classes)
        super().check(shape)
