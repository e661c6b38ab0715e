"""PatchGAN: a discriminator that judges patches instead of images."""

from collections.abc import Callable

from torch import Tensor, nn

from ganlab.bounds import ImageSize, Size
from ganlab.errors import UserError
from ganlab.layers.init import init_normal
from ganlab.layers.norms import has_offset
from ganlab.layers.resample import ReflectedDownsample
from ganlab.networks.sizes import sides


class PatchGAN(nn.Module):
    """(B, channels, H, W) to raw scores (B, 1, h, w), one for each patch (Isola et al. 2017, section 6.1).

    ``layers`` halvings with kernels of 4, and two more convolutions that halve nothing: a score sees a patch of 16, 34,
    70, 142 pixels a side with 1, 2, 3, 4 layers, and h = H / 2^layers - 2.

    image_size: a side, or height and width, of the images in training.
    layers: null is the paper's 3 from 64 pixels on, 2 from 16 on, and 1 below.
    norm: makes a norm of so many channels; the paper's is batch norm, CycleGAN's instance norm.
    antialias: halve by smoothing (Zhang 2019), as CUT does, and not by the steps of convolutions. init: of all weights.

    Raises:
        UserError: images too small for a single score.
    """

    def __init__(
        self,
        *,
        channels: Size,
        image_size: ImageSize = 256,
        layers: Size | None = None,
        width: Size = 64,
        norm: Callable[[int], nn.Module] = nn.BatchNorm2d,
        antialias: bool = False,
        init: Callable[[nn.Module], None] = init_normal,
    ) -> None:
        super().__init__()
        shortest = min(sides(image_size))
        if layers is None:
            layers = 3 if shortest >= 64 else 2 if shortest >= 16 else 1
        if layers < 1 or shortest < 3 * 2**layers:
            raise UserError(
                f"image_size={image_size}: a PatchGAN of {layers} layers needs at least 1 layer and "
                f"{3 * 2 ** max(layers, 1)} pixels a side; try model.discriminator.layers=1 or larger images"
            )
        half = 1 if antialias else 2  # the stride of a layer that halves
        smooth: list[nn.Module] = [ReflectedDownsample()] if antialias else []
        blocks = [nn.Conv2d(channels, width, 4, half, padding=1), nn.LeakyReLU(0.2, inplace=True), *smooth]
        before = width
        for layer in range(1, layers + 1):
            after = width * min(2**layer, 8)
            normalization = norm(after)
            stride = half if layer < layers else 1
            blocks += [nn.Conv2d(before, after, 4, stride, padding=1, bias=not has_offset(normalization))]
            blocks += [normalization, nn.LeakyReLU(0.2, inplace=True), *(smooth if layer < layers else [])]
            before = after
        self.layers = nn.Sequential(*blocks, nn.Conv2d(before, 1, 4, padding=1))
        self.apply(init)

    def forward(self, images: Tensor) -> Tensor:
        return self.layers(images)
