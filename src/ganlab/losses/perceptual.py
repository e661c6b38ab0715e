"""How far apart two images are in the eyes of a network that was trained to tell things apart."""

import hashlib
import shlex
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor, nn

from ganlab.bounds import Positive, bounded
from ganlab.errors import UserError
from ganlab.losses.similarity import l2

FILE = "vgg19-dcbb9e9d.pth"
URL = f"https://download.pytorch.org/models/{FILE}"
SHA256 = "dcbb9e9d"  # what the file's begins with
KEY = "model.perceptual.features.weights"


class FeatureMaps(Protocol):
    """A fixed network with a name; ``maps`` takes images (B, C, H, W) in [-1, 1] to (B, C', h, w), differentiably."""

    name: str

    def prepare(self) -> None: ...

    def to(self, device: torch.device) -> "FeatureMaps": ...

    def maps(self, images: Tensor) -> Tensor: ...


class FeatureDistance:
    """The mean of (phi(x) - phi(y))^2 / scale^2 over batch, maps and places (Ledig et al. 2017, equation 5).

    features: phi. scale: 12.75 makes VGG's distance about as large as that of pixels (section 3.2).
    """

    @bounded
    def __init__(self, *, features: FeatureMaps, scale: Positive = 1.0) -> None:
        self.features, self.scale = features, scale
        self._device: torch.device | None = None

    @property
    def name(self) -> str:
        """Says whose features they are: ``perceptual_vgg54``, ``perceptual_glyphs``."""
        return f"perceptual_{self.features.name}"

    def prepare(self) -> None:
        """Read the weights; raises UserError if they cannot be had."""
        self.features.prepare()

    def __call__(self, image: Tensor, target: Tensor) -> Tensor:
        """(B, C, H, W) twice to a scalar."""
        if image.device != self._device:
            self._device = image.device
            self.features.to(image.device)
        with torch.no_grad():
            target_maps = self.features.maps(target)
        return l2(self.features.maps(image), target_maps) / self.scale**2


class VGG54:
    """The maps of VGG19's fourth convolution before the fifth pooling, after its ReLU, as torchvision has trained it.

    Grey images count as three equal channels; colours are normalised as in its training on ImageNet.

    weights: the published file; null is where torch.hub keeps it. Nothing is downloaded.
    """

    name = "vgg54"

    def __init__(self, *, weights: Path | None = None) -> None:
        self.path = Path(weights).expanduser() if weights else None
        self._device = torch.device("cpu")
        self._network: nn.Module | None = None
        self.mean = torch.tensor([0.485, 0.456, 0.406])[:, None, None]
        self.deviation = torch.tensor([0.229, 0.224, 0.225])[:, None, None]

    def prepare(self) -> None:
        """Find, verify and read the weights; a second call does nothing.

        Raises:
            UserError: they are missing, damaged or others than the published ones.
        """
        self._prepared()

    def _prepared(self) -> nn.Module:
        if self._network is None:
            self._network = self._read().to(self._device)
        return self._network

    def _read(self) -> nn.Module:
        path = self.path or Path(torch.hub.get_dir(), "checkpoints", FILE)
        remedy = (
            f"get torchvision's VGG19 (548 MB) with curl -L --create-dirs -o {shlex.quote(str(path))} {URL}, name "
            f"another place with {KEY}=FILE, or train offline with model/perceptual=glyphs"
        )
        if path.exists() and not path.is_file():  # a device or a pipe may have no end
            raise UserError(f"{path} is no regular file: {remedy}")
        try:
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise UserError(f"{path} cannot be read ({error.strerror}): {remedy}") from None
        if not digest.startswith(SHA256):
            raise UserError(
                f"{path} is damaged or another file: its SHA-256 begins with {digest[:8]}, not with {SHA256}; {remedy}"
            )
        return vgg54(torch.load(path, map_location="cpu", weights_only=True))

    def to(self, device: torch.device) -> "VGG54":
        """Compute on ``device`` from now on."""
        self._device = torch.device(device)
        self.mean, self.deviation = self.mean.to(device), self.deviation.to(device)
        if self._network is not None:
            self._network.to(device)
        return self

    def maps(self, images: Tensor) -> Tensor:
        """(B, 1 or 3, H, W) in [-1, 1] to (B, 512, H / 16, W / 16)."""
        network = self._prepared()
        colours = (images.expand(-1, 3, -1, -1) + 1) / 2
        return network((colours - self.mean) / self.deviation)


def vgg54(state: dict[str, Tensor]) -> nn.Module:
    """torchvision's VGG19 up to that ReLU with the weights in ``state``, frozen and in eval mode."""
    from torchvision.models import vgg19

    with torch.device("meta"):  # draws no random numbers for weights that are replaced at once
        network = vgg19(weights=None).features[:36]
    network.load_state_dict({key: state[f"features.{key}"] for key in network.state_dict()}, assign=True)
    return network.eval().requires_grad_(False)
