"""How far apart two images are in the eyes of a network that was trained to tell things apart."""

import shlex
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor, nn

from ganlab.bounds import Positive, Weight, bounded
from ganlab.losses.similarity import mean_squared_error, reconstruction_l1
from ganlab.storage import require_published

FILE = "vgg19-dcbb9e9d.pth"
URL = f"https://download.pytorch.org/models/{FILE}"
SHA256 = "dcbb9e9d"  # what the file's begins with
KEY = "model.perceptual.features.weights"


class FixedNetwork(Protocol):
    """Knows pictures and is not trained; ``name`` says in the log which it is."""

    name: str

    def prepare(self) -> None: ...

    def to(self, device: torch.device) -> "FixedNetwork": ...


class FeatureMaps(FixedNetwork, Protocol):
    """``maps`` takes images (B, C, H, W) in [-1, 1] to (B, C', h, w), differentiably."""

    def maps(self, images: Tensor) -> Tensor: ...


class PerceptualDistance:
    """How far pictures are apart in what a fixed network makes of them; it follows them to their device."""

    features: FixedNetwork
    _device: torch.device | None = None

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
        return self.between(image, target)

    def between(self, image: Tensor, target: Tensor) -> Tensor:
        """The same, where the network is already; no gradient reaches the target."""
        raise NotImplementedError


class FeatureDistance(PerceptualDistance):
    """The mean of (phi(x) / scale - phi(y) / scale)^2 over batch, maps and places (Ledig et al. 2017, equation 5).

    features: phi. scale: 12.75 makes VGG's distance about as large as that of pixels (section 3.2).
    distance: of two maps (B, C, h, w), for each of the batch; ESRGAN's is that of absolute differences.
    """

    features: FeatureMaps

    @bounded
    def __init__(
        self,
        *,
        features: FeatureMaps,
        scale: Positive = 1.0,
        distance: Callable[[Tensor, Tensor], Tensor] = mean_squared_error,
    ) -> None:
        self.features, self.scale, self.distance = features, scale, distance

    def between(self, image: Tensor, target: Tensor) -> Tensor:
        with torch.no_grad():
            target_maps = self.features.maps(target) / self.scale
        return self.distance(self.features.maps(image) / self.scale, target_maps).mean()


class LayersDistance(PerceptualDistance):
    """The weighted sum over layers of the distance of their maps (Wang et al. 2018, pix2pixHD, section 3.3).

    features: gives maps of several layers. layer_weights: one for each; pix2pixHD's are 1/32, 1/16, 1/8, 1/4 and 1.
    distance: of two maps (B, C, h, w), for each of the batch; there of absolute differences.
    """

    features: "VGG19Layers"

    def __init__(
        self,
        *,
        features: "VGG19Layers",
        layer_weights: Sequence[Weight] = (1 / 32, 1 / 16, 1 / 8, 1 / 4, 1.0),
        distance: Callable[[Tensor, Tensor], Tensor] = reconstruction_l1,
    ) -> None:
        self.features, self.layer_weights, self.distance = features, layer_weights, distance

    def between(self, image: Tensor, target: Tensor) -> Tensor:
        with torch.no_grad():
            targets = self.features.layer_maps(target)
        layers = zip(self.layer_weights, self.features.layer_maps(image), targets, strict=True)
        return torch.stack(
            [weight * self.distance(maps, other).mean() for weight, maps, other in layers]
        ).sum()


class VGG54:
    """The maps of VGG19's fourth convolution before the fifth pooling, after its ReLU, as torchvision has trained it.

    Grey images count as three equal channels; colours are normalised as in its training on ImageNet.

    weights: the published file; null is where torch.hub keeps it. Nothing is downloaded.
    """

    name = "vgg54"
    layers = 36  # of torchvision's VGG19, up to that ReLU

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
        require_published(path, SHA256, remedy)
        return vgg19(torch.load(path, map_location="cpu", weights_only=True), self.layers)

    def to(self, device: torch.device) -> "VGG54":
        """Compute on ``device`` from now on."""
        self._device = torch.device(device)
        self.mean, self.deviation = self.mean.to(device), self.deviation.to(device)
        if self._network is not None:
            self._network.to(device)
        return self

    def maps(self, images: Tensor) -> Tensor:
        """(B, 1 or 3, H, W) in [-1, 1] to (B, 512, H / 16, W / 16)."""
        return self._prepared()(self._normalised(images))

    def _normalised(self, images: Tensor) -> Tensor:
        return ((images.expand(-1, 3, -1, -1) + 1) / 2 - self.mean) / self.deviation


class VGG54Linear(VGG54):
    """The same maps before that ReLU, as ESRGAN compares them (Wang et al. 2018, section 3.3)."""

    name = "vgg54_linear"
    layers = 35


class VGG19Layers(VGG54):
    """The maps after the first ReLU at each of VGG19's five sizes."""

    name = "vgg19"
    layers = 30
    ends = (1, 6, 11, 20, 29)

    def layer_maps(self, images: Tensor) -> list[Tensor]:
        """(B, 1 or 3, H, W) in [-1, 1] to five maps, from (B, 64, H, W) to (B, 512, H / 16, W / 16)."""
        maps, found = self._normalised(images), []
        for index, layer in enumerate(self._prepared().children()):
            maps = layer(maps)
            found += [maps] if index in self.ends else []
        return found


def vgg19(state: dict[str, Tensor], layers: int) -> nn.Module:
    """The first ``layers`` of torchvision's VGG19 with the weights in ``state``, frozen and in eval mode."""
    from torchvision.models import vgg19

    with torch.device("meta"):  # draws no random numbers for weights that are replaced at once
        network = vgg19(weights=None).features[:layers]
    network.load_state_dict({key: state[f"features.{key}"] for key in network.state_dict()}, assign=True)
    return network.eval().requires_grad_(False)
