"""Text to image: what all generators that draw a caption share."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from ganlab.bounds import Weight, bounded
from ganlab.errors import UserError
from ganlab.lexicon import Tokens, lexicon
from ganlab.losses.mode_seeking import NoModeSeeking
from ganlab.losses.penalties import NoPenalty, require_no_batch_norm
from ganlab.models.captions.drawing import DrawsCaptions
from ganlab.network_types import TextDiscriminator
from ganlab.techniques.replay import NoReplay
from ganlab.types import AdversarialLoss, Penalty


class TextGAN(DrawsCaptions):
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

    discriminator: TextDiscriminator

    @bounded
    def __init__(
        self,
        *,
        loss: AdversarialLoss,
        mismatch_weight: Weight = 0.5,
        penalty: Penalty | None = None,
        mode_seeking: NoModeSeeking | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
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
        if self.penalty.differentiates:
            require_no_batch_norm(self.discriminator)

    def players(self) -> Mapping[str, Sequence[nn.Module]]:
        return {
            "discriminator": [self.discriminator, self.generator.encoder],
            "generator": [self.generator.network],
        }

    def setup(self, stage: str) -> None:
        """Learn the lexicon of the data before the first step."""
        data = self.trainer.datamodule  # type: ignore[attr-defined]  # Lightning sets it in fit
        self.book.fill(data.lexicon, data.texts("train"), data.texts("test"))

    # -- the quantities of the papers ----------------------------------------------------------------------------

    def read(self, caption: Tensor) -> Tensor:
        """Embeddings (B, size) of captions (B, L)."""
        return self.generator.encoder(caption)

    def latent(self, text: Tensor) -> Tensor:
        return self.prior(self.draws, len(text))  # fresh z (B, latent)

    def paint(self, z: Tensor, text: Tensor) -> Tensor:
        """(B, C, H, W) from the generator in training, one for each embedding (B, size)."""
        return self.generator.network(z, text)

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

    # -- before training -----------------------------------------------------------------------------------------

    def check(self, shape: Sequence[int], classes: Sequence[str] = ()) -> None:
        """As for any noise-to-image model; classes: the words of the data's captions, empty where it gives letters."""
        encoder = self.generator.encoder
        given: Tokens = "words" if classes else "letters"
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
