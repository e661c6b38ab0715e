"""Convolutions with TensorFlow's 'same' padding, so that Keras and TF networks keep their exact alignment.

With stride 2 TensorFlow pads an even-sized image by one pixel less before it than after it; PyTorch pads both
sides alike, which gives the same sizes and counts but shifts every feature map.
"""

import torch.nn.functional as F
from torch import Tensor, nn


def same_padding(size: int, kernel_size: int, stride: int) -> tuple[int, int]:
    """Zeros before and after ``size`` pixels, so that the output has ceil(size / stride)."""
    total = max((-(-size // stride) - 1) * stride + kernel_size - size, 0)
    return total // 2, total - total // 2


class SameConv2d(nn.Conv2d):
    """'same' convolution, square kernel: (B, in, H, W) to (B, out, ceil(H / stride), ceil(W / stride))."""

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int, stride: int = 1) -> None:
        super().__init__(in_channels, out_channels, kernel_size, stride)

    def forward(self, images: Tensor) -> Tensor:
        (top, bottom), (left, right) = (
            same_padding(size, self.kernel_size[0], self.stride[0]) for size in images.shape[2:]
        )
        if (top, left) == (bottom, right):  # saves a copy
            return F.conv2d(images, self.weight, self.bias, self.stride, (top, left))
        return F.conv2d(F.pad(images, (left, right, top, bottom)), self.weight, self.bias, self.stride)


class SameConvTranspose2d(nn.ConvTranspose2d):
    """'same' transposed convolution, kernel >= stride: (B, in, H, W) to (B, out, stride * H, stride * W).

    It is the gradient of :class:`SameConv2d` with respect to its input, as in TensorFlow.
    ``ConvTranspose2d(3, 2, padding=1, output_padding=1)`` has the same shape but is shifted by one pixel.
    """

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int, stride: int = 2) -> None:
        before, _ = same_padding(stride, kernel_size, stride)
        super().__init__(in_channels, out_channels, kernel_size, stride, padding=before)

    def forward(self, images: Tensor) -> Tensor:  # type: ignore[override]  # the size is 'same', nobody's choice
        height, width = (stride * size for stride, size in zip(self.stride, images.shape[2:], strict=True))
        return super().forward(images)[..., :height, :width]
