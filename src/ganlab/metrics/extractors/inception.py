"""Features of the Inception-v3 in which FID is published, as torch-fidelity converted it from TensorFlow."""

import http.client
import io
import shlex
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

from ganlab.bounds import Positive
from ganlab.errors import UserError
from ganlab.metrics.extractors.common import ReadOnce, as_seen, full_float32, sha256_of
from ganlab.metrics.extractors.resize import Kernel, Resize
from ganlab.patience import patience
from ganlab.types import Features

FILE = "weights-inception-2015-12-05-6726825d.pth"
URL = f"https://github.com/toshas/torch-fidelity/releases/download/v0.2.0/{FILE}"
OFFICIAL = "6726825d"  # what its SHA-256 begins with
KEYS = "metrics.inception.extractor"
SIDE = 299
# in the order in which they are applied
LAYERS = (
    *(
        "Conv2d_1a_3x3",
        "Conv2d_2a_3x3",
        "Conv2d_2b_3x3",
        "MaxPool_1",
        "Conv2d_3b_1x1",
        "Conv2d_4a_3x3",
        "MaxPool_2",
    ),
    *("Mixed_5b", "Mixed_5c", "Mixed_5d", "Mixed_6a", "Mixed_6b", "Mixed_6c", "Mixed_6d", "Mixed_6e"),
    *("Mixed_7a", "Mixed_7b", "Mixed_7c", "AvgPool"),
)


class InceptionFeatures(ReadOnce[nn.Module]):
    """An :class:`~ganlab.types.Extractor`: pooled features, and logits without their bias, of one pass.

    Those of torch-fidelity, and of torchmetrics with ``antialias=False``. Only the published weights bear the bare
    name: with others, name and suffix hold the first digits of their SHA-256, and are known after ``prepare``.

    weights: their file; None is where torch.hub keeps it. download: fetch the published ones if there is no file
        (91 MB).
    kernel, antialias, quantised: how images become 299 x 299; see :class:`~ganlab.metrics.extractors.resize.Resize`.
    middle: of 0 to 255, which becomes 0: 128, or 127.5 where the white of 255 is to be 1 exactly.
    """

    size = 2048
    classes = tuple(str(index) for index in range(1008))

    def __init__(
        self,
        *,
        weights: Path | None = None,
        download: bool = False,
        kernel: Kernel = "tensorflow",
        antialias: bool = False,
        quantised: bool = False,
        middle: Positive = 128.0,
    ) -> None:
        super().__init__()
        self.resized = Resize(side=SIDE, kernel=kernel, antialias=antialias, quantised=quantised)
        self.middle = middle
        self.resize = f"{self.resized}{'' if middle == 128 else f', {middle} is 0'}"
        self.path = None if weights is None else Path(weights).expanduser()
        self.download, self.weights = download, ""
        self._name_after("" if weights is None else "unread")

    def _name_after(self, weights: str) -> None:
        self.name = f"inception_{weights}" if weights else "inception"
        self.suffix = f"_{self.name}" if weights else ""

    def read(self) -> nn.Module:
        """The network; raises UserError where its weights are missing, damaged or not those of an Inception-v3."""
        path = self.path or Path(torch.hub.get_dir(), "checkpoints", FILE)
        if self.download:
            fetch(path)
        try:
            digest = sha256_of(path)
        except FileNotFoundError:
            raise UserError(f"{path} is missing. {_remedy(path)}") from None
        except OSError as error:
            raise UserError(f"{path} cannot be read ({error.strerror}). {_remedy(path)}") from None
        official = digest.startswith(OFFICIAL)
        if self.path is None and not official:
            raise UserError(
                f"{path} is damaged or incomplete: its SHA-256 begins with {digest[:8]}, not with {OFFICIAL}; "
                f"remove it. {_remedy(path)} Weights of your own need {KEYS}.weights=FILE."
            )
        network = read(path)
        self.weights = digest
        self._name_after("" if official else digest[:8])
        return network

    def __call__(self, images: Tensor) -> Features:
        """(B, 1, 3 or 4, H, W) uint8 to (B, 2048) and (B, 1008), float32, on the device of the images."""
        images = as_seen(images)
        network = self.network()
        with full_float32(self._device):
            inputs = (
                self.resized(images.to(self._device)) - self.middle
            ) / self.middle  # (B, 1 or 3, 299, 299)
            outputs = inputs.expand(-1, 3, -1, -1).contiguous(memory_format=torch.channels_last)
            for name in LAYERS:
                outputs = getattr(network, name)(outputs)
            features = outputs.flatten(1)
            logits = functional.linear(features, network.get_parameter("fc.weight"))  # without its bias
        return Features(features.to(images.device), logits.to(images.device))


def fetch(path: Path) -> None:
    """Download the published file to ``path`` unless there is one: verified, and whole or not at all."""
    from filelock import FileLock

    if path.is_file():
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{path}.lock"), patience(30):  # processes that start together fetch it once
            if not path.is_file():
                torch.hub.download_url_to_file(URL, str(path), hash_prefix=OFFICIAL)
    except (OSError, RuntimeError, http.client.HTTPException) as error:
        raise UserError(
            f"{path} is missing, and was not downloaded ({type(error).__name__}: {error}). {_remedy(path)}"
        ) from None


def read(path: Path) -> nn.Module:
    """The network with the weights in ``path``, in eval mode; raises UserError for any other file."""
    from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        shapes = io.BytesIO()  # instead of the file, out of which torch-fidelity would also run code
        torch.save({name: tensor.to("meta") for name, tensor in state.items()}, shapes)
        shapes.seek(0)
        with torch.device("meta"):  # draws no random numbers for weights that are replaced at once
            network = FeatureExtractorInceptionV3("inception", ["2048", "logits_unbiased"], shapes)
        network.load_state_dict(state, assign=True)
    except Exception as error:  # a damaged pickle can raise nearly any
        reason = " ".join(str(error).split())[:200]
        raise UserError(
            f"{path} does not hold weights of torch-fidelity's Inception-v3 ({type(error).__name__}: {reason}); "
            f"{KEYS}.weights=null is the published ones"
        ) from None
    for layer in network.modules():
        if hasattr(layer, "conv") and hasattr(layer, "bn"):  # one pass over the pixels instead of two
            layer.conv, layer.bn = fuse_conv_bn_eval(layer.conv, layer.bn), nn.Identity()
    return network.float().to(memory_format=torch.channels_last)


def _remedy(path: Path) -> str:
    return (
        f"Get torch-fidelity's weights of Inception-v3 (91 MB, their SHA-256 begins with {OFFICIAL}) with\n"
        f"  curl -L --create-dirs -o {shlex.quote(str(path))} {URL}\n"
        f"or let ganlab fetch them with {KEYS}.download=true, or train without with metrics.inception.on_missing=skip; "
        "ganlab score takes weights=FILE, download=true or extractors=digits."
    )
