"""CUT's projection: what a translator sees at some places, as unit vectors that can be compared."""

from collections.abc import Callable, Sequence

import torch.nn.functional as F
from torch import Tensor, nn

from ganlab.bounds import Size
from ganlab.layers.init import init_normal


class PatchProjection(nn.Module):
    """Maps (B, C, h, w) of several layers to vectors (B, S, size) of unit length (Park et al. 2020, section 3).

    Two linear layers with a ReLU between them for each layer of ``widths`` channels; the same at every place.
    """

    def __init__(
        self, *, widths: Sequence[Size], size: Size = 256, init: Callable[[nn.Module], None] = init_normal
    ) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            nn.Sequential(nn.Linear(width, size), nn.ReLU(), nn.Linear(size, size)) for width in widths
        )
        self.apply(init)

    def forward(self, maps: Sequence[Tensor], places: Sequence[Tensor]) -> list[Tensor]:
        """places: (S,) int64 for each layer, row by row, of the pixels that are looked at, the same in all images."""
        return [
            F.normalize(layer(seen.flatten(2)[:, :, where].mT), dim=2)
            for layer, seen, where in zip(self.layers, maps, places, strict=True)
        ]
