"""pix2pixHD: larger pictures from pairs, judged at several scales and by what the judges see on the way."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Unpack

from ganlab.bounds import Size, Weight, Whole, bounded
from ganlab.errors import UserError
from ganlab.losses.scales import Maps, judged, matched_features, over_scales
from ganlab.models.players import GameOptions
from ganlab.models.translation.base import NetworkFactory, Shape, TranslationFactory, observation
from ganlab.models.translation.pix2pix import Pix2Pix
from ganlab.models.translation.srgan import Perceptual
from ganlab.network_types import EnhancedTranslation
from ganlab.types import AdversarialLoss, Batch, Observation


class Pix2PixHD(Pix2Pix):
    """High-resolution image synthesis with conditional GANs (Wang et al. 2018, equations 1 to 5).

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


class EnhancedPix2PixHD(Pix2PixHD):
    """pix2pixHD's second stage: pictures of twice the size, from an enhancer around the generator of a finished run.

    For the first images only the enhancer learns, then the whole generator (section 3.1; the code of its authors).

    frozen_images: how many, over all processes: the generator of the run that this one starts from stays as it is. 10
        passes over the data in the authors' recipe; 0: all learns from the beginning, also without such a run.
    The rest: see :class:`Pix2PixHD`.
    """

    generator: EnhancedTranslation

    @bounded
    def __init__(self, *, frozen_images: Whole = 4000, **options: Any) -> None:
        super().__init__(**options)
        self.frozen_images = frozen_images

    def training_step(self, batch: Batch, batch_idx: int) -> Observation:
        self.generator.coarse_learns = self.images > self.frozen_images
        return super().training_step(batch, batch_idx)

    def require_start(self, anew: Collection[str] | None) -> None:
        if not self.frozen_images:
            return
        stays = f"model.frozen_images={self.frozen_images}: for so many images the global generator stays as it is"
        if anew is None:
            raise UserError(
                f"{stays}, and nobody has trained it; begin with start=RUN, a run of model=pix2pixhd on pictures of "
                "half of the size, or train all of it with model.frozen_images=0"
            )
        coarse = tuple(f"generator.{name}." for name in self.generator.coarse_layers)
        if untrained := sorted(name for name in anew if name.startswith(coarse)):
            raise UserError(
                f"{stays}, and the run of start= has no {untrained[0]} of its shape; give model.generator and data the "
                "numbers that they have there, or train all of it with model.frozen_images=0"
            )
