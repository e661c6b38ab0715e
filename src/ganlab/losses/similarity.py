"""How far apart two images are, one number for each pair."""

import torch
from torch import Tensor


def reconstruction_l1(image: Tensor, reconstruction: Tensor) -> Tensor:
    """|v - D(v)|, the mean over channels and pixels: (B, C, H, W) twice to (B,), in at least float32.

    The mean and not the sum, on whose scale BEGAN's k would move C * H * W times too fast.
    Raises ValueError where the shapes differ: (B, 1, H, W) against (B, 3, H, W) would broadcast silently.
    """
    if image.shape != reconstruction.shape:
        raise ValueError(
            f"image {tuple(image.shape)} and reconstruction {tuple(reconstruction.shape)} must have one shape"
        )
    wide = torch.promote_types(torch.promote_types(image.dtype, reconstruction.dtype), torch.float32)
    return (image.to(wide) - reconstruction.to(wide)).abs().flatten(1).mean(dim=1)
