"""Whether pictures show the regions of their label maps."""

from collections.abc import Callable, Mapping
from typing import ClassVar

import torch
from torch import Tensor

from ganlab.metrics.translation.base import Rows
from ganlab.metrics.translation.paired import PairScores
from ganlab.pixels import region_ids, to_uint8
from ganlab.score_record import Better
from ganlab.types import Batch

Reader = Callable[[Tensor], Tensor]
SHAPES = torch.tensor(  # the ground, red, green, blue, yellow
    [[20.0, 20, 20], [215, 45, 45], [40, 190, 60], [50, 80, 225], [225, 205, 50]]
)


class SemanticScores(PairScores):
    """L1, PSNR, SSIM and, where it can be had, LPIPS, between the picture of a label map and the real one."""

    keys: ClassVar[tuple[str, ...]] = ("label_map", "target")

    def trivial(self, batch: Batch) -> None:
        """A label map is no picture."""


class RegionScores(SemanticScores):
    """The same, and the share of pixels in which the region is read off that the label map says: the main score.

    Pixels of what nobody knows are left out. The reader knows the colours of ``shapes_semantic``: a pixel is of the
    region whose colour is nearest. What the real pictures reach is the floor.
    """

    own: ClassVar[Mapping[str, Better]] = {"region_agreement": "higher", **PairScores.own}

    def describe(self, batch: Batch, outputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        label_map = region_ids(batch["label_map"])[:, 0]
        agrees = (regions_of(outputs["target"]) == label_map) & (label_map != 255)
        known = (label_map != 255).flatten(1).sum(1).clamp_min(1)
        return super().describe(batch, outputs) | {"region_agreement": agrees.flatten(1).sum(1) / known}

    def values(self, rows: Rows) -> dict[str, float | None]:
        values = super().values(rows)
        return {"region_agreement": values.pop("region_agreement"), **values}

    def measured_otherwise(self, name: str) -> str:
        if name == "region_agreement":
            return "share of pixels whose nearest colour is that of the region in the label map, mean over images"
        return super().measured_otherwise(name)


def regions_of(images: Tensor) -> Tensor:
    """(B, 3, H, W) in [-1, 1] to the ids (B, H, W) of the nearest colours of ``shapes_semantic``."""
    pixels = to_uint8(images).float().permute(0, 2, 3, 1)
    return torch.cdist(pixels.flatten(1, 2), SHAPES.to(pixels.device)).argmin(2).view(pixels.shape[:3])
