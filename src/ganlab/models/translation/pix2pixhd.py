"""pix2pixHD: larger pictures from pairs, judged at several scales and by what the judges see on the way."""

from collections.abc import Mapping, Sequence
from typing import Unpack

from ganlab.bounds import Size, Weight, bounded
from ganlab.losses.scales import Maps, judged, matched_features, over_scales
from ganlab.models.players import GameOptions
from ganlab.models.translation.base import NetworkFactory, Shape, TranslationFactory, observation
from ganlab.models.translation.pix2pix import Pix2Pix
from ganlab.models.translation.srgan import Perceptual
from ganlab.types import AdversarialLoss, Batch, Observation


class Pix2PixHD(Pix2Pix):
    """High-resolution image synthesis with conditional GANs (Wang et al. 2018, equations 1 to 5; its global generator).

    As :class:`Pix2Pix`, with discriminators at several scales, over which losses are summed, and in place of |y - G(x)|
    the features that these see of y and G(x), and those that a network sees that knows pictures.

    feature_weight, perceptual_weight: 10 and 10 in the paper's code. The rest: see :class:`Pix2Pix`.
    """

    @bounded
    def __init__(
        self,
        *,
        generator: TranslationFactory,
        discriminator: NetworkFactory,
        source_channels: Size,
        target_channels: Size,
        loss: AdversarialLoss,
        perceptual: Perceptual,
        feature_weight: Weight = 10.0,
        perceptual_weight: Weight = 10.0,
        **options: Unpack[GameOptions],
    ) -> None:
        super().__init__(
            generator=generator,
            discriminator=discriminator,
            source_channels=source_channels,
            target_channels=target_channels,
            loss=loss,
            l1_weight=0.0,
            **options,
        )
        self.perceptual = perceptual
        self.feature_weight, self.perceptual_weight = feature_weight, perceptual_weight

    def training_step(self, batch: Batch, batch_idx: int) -> Observation:
        source, target = batch["source"], batch["target"]
        fake = self.generator(source)  # once, for both players
        with self.update("generator") as terms:
            real_maps, fake_maps = judged(self.discriminator, source, target, fake)
            terms["adversarial"] = over_scales(self.loss.generator, fake_maps)
            terms["features"] = self.feature_weight * matched_features(real_maps, fake_maps)
            terms[self.perceptual.name] = self.perceptual_weight * self.perceptual(fake, target)
        with self.update("discriminator") as terms:
            real_maps, fake_maps = judged(self.discriminator, source, target, fake.detach())
            terms["adversarial"] = over_scales(self.loss.discriminator, real_maps, fake_maps) / 2
        return observation(target, fake, real_maps[0][-1], fake_maps[0][-1])

    def judge(self, batch: Batch) -> Maps:
        return judged(self.discriminator, batch["source"], batch["target"], batch["target"])[0]

    def check(self, shapes: Mapping[str, Shape], classes: Sequence[str] = ()) -> None:
        """As for every translator; also that the weights of the distance can be had."""
        super().check(shapes, classes)
        self.perceptual.prepare()
