"""Scores by LPIPS: how unlike a side's images are to each other, and how far a small step in latent space goes."""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from ganlab.errors import UserError
from ganlab.inference.latents.paths import lerp, slerp
from ganlab.inference.scoring.kinds.base import Pictures, Side
from ganlab.inference.scoring.kinds.made import Generated
from ganlab.metrics.extractors.lpips import Perceptual
from ganlab.metrics.extractors.torchmetrics_internals import Net
from ganlab.models.eval_mode import eval_mode
from ganlab.models.images.stylegan2 import StyledGAN
from ganlab.randomness import Draws
from ganlab.techniques.priors import Normal

DIVERSITY = "lpips_diversity"
PATHS = {"ppl": ("z", False), "ppl_ends": ("z", True), "ppl_w": ("w", False), "ppl_w_ends": ("w", True)}
MOST, MOST_BYTES = 1000, 2**28  # of a side, for its pairs
EPSILON = 1e-4
WIDEST = 256  # pixels that LPIPS looks at: StyleGAN's path length takes means of larger images
CUT = 0.01  # of the lengths, at both ends


def lpips(net: Net, weights: Path | None, device: torch.device) -> Perceptual:
    """LPIPS by this network, on this device; its weights are read when they are needed, and may be missing."""
    return Perceptual(net=net, weights=weights).to(device)


class Likeness:
    """Keeps images of a side in a random order, whose neighbours are pairs. fault: why no pair can be compared."""

    def __init__(self, side: Side, perceptual: Perceptual) -> None:
        self.perceptual, self.fault = perceptual, ""
        order = torch.randperm(len(side), generator=torch.Generator().manual_seed(0))[:MOST].tolist()
        self.rank = {place: rank for rank, place in enumerate(order)}
        self.kept: dict[int, Tensor] = {}

    def add(self, pictures: Pictures) -> None:
        for image, place in zip(pictures.images, pictures.places, strict=True):
            rank = self.rank.get(place)
            if rank is not None and rank < MOST_BYTES // image.numel():
                self.kept[rank] = image

    def mean(self) -> tuple[float | None, int]:
        """The mean LPIPS of pairs, and of how many images; None, and a fault, where they do not do."""
        images = [self.kept[rank] for rank in sorted(self.kept)]
        images = images[: len(images) // 2 * 2]
        if len({image.shape for image in images}) != 1:
            self.fault = "it needs two images, and all of one size"
        elif min(images[0].shape[1:]) < self.perceptual.smallest:
            words, smallest = self.perceptual.backbone.words, self.perceptual.smallest
            self.fault = f"{words} looks at images of {smallest} pixels and more: take lpips=vgg, or none"
        if self.fault:
            return None, len(images)
        parts = torch.stack(images).split(32)
        found = [self.perceptual(part[0::2] / 255, part[1::2] / 255) for part in parts]
        return float(torch.cat(found).mean()), len(images)


def lacks_paths(name: str, side: object, perceptual: Perceptual) -> str:
    """Why a path length cannot be told of this side; "" where it can."""
    if not isinstance(side, Generated):
        return "it needs a run or an export, whose latent space it goes through"
    if PATHS[name][0] == "w" and not isinstance(side.model, StyledGAN):
        return "this model has no w: take ppl or ppl_ends"
    image = next(side.model.samples(1, seed=0))
    if min(image.shape[2:]) < perceptual.smallest:
        return f"{perceptual.backbone.words} looks at images of {perceptual.smallest} pixels and more"
    return ""


@torch.no_grad()
def path_length(name: str, side: Generated, perceptual: Perceptual, batch_size: int) -> float:
    """Perceptual path length (Karras et al. 2019, section 4.1): the mean LPIPS of a step, over its square.

    The step is 1e-4 of the way from one latent point to another, at a random place, or with ``ends`` at its beginning:
    on the great circle of a normal z, and on the straight line in w and for any other prior. Both points are drawn as
    one class; the shortest and the longest hundredth are left out. As many ways as the side has images.
    """
    space, ends = PATHS[name]
    model, draws = side.model, Draws(side.seed, "path length")
    start, *condition = model.inputs(side.n, draws)
    end, times = model.prior(draws, side.n), draws.uniform(side.n)
    if ends:
        times = torch.zeros_like(times)
    network: Any = model.average.current() if side.averaged else model.generator
    curve = slerp if space == "z" and isinstance(model.prior, Normal) else lerp
    found = []
    for rows in torch.arange(side.n).split(batch_size):
        inputs = [values[rows].to(model.device) for values in condition]
        one, other = (part[rows].to(model.device) for part in (start, end))
        with eval_mode(network):
            if space == "w":
                one, other = (network.mapping(z, *inputs) for z in (one, other))
            images = [
                _drawn(side, network, space, curve(one, other, times[rows].to(one).double() + shift), inputs)
                for shift in (0.0, EPSILON)
            ]
        found.append(perceptual(*images) / EPSILON**2)
    return _trimmed(torch.cat(found))


def _drawn(side: Generated, network: Any, space: str, point: Tensor, inputs: list[Tensor]) -> Tensor:
    """(B, C, H, W) in [0, 1], no wider than LPIPS is to look at."""
    if space == "w":
        images = side.model.drawn_of_styles(network, point[:, None].expand(-1, network.layers, -1))
    else:
        images = side.model.drawn(network, point, *inputs)
    height, width = (min(length, WIDEST) for length in images.shape[2:])
    return (adaptive_avg_pool2d(images.float(), (height, width)) + 1) / 2


def _trimmed(lengths: Tensor) -> float:
    if not bool(lengths.isfinite().all()):
        raise UserError("path length: images have pixels that are NaN or infinite: choose another checkpoint")
    low = torch.quantile(lengths, CUT, interpolation="lower")
    high = torch.quantile(lengths, 1 - CUT, interpolation="higher")
    return float(lengths[(lengths >= low) & (lengths <= high)].mean())
