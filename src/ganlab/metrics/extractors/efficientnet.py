"""What EfficientNet-Lite0 sees of pictures, at four sizes: the eyes that Projected GAN is published with."""

import shlex
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from ganlab.bounds import Size, bounded
from ganlab.errors import UserError
from ganlab.metrics.extractors.common import ReadOnce
from ganlab.storage import require_published

NAME = "tf_efficientnet_lite0"
FILE = f"{NAME}-0aa007d2.pth"
URL = f"https://github.com/huggingface/pytorch-image-models/releases/download/v0.1-weights/{FILE}"
SHA256 = "0aa007d2"  # what the file's begins with
KEY = "model.discriminator.features.weights"
STAGES = (
    (0, 2),
    (2, 3),
    (3, 5),
    (5, 7),
)  # blocks of the network that end at a quarter, an eighth, ... of the side
WIDTHS = (24, 40, 112, 320)


class EfficientNetLite(ReadOnce[nn.Module]):
    """Maps of an EfficientNet-Lite0 (Tan, Le 2019) that timm has taken over from TensorFlow; trained on ImageNet.

    weights: the published file; None is where torch.hub keeps it. Nothing is downloaded. least: pixels that smaller
    images are enlarged to. Grey images count as three equal channels.
    """

    name = "efficientnet_lite0"

    @bounded
    def __init__(self, *, weights: Path | None = None, least: Size = 224) -> None:
        super().__init__()
        self.path, self.least = Path(weights).expanduser() if weights else None, least

    def read(self) -> nn.Module:
        """The network; raises UserError where timm or the weights are missing, damaged or others than the published."""
        path = self.path or Path(torch.hub.get_dir(), "checkpoints", FILE)
        remedy = (
            f"get it (18 MB) with curl -L --create-dirs -o {shlex.quote(str(path))} {URL}, name another place with "
            f"{KEY}=FILE, or train offline with model/discriminator=projected"
        )
        require_published(path, SHA256, remedy)
        network = built()
        network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True), strict=True)
        return in_stages(network).eval().requires_grad_(False)

    def widths(self, channels: int) -> list[int]:
        """Of the maps of :meth:`pyramid`.

        Raises:
            UserError: for images with transparency.
        """
        if channels not in (1, 3):
            raise UserError(f"data.channels={channels}: {self.name} sees pictures of 1 or 3 channels")
        return list(WIDTHS)

    def sides(self, height: int, width: int) -> tuple[int, int]:
        """Twice those of the first map, of images of these."""
        enlarged = self.least / min(self.least, height, width)
        return 2 * -(-round(height * enlarged) // 4), 2 * -(-round(width * enlarged) // 4)

    def pyramid(self, images: Tensor) -> list[Tensor]:
        """(B, 1 or 3, H, W) in [-1, 1] to maps (B, width, h, w) of a quarter of the side down to a 32nd."""
        shorter = min(images.shape[2:])
        if shorter < self.least:
            sides = [round(side * self.least / shorter) for side in images.shape[2:]]
            images = interpolate(images, sides, mode="bilinear", align_corners=False)
        maps, found = images.expand(-1, 3, -1, -1), []
        for layers in self.network().children():
            maps = layers(maps)
            found.append(maps)
        return found


def built() -> nn.Module:
    """timm's network; raises UserError where timm is not installed."""
    try:
        import timm
    except ImportError as error:
        raise UserError(
            f"model/discriminator=projected_efficientnet needs timm: pip install 'ganlab[projected]' ({error})"
        ) from None
    return timm.create_model(NAME, pretrained=False)


def in_stages(network: nn.Module) -> nn.Sequential:
    """What gives the maps of :meth:`EfficientNetLite.pyramid` one after the other."""
    blocks = list(network.get_submodule("blocks").children())
    first = [network.get_submodule("conv_stem"), network.get_submodule("bn1")]
    stages = [blocks[begin:end] for begin, end in STAGES]
    return nn.Sequential(*(nn.Sequential(*layers) for layers in ([*first, *stages[0]], *stages[1:])))
