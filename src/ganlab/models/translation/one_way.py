"""Two domains without pairs, one of which becomes the other: a single generator, a single discriminator."""

from collections.abc import Mapping
from typing import ClassVar, Literal, Unpack

from torch import Tensor

from ganlab.bounds import Size, bounded
from ganlab.models.players import GameOptions
from ganlab.models.translation.base import ImageToImage, NetworkFactory, Shape, TranslationFactory
from ganlab.network_types import Translation
from ganlab.types import Batch

Direction = Literal["a_to_b", "b_to_a"]
Side = Literal["a", "b"]
ENDS: Mapping[Direction, tuple[Side, Side]] = {"a_to_b": ("a", "b"), "b_to_a": ("b", "a")}


class OneWay(ImageToImage):
    """What games without pairs share that translate in one direction alone.

    generator: makes G of in_channels and out_channels. discriminator: makes D of channels, those of the domain that G
    leads to. direction: a_to_b, or b_to_a.
    """

    data_kind: ClassVar[str] = "unpaired"

    @bounded
    def __init__(
        self,
        *,
        generator: TranslationFactory,
        discriminator: NetworkFactory,
        a_channels: Size,
        b_channels: Size,
        direction: Direction = "a_to_b",
        **options: Unpack[GameOptions],
    ) -> None:
        super().__init__(**options)
        self.directions = (direction,)
        self.source, self.target = ENDS[direction]
        channels = {"a": a_channels, "b": b_channels}
        self.generator = generator(in_channels=channels[self.source], out_channels=channels[self.target])
        self.discriminator = discriminator(channels=channels[self.target])

    def networks(self) -> Mapping[str, Translation]:
        return {self.directions[0]: self.generator}

    def outputs(self, batch: Batch) -> dict[str, Tensor]:
        return {self.target: self.generator(batch[self.source])}

    def expected(self, shapes: Mapping[str, Shape]) -> dict[str, Shape]:
        """The other domain's channels at the size of what is translated."""
        return {self.target: (shapes[self.target][0], *shapes[self.source][1:])}

    def judge(self, batch: Batch) -> Tensor:
        return self.discriminator(batch[self.target])

    def panels(self, batch: Batch) -> dict[str, Tensor]:
        return {
            self.source: batch[self.source],
            f"{self.target} from {self.source}": self.translate(batch)[self.target],
            self.target: batch[self.target],
        }
