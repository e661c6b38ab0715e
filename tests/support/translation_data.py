"""Random pictures in the shape of any kind of image-to-image data, made on the spot."""

from collections.abc import Iterator, Mapping

import torch
from lightning.pytorch import LightningDataModule

from ganlab.data.endless import Endless, parts_of_batch, place
from ganlab.pixels import from_uint8
from ganlab.randomness import Draws
from ganlab.types import Batch


class Noise(LightningDataModule):
    """Batches of smooth random images; a mask is the square in the middle.

    shapes: (C, H, W) of each key. The rest is what models take from the configuration of real data.
    """

    classes = ()

    def __init__(
        self,
        *,
        shapes: Mapping[str, list[int]],
        batch_size: int,
        seed: int,
        image_size: int,
        scale: int = 2,
        mask: str = "centre",
        mask_size: int = 16,
        channels: int = 3,
        source_channels: int = 1,
        target_channels: int = 3,
        a_channels: int = 1,
        b_channels: int = 3,
        regions: int = 5,
        domains: int = 2,
    ) -> None:
        super().__init__()
        self.shape = {key: tuple(shape) for key, shape in shapes.items()}
        self.batch_size, self.seed, self.mask_size = batch_size, seed, mask_size
        self.regions, self.domains = regions, domains

    def prepare(self) -> None:
        pass

    def batch(self, step: int, rank: int = 0, world: int = 1) -> Batch:
        draws = Draws(self.seed, "noise", step, rank=rank, world=world)
        n = self.batch_size * parts_of_batch(self)
        batch = Batch(**{key: self._images(draws, key, n) for key in self.shape})
        if "reference" in self.shape:  # every domain in turn, taken to the next
            position = torch.arange(rank * n, (rank + 1) * n)
            batch |= Batch(label=position % self.domains, wanted=(position + 1) % self.domains)
        return batch

    def _images(self, draws: Draws, key: str, n: int) -> torch.Tensor:
        channels, height, width = self.shape[key]
        if key == "mask":
            mask = torch.zeros(n, 1, height, width)
            top, left = (height - self.mask_size) // 2, (width - self.mask_size) // 2
            mask[..., top : top + self.mask_size, left : left + self.mask_size] = 1
            return mask
        if key == "label_map":
            ids = draws.integers(n * 16, self.regions).view(-1, 1, 4, 4)
            return from_uint8(ids.repeat_interleave(height // 4, 2).repeat_interleave(width // 4, 3))
        coarse = draws.uniform(n, channels, 4, 4, low=-1, high=1)
        return torch.nn.functional.interpolate(coarse, (height, width), mode="bilinear")

    def train_dataloader(self) -> Endless:
        return Endless(self._batches)

    def _batches(self) -> Iterator[Batch]:
        step, rank, world, device = place(self)
        while True:
            yield {key: value.to(device) for key, value in self.batch(step, rank, world).items()}
            step += 1


def noise(kind: str, *, size: int = 32, batch_size: int = 2, scale: int = 2, channels=(1, 3)) -> dict:
    """The node of a configuration, with the keys that models take from data of this kind."""
    one, other = channels
    node = {
        "paired": {"source_channels": one, "target_channels": other},
        "semantic": {"regions": 5, "target_channels": other},
        "unpaired": {"a_channels": one, "b_channels": other},
        "super_resolution": {"channels": other, "scale": scale},
        "inpainting": {"channels": other, "mask": "centre", "mask_size": size // 2},
        "domains": {"channels": other},
    }[kind]
    square, small = [size, size], [size // scale, size // scale]
    shapes = {
        "paired": {"source": [one, *square], "target": [other, *square]},
        "semantic": {"label_map": [1, *square], "target": [other, *square]},
        "unpaired": {"a": [one, *square], "b": [other, *square]},
        "super_resolution": {"low": [other, *small], "high": [other, *square]},
        "inpainting": {"image": [other, *square], "mask": [1, *square]},
        "domains": {key: [other, *square] for key in ("image", "reference", "second")},
    }[kind]
    return {
        "_target_": "tests.support.translation_data.Noise",
        "shapes": shapes,
        "image_size": size,
        "batch_size": batch_size,
        "seed": "${seed}",
        **node,
    }
