"""LPIPS: how far apart two pictures look to a network that was trained on photographs (Zhang et al. 2018)."""

import shlex
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn

from ganlab.errors import UserError
from ganlab.metrics.extractors.common import GROUND, ReadOnce, full_float32, sha256_of
from ganlab.metrics.extractors.torchmetrics_internals import Net, lpips_network

URL = "https://download.pytorch.org/models/"


class Backbone(NamedTuple):
    """file: as torchvision publishes it, named after the first digits of its SHA-256. smallest: side in pixels."""

    words: str
    file: str
    smallest: int


BACKBONES = {
    "alex": Backbone("AlexNet", "alexnet-owt-7be5be79.pth", 31),
    "vgg": Backbone("VGG16", "vgg16-397923af.pth", 16),
    "squeeze": Backbone("SqueezeNet", "squeezenet1_1-b8a52dc0.pth", 17),
}


class Perceptual(ReadOnce[nn.Module]):
    """The published LPIPS 0.1 of pairs of pictures: torchvision's backbone, and the linear heads inside torchmetrics.

    net: the backbone; papers take alex. weights: its file; None is where torch.hub keeps it. Nothing is downloaded.
    """

    def __init__(self, *, net: Net = "alex", weights: Path | None = None) -> None:
        super().__init__()
        if net not in BACKBONES:
            raise UserError(f"metrics: net={net}: LPIPS is published with {', '.join(BACKBONES)}")
        self.net, self.backbone = net, BACKBONES[net]
        self.path = Path(weights).expanduser() if weights else None

    @property
    def smallest(self) -> int:
        """The shortest side, in pixels, that the backbone can look at."""
        return self.backbone.smallest

    def read(self) -> nn.Module:
        """The network; raises UserError where its weights are missing, damaged or others than the published ones."""
        path = self.path or Path(torch.hub.get_dir(), "checkpoints", self.backbone.file)
        expected = Path(self.backbone.file).stem.rpartition("-")[2]
        remedy = (
            f"get torchvision's weights of {self.backbone.words} with "
            f"curl -L --create-dirs -o {shlex.quote(str(path))} {URL}{self.backbone.file}"
        )
        try:
            digest = sha256_of(path)
        except OSError as error:
            raise UserError(
                f"LPIPS needs {path}, which cannot be read ({error.strerror}): {remedy}"
            ) from None
        if not digest.startswith(expected):
            raise UserError(
                f"LPIPS: the SHA-256 of {path} begins with {digest[:8]}, not with {expected}, so it is damaged or "
                f"another file: {remedy}"
            )
        return read(self.net, path)

    def __call__(self, one: Tensor, other: Tensor) -> Tensor:
        """(B, 1, 3 or 4, H, W) twice, in [0, 1], to (B,) float64.

        A grey image counts as three equal channels, a transparent one as laid on mid-grey.
        """
        network = self.network()
        pairs = [
            (2 * _laid(images.float()) - 1).to(self._device).expand(-1, 3, -1, -1) for images in (one, other)
        ]
        with full_float32(self._device):
            distance = network(*pairs)
        return distance.flatten().cpu().double()

    def measured(self) -> str:
        return f"LPIPS 0.1 with {self.backbone.words} (weights {Path(self.backbone.file).stem[-8:]})"


def _laid(images: Tensor) -> Tensor:
    if images.shape[1] != 4:
        return images
    colours, alpha = images.split((3, 1), dim=1)
    return colours * alpha + GROUND / 255 * (1 - alpha)


def read(net: Net, path: Path) -> nn.Module:
    """torchmetrics' LPIPS with the backbone's weights from ``path``, read without running code."""
    state = torch.load(path, map_location="cpu", weights_only=True)
    with torch.random.fork_rng(devices=[]):  # its random weights must not shift the run's draws
        network = lpips_network(net)
    # slice1.0.weight, slices.0.0.weight
    layers = {name: name.split(".") for name in network.net.state_dict()}
    found = {name: state[".".join(["features", *_layer(parts)])] for name, parts in layers.items()}
    network.net.load_state_dict(found)
    return network


def _layer(parts: list[str]) -> list[str]:
    """A layer's place in the backbone, without the slice that torchmetrics put it into."""
    return parts[2:] if parts[0] == "slices" else parts[1:]
