import torch

from ganlab.bounds import Count
from ganlab.data.base import ImageData, Splits
from ganlab.data.store.memory import MemoryImages


class Stripes(ImageData):
    """Stripes of every direction and width, drawn once: ``count`` to train on, an eighth as many held out."""

    def __init__(self, *, count: Count = 2_048, **options) -> None:
        super().__init__(**options)
        self.count = count

    def load(self) -> Splits:  # pixels (n, C, H, W), uint8; the same whenever they are asked for
        return Splits(
            MemoryImages(self.draw(self.count, 0)), MemoryImages(self.draw(max(1, self.count // 8), 1))
        )

    def draw(self, n: int, seed: int) -> torch.Tensor:
        chance = torch.Generator().manual_seed(seed)
        angle, phase = 2 * torch.pi * torch.rand(2, n, 1, 1, generator=chance)
        frequency = 1 + 2 * torch.rand(n, 1, 1, generator=chance)  # stripes across the image
        y, x = torch.meshgrid(
            torch.linspace(0, 1, self.height), torch.linspace(0, 1, self.width), indexing="ij"
        )
        wave = torch.sin(2 * torch.pi * frequency * (x * angle.cos() + y * angle.sin()) + phase)  # (n, H, W)
        return wave.add(1).mul(127.5).round().to(torch.uint8).unsqueeze(1).repeat(1, self.channels, 1, 1)
