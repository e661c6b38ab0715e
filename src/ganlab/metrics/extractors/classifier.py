"""Features of small grey pictures without any download: classifiers of digits and of glyphs inside ganlab."""

import string
from pathlib import Path
from typing import Literal

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn.functional import interpolate

from ganlab.bounds import Size, bounded
from ganlab.errors import UserError
from ganlab.metrics.extractors.common import ReadOnce, as_seen, full_float32, sha256_of
from ganlab.types import Features

WEIGHTS = Path(__file__).parent / "weights"
SHA256 = {
    "digits": "5443019abd1b8fd552dea84dfd5a17f575562da8e7225dd61fce7591517fefce",
    "glyphs": "7a25c1ca0613571d49b25b0d09e07d7474f5fbdb029f12f522fec343f42da662",
}
CLASSES = {
    "digits": string.digits,
    "glyphs": string.digits + string.ascii_uppercase + string.ascii_lowercase,
}


class EmbeddedClassifier(nn.Module):
    """(B, 1, 32, 32) in [-1, 1] to 64 features and the logits of ``classes`` classes.

    Four convolutions with batch norm and ReLU, down to 4 x 4, then two linear layers with nothing between them:
    features without a ReLU cannot die, and are nearer to the normal distribution that FID takes them for.
    """

    size = 64

    @bounded
    def __init__(self, *, classes: Size) -> None:
        super().__init__()
        blocks = []
        for before, after, kernel, stride in ((1, 16, 5, 2), (16, 32, 3, 2), (32, 64, 3, 1), (64, 64, 3, 2)):
            blocks += [
                nn.Conv2d(before, after, kernel, stride, padding=kernel // 2, bias=False),
                nn.BatchNorm2d(after),
                nn.ReLU(inplace=True),
            ]
        self.features = nn.Sequential(*blocks, nn.Flatten(), nn.Linear(64 * 4 * 4, self.size))
        self.logits = nn.Linear(self.size, classes)

    def forward(self, images: Tensor) -> Features:
        features = self.features(images)
        return Features(features, self.logits(features))


class EmbeddedFeatures(ReadOnce[EmbeddedClassifier]):
    """An :class:`~ganlab.types.Extractor`: what ``EmbeddedClassifier`` sees, trained on the set that ``data`` names.

    Colours become luma. How its 64 features react to what generators do wrong is measured in ``weights/README.md``.
    """

    size = EmbeddedClassifier.size
    resize = "grey, bilinear to 32x32"

    def __init__(self, *, data: Literal["digits", "glyphs"]) -> None:
        super().__init__()
        if data not in SHA256:
            raise UserError(f"metrics: data={data}: ganlab has classifiers of {' and of '.join(SHA256)}")
        self.name: str = data
        self.suffix = f"_{data}"
        self.classes, self.weights = tuple(CLASSES[data]), SHA256[data]

    def read(self) -> EmbeddedClassifier:
        path = WEIGHTS / f"{self.name}.safetensors"
        remedy = "install ganlab again, for instance with `pip install --force-reinstall --no-deps ganlab`"
        try:
            digest = sha256_of(path)
        except OSError as error:
            raise UserError(f"{path} cannot be read ({error.strerror}): {remedy}") from None
        if digest != self.weights:
            raise UserError(
                f"{path} is damaged: its SHA-256 begins with {digest[:8]}, not with {self.weights[:8]}; {remedy}"
            )
        with torch.device("meta"):  # draws no random numbers for weights that are replaced at once
            network = EmbeddedClassifier(classes=len(self.classes))
        network.load_state_dict(load_file(path), assign=True)
        return network.eval().requires_grad_(False).to(memory_format=torch.channels_last)

    def __call__(self, images: Tensor) -> Features:
        """(B, 1, 3 or 4, H, W) uint8 to (B, 64) and (B, classes), float32, on the device of the images."""
        images = as_seen(images)
        network = self.network()
        with full_float32(self._device):
            outputs = network(grey_32(images.to(self._device)))
        return Features(*(part.to(images.device) for part in outputs))

    def maps(self, images: Tensor) -> Tensor:
        """(B, C, H, W) in [-1, 1], of any size, to what the third convolution makes of it: (B * C, 64, H / 4, W / 4).

        Every channel is looked at as a grey picture of its own, so that colours count. Gradients reach the images.
        """
        return self.network().features[:9](images.reshape(-1, 1, *images.shape[2:]))

    def widths(self, channels: int) -> list[int]:
        """Of the maps of :meth:`pyramid`, of images of so many channels."""
        return [channels * width for width in (16, 64, 64)]

    def sides(self, height: int, width: int) -> tuple[int, int]:
        """Of the images that :meth:`pyramid` looks at: as they are."""
        return height, width

    def pyramid(self, images: Tensor) -> list[Tensor]:
        """(B, C, H, W) in [-1, 1], of any size, to maps (B, C * width, h, w) of a half, a quarter and an eighth.

        As in :meth:`maps`, every channel by itself, and gradients reach the images.
        """
        layers, maps, found = self.network().features, images.reshape(-1, 1, *images.shape[2:]), []
        for first, after in ((0, 3), (3, 9), (9, 12)):
            maps = layers[first:after](maps)
            found.append(maps.reshape(len(images), -1, *maps.shape[2:]))
        return found


def grey_32(images: Tensor) -> Tensor:
    """(B, 1, 3 or 4, H, W) uint8 to (B, 1, 32, 32) float32 in [-1, 1]."""
    pixels = images.float()
    if pixels.shape[1] == 3:
        red, green, blue = pixels.split(1, dim=1)
        pixels = (0.299 * red + 0.587 * green + 0.114 * blue).round_()  # ITU-R 601
    if pixels.shape[2:] != (32, 32):
        pixels = interpolate(pixels, (32, 32), mode="bilinear", antialias=True)
    return (pixels / 127.5 - 1).contiguous(memory_format=torch.channels_last)
