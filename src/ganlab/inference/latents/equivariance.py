"""Does all that is drawn move with what it begins with, or do details stick to pixels?"""

import math
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from ganlab.errors import UserError
from ganlab.inference.latents.mixing import drawn_of, styled, styles
from ganlab.inference.latents.origins import originals
from ganlab.inference.latents.show import save_rows, save_steps
from ganlab.inference.latents.source import Source
from ganlab.models.images.base import LatentGAN
from ganlab.network_types import MovableSynthesis

MOVES = ((1, 0), (0, 1), (-2, 1), (1, 2))  # pixels to the right and down
RANGE = 2  # of pictures, which are in [-1, 1]


def moved(model: LatentGAN, chosen: Tensor, right: float, down: float = 0.0) -> Tensor:
    """(n, C, H, W) of styles (n, layers, size), drawn from an input that is moved by so many pixels, whole or not.

    Raises:
        UserError: this generator begins with something that is known at pixels alone.
    """
    synthesis = styled(model).synthesis
    if not isinstance(synthesis, MovableSynthesis):
        raise UserError(
            "this generator begins with a constant, which cannot be moved by parts of a pixel; model=stylegan3 begins "
            "with waves"
        )
    with synthesis.moved(right, down):
        return drawn_of(model, chosen).cpu()


def equivariance(model: LatentGAN, numbers: Sequence[int], *, n: int = 64, seed: int = 0) -> float:
    """EQ-T in decibels (Karras et al. 2021, section 2.2), of moves by whole pixels, with which nothing is interpolated.

    How near pictures of a moved input are to pictures that were moved themselves; what comes in from outside the
    picture is left out. At 16 pixels all layers have the picture's resolution, and none sees a part of a pixel: only
    their margins are measured then. numbers: of the draw, as in ``model.sample(n, seed=seed)``.

    Raises:
        UserError: this generator's input cannot be moved, or there are no such samples.
    """
    return decibels(model, styles(model, *originals(model, numbers, n=n, seed=seed)))


def decibels(model: LatentGAN, chosen: Tensor) -> float:
    """EQ-T of pictures in these styles (n, layers, size)."""
    still, errors = moved(model, chosen, 0.0), []
    for right, down in MOVES:
        apart = moved(model, chosen, right, down) - still.roll((down, right), dims=(2, 3))
        rows, columns = (slice(max(0, by), by if by < 0 else None) for by in (down, right))
        errors.append(apart[:, :, rows, columns].square().mean())
    error = max(torch.stack(errors).mean().item(), 1e-12)
    return 10 * math.log10(RANGE**2 / error)


def write(
    source: Source,
    folder: Path,
    *,
    numbers: Sequence[int] = (0, 1, 2, 3),
    reach: float = 2.0,
    frames: int = 17,
    n: int = 64,
    seed: int = 0,
) -> list[str]:
    """``equivariance.gif``: samples that glide by ``reach`` pixels to either side; ``.png``: the frames in rows."""
    model = source.model
    chosen = styles(model, *originals(model, numbers, n=n, seed=seed))
    way = [reach * math.sin(2 * math.pi * frame / frames) for frame in range(frames)]  # there and back
    images = torch.stack([moved(model, chosen, right) for right in way], dim=1)
    save_steps(images, folder / "equivariance.gif")
    save_rows(images.flatten(0, 1), [f"number {number}" for number in numbers], folder / "equivariance.png")
    return [
        f"EQ-T {decibels(model, chosen):.1f} dB, of {len(numbers)} samples moved by whole pixels",
        f"moved by up to {reach:g} pixels, {frames} frames: equivariance.gif",
    ]
