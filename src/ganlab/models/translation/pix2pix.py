"""pix2pix: a conditional GAN that learns from pairs."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Unpack

import torch
from torch import Tensor, nn

from ganlab.bounds import Size, Weight, bounded
from ganlab.losses.similarity import l1
from ganlab.models.players import GameOptions
from ganlab.models.translation.base import ImageToImage, NetworkFactory, TranslationFactory, observation
from ganlab.network_types import Translation
from ganlab.types import AdversarialLoss, Batch, Observation


class Pix2Pix(ImageToImage):
    """Image-to-image translation with conditional adversarial networks (Isola et al. 2017, equations 1 to 4).

    x is the source, y the target. D sees pairs: D(x, y) against D(x, G(x, z)), with half the usual loss so that it
    learns more slowly (section 3.3). G also has lambda |y - G(x, z)|. The noise z is dropout inside G.

    generator: makes G of in_channels and out_channels. discriminator: makes D of channels, those of x and y together.
    loss: what the two players minimise, over all patches. l1_weight: lambda.
    """

    data_kind: ClassVar[str] = "paired"

    @bounded
    def __init__(
        self,
        *,
        generator: TranslationFactory,
        discriminator: NetworkFactory,
        source_channels: Size,
        target_channels: Size,
        loss: AdversarialLoss,
        l1_weight: Weight = 100.0,
        **options: Unpack[GameOptions],
    ) -> None:
        super().__init__(**options)
        self.generator = generator(in_channels=source_channels, out_channels=target_channels)
        self.discriminator = discriminator(channels=source_channels + target_channels)
        self.loss, self.l1_weight = loss, l1_weight

    def players(self) -> Mapping[str, Sequence[nn.Module]]:
        return {"discriminator": [self.discriminator], "generator": [self.generator]}

    def score(self, source: Tensor, image: Tensor) -> Tensor:
        """D(x, y), one for each patch: (B, 1, h, w)."""
        return self.discriminator(torch.cat([source, image], dim=1))

    def training_step(self, batch: Batch, batch_idx: int) -> Observation:
        source, target = batch["source"], batch["target"]
        fake = self.generator(source)  # once, for both players
        with self.update("discriminator") as terms:
            real_score, fake_score = self.score(source, target), self.score(source, fake.detach())
            terms["adversarial"] = self.loss.discriminator(real_score.flatten(), fake_score.flatten()) / 2
        with self.update("generator") as terms:
            terms["adversarial"] = self.loss.generator(
                self.score(source, fake).flatten(), lambda: self.score(source, target).flatten()
            )
            terms["l1"] = self.l1_weight * l1(fake, target)
        return observation(target, fake, real_score, fake_score)

    def networks(self) -> dict[str, Translation]:
        return {"output": self.generator}

    def outputs(self, batch: Batch) -> dict[str, Tensor]:
        return {"target": self.generator(batch["source"])}

    def judge(self, batch: Batch) -> Any:
        return self.score(batch["source"], batch["target"])

    def panels(self, batch: Batch) -> dict[str, Tensor]:
        return {
            "input": batch["source"],
            "output": self.translate(batch)["target"],
            "target": batch["target"],
        }
