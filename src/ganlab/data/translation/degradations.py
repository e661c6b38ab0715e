"""What happens to a large picture on its way to the small one that super-resolution is given."""

import io
from collections.abc import Callable, Sequence
from typing import Annotated, Literal, Protocol

import torch
from PIL import Image
from torch import Tensor
from torch.nn.functional import conv2d, interpolate, pad

from ganlab.bounds import Range, Weight, bounded
from ganlab.data.store.decode import channels_first
from ganlab.errors import UserError
from ganlab.randomness import Draws

Step = Literal["blur", "resize", "noise", "jpeg"]
Quality = Annotated[int, Range(minimum=1, maximum=100)]
STEPS: tuple[Step, ...] = ("blur", "resize", "noise", "jpeg")
KERNELS = ("bicubic", "bilinear", "area")


class Degradation(Protocol):
    """(B, C, H, W) uint8 to (B, C, H / scale, W / scale) uint8; chance is of ``draws``, by place in the batch."""

    def __call__(self, high: Tensor, scale: int, draws: Draws) -> Tensor: ...


class Bicubic:
    """Made smaller and nothing else, as Pillow's BICUBIC does."""

    def __call__(self, high: Tensor, scale: int, draws: Draws) -> Tensor:
        return eight_bit(resized(high.float(), scale, "bicubic"))


class Photographic:
    """What cameras and the web do, one after the other, for each picture drawn anew (Wang et al. 2021, Real-ESRGAN).

    blur: bounds of the deviation of a Gaussian, in pixels of the picture as it then is. noise: likewise of white noise
    in each channel, of 255 levels. quality: bounds of JPEG's. order: in which the steps are taken; a step that is not
    named is left out. shuffled: in an order drawn for each picture (Zhang et al. 2021, BSRGAN).
    It is made smaller by one of three kernels, drawn too.

    Raises:
        UserError: bounds that are no two rising numbers, or an order without "resize" or with a step twice.
    """

    @bounded
    def __init__(
        self,
        *,
        blur: tuple[Weight, Weight] = (0.2, 2.0),
        noise: tuple[Weight, Weight] = (0.0, 15.0),
        quality: tuple[Quality, Quality] = (30, 95),
        order: Sequence[Step] = STEPS,
        shuffled: bool = False,
    ) -> None:
        for name, bounds in {"blur": blur, "noise": noise, "quality": quality}.items():
            if len(bounds) != 2 or bounds[0] > bounds[1]:
                raise UserError(f"data.degradation.{name}={list(bounds)}: a lower and an upper bound")
        if "resize" not in order or len({*order}) < len(order) or not {*order} <= {*STEPS}:
            raise UserError(
                f"data.degradation.order={list(order)}: resize, and of blur, noise, jpeg those wanted, each once"
            )
        self.blur, self.noise, self.quality = blur, noise, quality
        self.order, self.shuffled = list(order), shuffled

    def __call__(self, high: Tensor, scale: int, draws: Draws) -> Tensor:
        chances = draws.uniform(len(high), 4 + len(STEPS)).tolist()
        noise = draws.normal(len(high), *high.shape[1:]).cpu()
        pictures = [
            self._one(picture, scale, *drawn)
            for *drawn, picture in zip(chances, noise, high.cpu(), strict=True)
        ]
        return torch.cat(pictures).to(high.device) if pictures else Bicubic()(high, scale, draws)

    def _one(self, picture: Tensor, scale: int, chance: Sequence[float], noise: Tensor) -> Tensor:
        """(C, H, W) uint8 to (1, C, H / scale, W / scale) uint8; ``chance`` holds 4 and one for each step."""

        def between(bounds: tuple[float, float], share: float) -> float:
            return bounds[0] + (bounds[1] - bounds[0]) * share

        kernel = KERNELS[int(chance[1] * len(KERNELS))]
        steps: dict[str, Callable[[Tensor], Tensor]] = {
            "blur": lambda image: blurred(image, between(self.blur, chance[0])),
            "resize": lambda image: resized(image, scale, kernel),
            "noise": lambda image: (
                image + between(self.noise, chance[2]) * noise[None, :, : image.shape[2], : image.shape[3]]
            ),
            "jpeg": lambda image: through_jpeg(image, round(between(self.quality, chance[3]))),
        }
        places = dict(zip(STEPS, chance[4:], strict=True))
        image = picture[None].float()
        for step in sorted(self.order, key=lambda step: places[step]) if self.shuffled else self.order:
            image = steps[step](image)
        return eight_bit(image)


def resized(images: Tensor, scale: int, kernel: str) -> Tensor:
    """(B, C, H, W) to (B, C, H / scale, W / scale), without aliases."""
    size = images.shape[2] // scale, images.shape[3] // scale
    return interpolate(images, size, mode=kernel, **({} if kernel == "area" else {"antialias": True}))


def blurred(images: Tensor, deviation: float) -> Tensor:
    """(B, C, H, W) under a Gaussian of so many pixels, the border repeated; 0 leaves them as they are."""
    if deviation <= 0:
        return images
    reach = max(1, round(3 * deviation))
    weights = torch.softmax(-torch.arange(-reach, reach + 1).float().square() / (2 * deviation**2), 0)
    padded = pad(images, [reach] * 4, mode="replicate").flatten(0, 1).unsqueeze(1)
    return conv2d(conv2d(padded, weights[None, None, :, None]), weights[None, None, None]).view(images.shape)


def through_jpeg(images: Tensor, quality: int) -> Tensor:
    """(1, 1 or 3, H, W) of 0 to 255 as a JPEG file gives it back."""
    pixels = eight_bit(images)[0].permute(1, 2, 0).numpy()
    file = io.BytesIO()
    Image.fromarray(pixels.squeeze(2) if pixels.shape[2] == 1 else pixels).save(file, "jpeg", quality=quality)
    return torch.tensor(channels_first(Image.open(file))).float()[None]


def eight_bit(images: Tensor) -> Tensor:
    """Numbers around 0 to 255, rounded and kept within."""
    return images.round().clamp(0, 255).to(torch.uint8)
