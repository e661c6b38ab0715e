"""Two domains without pairs: a generator each way, and a discriminator of each domain."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Unpack

from torch import Tensor, nn

from ganlab.bounds import Size, bounded
from ganlab.models.players import GameOptions
from ganlab.models.translation.base import ImageToImage, NetworkFactory, Shape, TranslationFactory
from ganlab.network_types import Translation
from ganlab.types import Batch


class TwoDomains(ImageToImage):
    """What CycleGAN and DiscoGAN share: all but their games. Both generators are one player, and so are the others.

    generator: makes each of in_channels and out_channels. discriminator: makes each of channels.
    """

    data_kind: ClassVar[str] = "unpaired"
    directions: tuple[str, ...] = ("a_to_b", "b_to_a")

    @bounded
    def __init__(
        self,
        *,
        generator: TranslationFactory,
        discriminator: NetworkFactory,
        a_channels: Size,
        b_channels: Size,
        **options: Unpack[GameOptions],
    ) -> None:
        super().__init__(**options)
        self.a_to_b = generator(in_channels=a_channels, out_channels=b_channels)
        self.b_to_a = generator(in_channels=b_channels, out_channels=a_channels)
        self.discriminator_a = discriminator(channels=a_channels)
        self.discriminator_b = discriminator(channels=b_channels)

    def players(self) -> Mapping[str, Sequence[nn.Module]]:
        return {
            "generator": [self.a_to_b, self.b_to_a],
            "discriminator": [self.discriminator_a, self.discriminator_b],
        }

    def networks(self) -> dict[str, Translation]:
        return {"a_to_b": self.a_to_b, "b_to_a": self.b_to_a}

    def outputs(self, batch: Batch) -> dict[str, Tensor]:
        b, a = self.a_to_b(batch["a"]), self.b_to_a(batch["b"])
        return {"b": b, "a": a, "cycle_a": self.b_to_a(b), "cycle_b": self.a_to_b(a)}

    def expected(self, shapes: Mapping[str, Shape]) -> dict[str, Shape]:
        """Each domain's channels at the other's size."""
        a, b = shapes["a"], shapes["b"]
        return {"b": (b[0], *a[1:]), "a": (a[0], *b[1:]), "cycle_a": a, "cycle_b": b}

    def judge(self, batch: Batch) -> tuple[Any, Any]:
        return self.discriminator_a(batch["a"]), self.discriminator_b(batch["b"])

    def panels(self, batch: Batch) -> dict[str, Tensor]:
        translated = self.translate(batch)
        return {
            "a": batch["a"],
            "b from a": translated["b"],
            "cycle of a": translated["cycle_a"],
            "b": batch["b"],
            "a from b": translated["a"],
            "cycle of b": translated["cycle_b"],
        }
