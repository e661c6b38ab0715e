"""Folders of digits that tests score, and the network that looks at them."""

from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from ganlab.inference.scoring.lenses import Lens
from ganlab.metrics.protocol import Protocol
from tests.support.extractors import Pooled


def write_images(folder: Path, images: Tensor, suffix: str = ".png") -> Path:
    """(N, 1, 3 or 4, H, W) uint8 as files; the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, image in enumerate(images):
        pixels = image[0] if len(image) == 1 else image.permute(1, 2, 0).contiguous()
        Image.fromarray(pixels.numpy()).save(folder / f"{number:04}{suffix}")
    return folder


def pooled_lens(**numbers) -> Lens:
    """Every score in features that need no weights."""
    numbers = {"scores": ["fid", "kid"], "kid_subsets": 4, "kid_subset_size": 20, "is_splits": 2, **numbers}
    protocol = Protocol(name="test", differs="in nothing", **numbers)
    pooled = Pooled()
    return Lens("test", protocol, {"pooled": pooled})


def noise(n: int, seed: int = 0, channels: int = 1, side: int = 12) -> Tensor:
    draws = torch.Generator().manual_seed(seed)
    coarse = torch.rand(n, channels, side // 4, side // 4, generator=draws)
    fine = torch.rand(n, channels, side, side, generator=draws)
    mixed = torch.nn.functional.interpolate(coarse, (side, side)) * 0.7 + fine * 0.3
    return (mixed * 255).round().to(torch.uint8)
