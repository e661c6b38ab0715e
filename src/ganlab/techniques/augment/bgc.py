"""The augmentations with which ADA works best: blits, geometry and colours (Karras et al. 2020, ADA, appendix B)."""

import math

import torch
from torch import Tensor

from ganlab.bounds import Share, bounded
from ganlab.errors import UserError
from ganlab.randomness import Draws
from ganlab.techniques.augment.warp import blit, is_identity, warp


class BGC:
    """The pipe "bgc" for images with 1, 3 or 4 channels: (B, C, H, W) to the same shape, in at least float32.

    The fourth channel, alpha, is moved as the others are, and keeps its values.

    Each transformation happens to each sample with probability ``p``, a scalar; a sample to which none happens comes
    back bit for bit. Raises UserError for another number of channels.

    colour_share: of ``p``, with which each of brightness, contrast, luma flip, hue and saturation happens.
    """

    @bounded
    def __init__(self, *, colour_share: Share = 1.0) -> None:
        self.colour_share = colour_share

    def __call__(self, images: Tensor, p: Tensor, draws: Draws) -> Tensor:
        if images.shape[1] not in (1, 3, 4):
            raise UserError(
                f"images of {images.shape[1]} channels: the colours of model/augment=ada are for 1, 3 or 4; "
                "try model/augment=diffaugment"
            )
        with torch.autocast(images.device.type, enabled=False):
            images = images.to(torch.promote_types(images.dtype, torch.float32))
            images = blit(images, blits(images, p, draws))
            images = warp(images, geometry(images, p, draws))
            seldom = self.colour_share * p
            return recolour(images, brightness(images, seldom, draws), colours(images, seldom, draws))


class BGCWithCutout(BGC):
    """The pipe of R3GAN's code: "bgc" with colours half as often, then a square cut out (Huang et al. 2024).

    cutout_size: of the square, as a share of each side of the image.
    """

    @bounded
    def __init__(self, *, colour_share: Share = 0.5, cutout_size: Share = 0.5) -> None:
        super().__init__(colour_share=colour_share)
        self.cutout_size = cutout_size

    def __call__(self, images: Tensor, p: Tensor, draws: Draws) -> Tensor:
        images = super().__call__(images, p, draws)
        return images * kept(images, self.cutout_size, p, draws)


def blits(images: Tensor, p: Tensor, draws: Draws) -> Tensor:
    """Flips, quarter turns, and shifts by whole pixels of up to 1/8 of a side: (B, 3, 3) for :func:`blit`."""
    n, _, height, width = images.shape
    flip = 1 - 2 * draws.integers(n, 2).float()
    turn = math.pi / 2 * draws.integers(n, 4)
    across, down = draws.uniform(n, 2, low=-0.125, high=0.125).unbind(1)
    return (
        sometimes(scaling(flip, torch.ones_like(flip)), p, draws)
        @ sometimes(rotation(turn), p, draws)
        @ sometimes(shift((across * width).round(), (down * height).round()), p, draws)
    )


def geometry(images: Tensor, p: Tensor, draws: Draws) -> Tensor:
    """Zoom, a turn before and one after a stretch, and a shift by any amount: (B, 3, 3) for :func:`warp`.

    The matrices take output pixels to the input, and so undo the paper's. Nothing else changes by that, because each
    amount is as likely as the one that undoes it.
    """
    n, _, height, width = images.shape
    zoom, stretch = torch.exp2(0.2 * draws.normal(n, 2)).unbind(1)
    before, after = draws.uniform(n, 2, low=-math.pi, high=math.pi).unbind(1)
    across, down = (0.125 * draws.normal(n, 2)).unbind(1)
    p_turn = 1 - (1 - p).clamp_min(0).sqrt()  # so that one of the turns or both happen with probability p
    return (
        sometimes(scaling(zoom, zoom), p, draws)
        @ sometimes(rotation(before), p_turn, draws)
        @ sometimes(scaling(stretch, 1 / stretch), p, draws)
        @ sometimes(rotation(after), p_turn, draws)
        @ sometimes(shift(across * width, down * height), p, draws)
    )


def brightness(images: Tensor, p: Tensor, draws: Draws) -> Tensor:
    """What is added to all channels of a sample: (B, 1, 1, 1), from N(0, 0.2^2) or 0."""
    amount = 0.2 * draws.normal(len(images), 1, 1, 1)
    return amount * (draws.uniform(len(images), 1, 1, 1) < p)


def colours(images: Tensor, p: Tensor, draws: Draws) -> Tensor:
    """Contrast, luma flip, hue and saturation: (B, 3, 3) on (red, green, blue).

    Each does one thing along the gray axis (1, 1, 1) and another in the plane across it.
    """
    n, device = len(images), images.device
    gray = torch.full((3, 3), 1 / 3, device=device)  # the projection on the axis
    plane = torch.eye(3, device=device) - gray
    turned = (plane.roll(1, 0) - plane.roll(-1, 0)) / math.sqrt(3)  # by 90°
    contrast = torch.exp2(0.5 * draws.normal(n, 1, 1))
    flip = 1 - 2 * draws.integers(n, 2).float()[:, None, None]
    hue = draws.uniform(n, 1, 1, low=-math.pi, high=math.pi)
    saturation = torch.exp2(draws.normal(n, 1, 1))
    return (
        sometimes(gray + saturation * plane, p, draws)
        @ sometimes(gray + hue.cos() * plane + hue.sin() * turned, p, draws)
        @ sometimes(flip * gray + plane, p, draws)
        @ sometimes(contrast * (gray + plane), p, draws)
    )


def kept(images: Tensor, size: float, p: Tensor, draws: Draws) -> Tensor:
    """(B, 1, H, W): 0 within a rectangle of ``size`` of each side, with probability ``p``, and 1 elsewhere.

    Its centre is anywhere in the image, so that some of it may lie outside. 0 is grey.
    """
    n, (height, width) = len(images), images.shape[2:]
    centre = draws.uniform(n, 2, 1, 1)
    half = torch.where(draws.uniform(n, 1, 1) < p, size / 2, 0.0)  # (B, 1, 1)
    down, across = ((torch.arange(side, device=images.device) + 0.5) / side for side in (height, width))
    outside_x = (across - centre[:, 0]).abs() >= half  # (B, 1, W)
    outside_y = (down[:, None] - centre[:, 1]).abs() >= half  # (B, H, 1)
    return (outside_x | outside_y)[:, None].to(images.dtype)


def recolour(images: Tensor, brightness: Tensor, colours: Tensor) -> Tensor:
    """``colours`` (B, 3, 3) on images plus ``brightness`` (B, 1, 1, 1).

    One channel counts as three equal ones; a fourth, alpha, stays as it is.
    """
    if images.shape[1] == 4:
        return torch.cat([recolour(images[:, :3], brightness, colours), images[:, 3:]], dim=1)
    red_green_blue = (images + brightness).expand(-1, 3, -1, -1)
    changed = torch.einsum("bij,bjhw->bihw", colours.to(images.dtype), red_green_blue)
    if images.shape[1] == 1:
        changed = changed.mean(dim=1, keepdim=True)
    return torch.where(is_identity(colours) & (brightness == 0), images, changed)


def sometimes(matrices: Tensor, p: Tensor, draws: Draws) -> Tensor:
    """Each of the (B, k, k) ``matrices`` with probability ``p``, else the identity."""
    chosen = draws.uniform(len(matrices), 1, 1) < p
    return torch.where(chosen, matrices, torch.eye(matrices.shape[-1], device=matrices.device))


def scaling(x: Tensor, y: Tensor) -> Tensor:
    """(B,) factors to (B, 3, 3)."""
    return torch.diag_embed(torch.stack([x, y, torch.ones_like(x)], dim=1))


def rotation(angle: Tensor) -> Tensor:
    """(B,) radians to (B, 3, 3)."""
    cos, sin, zero, one = angle.cos(), angle.sin(), torch.zeros_like(angle), torch.ones_like(angle)
    return torch.stack([cos, -sin, zero, sin, cos, zero, zero, zero, one], dim=1).unflatten(1, (3, 3))


def shift(x: Tensor, y: Tensor) -> Tensor:
    """(B,) pixels to (B, 3, 3)."""
    zero, one = torch.zeros_like(x), torch.ones_like(x)
    return torch.stack([one, zero, x, zero, one, y, zero, zero, one], dim=1).unflatten(1, (3, 3))
