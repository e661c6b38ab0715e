"""SPADE: pictures of label maps, whose regions the norms are told."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Unpack

from torch import Tensor, nn

from ganlab.bounds import Size, Weight, bounded
from ganlab.errors import UserError
from ganlab.losses.scales import Maps, judged, matched_features, over_scales
from ganlab.models.players import GameOptions
from ganlab.models.translation.base import ImageToImage, NetworkFactory, Shape, observation
from ganlab.models.translation.srgan import Perceptual
from ganlab.network_types import LabelTranslation, Translation
from ganlab.pixels import coloured_regions, region_ids
from ganlab.types import AdversarialLoss, Batch, Observation

UNKNOWN = 255  # the id of what nobody knows


class SPADE(ImageToImage):
    """Semantic image synthesis with spatially-adaptive normalization (Park et al. 2019, section 3.2 and appendix A).

    D sees label map and picture together, real and fake ones in one batch, at several scales, over which its loss is a
    mean. G also matches what D sees on the way and what a network sees that knows pictures.

    generator: label maps to pictures. discriminator: makes D of channels, those of the labels and of a picture.
    loss: the paper's is hinge. perceptual: the distance of features; its name is the term's in the log.
    feature_weight, perceptual_weight: 10 and 10 in the paper.
    """

    data_kind: ClassVar[str] = "semantic"

    @bounded
    def __init__(
        self,
        *,
        generator: LabelTranslation,
        discriminator: NetworkFactory,
        target_channels: Size,
        loss: AdversarialLoss,
        perceptual: Perceptual,
        feature_weight: Weight = 10.0,
        perceptual_weight: Weight = 10.0,
        **options: Unpack[GameOptions],
    ) -> None:
        super().__init__(**options)
        self.generator = generator
        self.discriminator = discriminator(channels=generator.labels.channels + target_channels)
        self.loss, self.perceptual = loss, perceptual
        self.feature_weight, self.perceptual_weight = feature_weight, perceptual_weight

    def players(self) -> Mapping[str, Sequence[nn.Module]]:
        return {"discriminator": [self.discriminator], "generator": [self.generator]}

    def judged(self, label_map: Tensor, real: Tensor, fake: Tensor) -> tuple[Maps, Maps]:
        """What D sees, at each scale, in real and in fake pictures of the label maps."""
        return judged(self.discriminator, self.generator.labels(label_map), real, fake)

    def training_step(self, batch: Batch, batch_idx: int) -> Observation:
        label_map, target = batch["label_map"], batch["target"]
        fake = self.generator(label_map)  # once, for both players
        with self.update("generator") as terms:
            real_maps, fake_maps = self.judged(label_map, target, fake)
            scores = over_scales(self.loss.generator, fake_maps)
            terms["adversarial"] = scores / len(fake_maps)
            terms["features"] = self.feature_weight * matched_features(real_maps, fake_maps)
            terms[self.perceptual.name] = self.perceptual_weight * self.perceptual(fake, target)
        with self.update("discriminator") as terms:
            real_maps, fake_maps = self.judged(label_map, target, fake.detach())
            terms["adversarial"] = over_scales(self.loss.discriminator, real_maps, fake_maps) / len(real_maps)
        return observation(target, fake, real_maps[0][-1], fake_maps[0][-1])

    def networks(self) -> dict[str, Translation]:
        return {"output": self.generator}

    def outputs(self, batch: Batch) -> dict[str, Tensor]:
        return {"target": self.generator(batch["label_map"])}

    def judge(self, batch: Batch) -> Maps:
        return self.judged(batch["label_map"], batch["target"], batch["target"])[0]

    def check(self, shapes: Mapping[str, Shape], classes: Sequence[str] = ()) -> None:
        """As for every translator; also that the weights of the distance can be had."""
        super().check(shapes, classes)
        self.perceptual.prepare()

    def panels(self, batch: Batch) -> dict[str, Tensor]:
        return {
            "input": coloured_regions(batch["label_map"]),
            "output": self.translate(batch)["target"],
            "target": batch["target"],
        }

    def convert(self, image: Tensor, direction: str, **options: Any) -> Tensor:
        """As for every translator, of a label map; raises UserError also for ids that the model does not know."""
        self._network(direction, image)
        regions = self.generator.labels.regions
        if strange := [i for i in region_ids(image).unique().tolist() if regions <= i != UNKNOWN]:
            raise UserError(
                f"a label map with the ids {', '.join(map(str, strange[:5]))}: this model knows 0 to {regions - 1}, "
                f"and {UNKNOWN} for what nobody knows"
            )
        return super().convert(image, direction, **options)
