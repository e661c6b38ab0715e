"""Features of networks that torchvision builds, with weights from a file: VGG16, and SwAV's ResNet-50."""

import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor, nn

from ganlab.bounds import Side, bounded
from ganlab.errors import UserError
from ganlab.metrics.extractors.common import ReadOnce, as_seen, full_float32, sha256_of
from ganlab.metrics.extractors.pretrained import STANDARD
from ganlab.metrics.extractors.resize import Resize
from ganlab.types import Features


class Backbone(NamedTuple):
    """file: as published at ``url``. published: what its SHA-256 begins with, where known. size: of features."""

    words: str
    file: str
    url: str
    published: str
    size: int
    build: Callable[[], nn.Module]


def vgg16() -> nn.Module:
    """(B, 3, H, W) to the 4,096 activations of the second fully connected layer, after its ReLU."""
    from torchvision.models import vgg16

    network = vgg16()
    network.classifier = network.classifier[:5]
    return network


def resnet50() -> nn.Module:
    """(B, 3, H, W) to the 2,048 means of the last layer's maps."""
    from torchvision.models import resnet50

    network = resnet50()
    network.fc = nn.Identity()
    return network


BACKBONES = {
    "vgg16": Backbone(
        "torchvision's VGG16",
        "vgg16-397923af.pth",
        "https://download.pytorch.org/models/",
        "397923af",
        4096,
        vgg16,
    ),
    "swav": Backbone(
        "SwAV's ResNet-50",
        "swav_800ep_pretrain.pth.tar",
        "https://dl.fbaipublicfiles.com/deepcluster/",
        "",
        2048,
        resnet50,
    ),
}


class BackboneFeatures(ReadOnce[nn.Module]):
    """An :class:`~ganlab.types.Extractor`: VGG16's second fully connected layer, or SwAV's pooled maps.

    vgg16: Kynkäänniemi et al. 2019 measure precision and recall in that layer, by NVIDIA's copy of the weights. swav:
    Morozov et al. 2021, On self-supervised image representations for GAN evaluation. There are no classes.

    network: which of the two. weights: its file; None is where torch.hub keeps it. side: pixels that images are resized
    to, bicubically, antialiased and rounded as Pillow does.
    """

    classes: tuple[str, ...] = ()

    @bounded
    def __init__(
        self, *, network: Literal["vgg16", "swav"] = "vgg16", weights: Path | None = None, side: Side = 224
    ) -> None:
        super().__init__()
        if network not in BACKBONES:
            raise UserError(f"network={network}: expected {' or '.join(BACKBONES)}")
        self.backbone = BACKBONES[network]
        self.path = Path(weights).expanduser() if weights else None
        self.resized = Resize(side=side, kernel="bicubic", antialias=True, quantised=True)
        self.resize, self.weights, self.size = str(self.resized), "", self.backbone.size
        self.name = network
        self.suffix = f"_{network}"

    def read(self) -> nn.Module:
        """The network; raises UserError where its weights are missing, damaged or those of another network."""
        backbone = self.backbone
        path = self.path or Path(torch.hub.get_dir(), "checkpoints", backbone.file)
        remedy = (
            f"get {backbone.words} with curl -L --create-dirs -o {shlex.quote(str(path))} "
            f"{backbone.url}{backbone.file}, or name its file: extractors.{self.name}.weights=FILE"
        )
        try:
            self.weights = sha256_of(path)
        except OSError as error:
            raise UserError(f"{path} cannot be read ({error.strerror}): {remedy}") from None
        network = backbone.build()
        try:
            state = weights_in(torch.load(path, map_location="cpu", weights_only=True))
            network.load_state_dict({name: state[name] for name in network.state_dict()})
        except Exception as error:  # a damaged pickle can raise nearly any
            reason = " ".join(str(error).split())[:200]
            raise UserError(
                f"{path} does not hold weights of {backbone.words} ({reason}): {remedy}"
            ) from None
        if not (backbone.published and self.weights.startswith(backbone.published)):
            self.suffix = f"_{self.name}_{self.weights[:8]}"
        return network.eval().requires_grad_(False)

    def __call__(self, images: Tensor) -> Features:
        """(B, 1, 3 or 4, H, W) uint8 to (B, size) and (B, 0), float32, on the device of the images."""
        images = as_seen(images)
        network = self.network()
        with full_float32(self._device):
            pixels = self.resized(images.to(self._device)).expand(-1, 3, -1, -1) / 255
            mean, deviation = (pixels.new_tensor(part)[:, None, None] for part in STANDARD["dinov2"])
            features = network((pixels - mean) / deviation).to(images.device)
        return Features(features, features.new_zeros(len(images), 0))


def weights_in(tree: Mapping[str, Any]) -> dict[str, Tensor]:
    """The weights in a checkpoint by name: alone or under ``state_dict``, with or without ``module.`` before each."""
    found: Mapping[str, Tensor] = tree.get("state_dict", tree)
    return {name.removeprefix("module."): value for name, value in found.items()}
