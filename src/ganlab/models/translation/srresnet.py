"""SRResNet: super-resolution by least squares, and what SRGAN starts from."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Unpack

from torch import Tensor, nn
from torch.nn.functional import interpolate

from ganlab.losses.similarity import l2
from ganlab.models.players import GameOptions
from ganlab.models.translation.base import ImageToImage
from ganlab.network_types import Translation
from ganlab.types import Batch, Observation


class SRResNet(ImageToImage):
    """SRResNet (Ledig et al. 2017, section 3.2): a generator without an opponent, which minimises the squared error.

    generator: (B, C, h, w) to (B, C, scale * h, scale * w).
    """

    data_kind: ClassVar[str] = "super_resolution"

    def __init__(self, *, generator: Translation, **options: Unpack[GameOptions]) -> None:
        super().__init__(**options)
        self.generator = generator

    def players(self) -> Mapping[str, Sequence[nn.Module]]:
        return {"generator": [self.generator]}

    def training_step(self, batch: Batch, batch_idx: int) -> Observation:
        low, high = batch["low"], batch["high"]
        with self.update("generator") as terms:
            fake = self.generator(low)
            terms["mse"] = l2(fake, high)
        return {"real": high, "fake": fake.detach()}

    def networks(self) -> dict[str, Translation]:
        return {"output": self.generator}

    def outputs(self, batch: Batch) -> dict[str, Tensor]:
        return {"high": self.generator(batch["low"])}

    def panels(self, batch: Batch) -> dict[str, Tensor]:
        low, high = batch["low"], batch["high"]
        return {
            "low": interpolate(low, high.shape[2:], mode="nearest"),
            "bicubic": interpolate(low, high.shape[2:], mode="bicubic").clamp(-1, 1),
            "output": self.translate(batch)["high"],
            "high": high,
        }
