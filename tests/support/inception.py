"""An Inception-v3 with random weights, in the format of each library that measures with it."""

import io
from pathlib import Path

import torch
from torch import Tensor, nn
from torch_fidelity import feature_extractor_inceptionv3 as fidelity

from ganlab.layers.init import he_normal

NAMES = ["2048", "logits_unbiased"]


class Untrained(fidelity.FeatureExtractorInceptionV3):
    """Keeps the weights that its layers were made with."""

    def load_state_dict(self, state):
        pass


def random_inception() -> Untrained:
    """Its activations neither vanish nor explode."""
    empty = io.BytesIO()
    torch.save({}, empty)
    empty.seek(0)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        with torch.device("meta"):  # leaves out PyTorch's own initial weights
            network = Untrained("random", NAMES, empty)
        network = network.to_empty(device="cpu").apply(he_normal)
    for layer in network.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.reset_parameters()
    return network


class TorchScript(nn.Module):
    """As the file inception-2015-12-05.pt that clean-fid and StyleGAN3 read: ``layers`` takes pixels in [-1, 1].

    With resized pixels of another size it resizes as TensorFlow 1 does, by a grid that begins at the corner.
    """

    def __init__(self, layers: nn.Module) -> None:
        super().__init__()
        self.layers = layers

    def forward(self, img: Tensor, return_features: bool = False) -> Tensor:
        height, width = img.shape[2], img.shape[3]
        theta = torch.eye(2, 3)
        theta[0, 2] += theta[0, 0] / width - theta[0, 0] / 299
        theta[1, 2] += theta[1, 1] / height - theta[1, 1] / 299
        theta = theta.unsqueeze(0).repeat([img.shape[0], 1, 1])
        grid = nn.functional.affine_grid(theta, [img.shape[0], 3, 299, 299], align_corners=False)
        x = nn.functional.grid_sample(
            img.float(), grid, mode="bilinear", padding_mode="border", align_corners=False
        )
        return self.layers((x - 128) / 128)


class Layers(nn.Module):
    def __init__(self, network: nn.Module, names: tuple[str, ...]) -> None:
        super().__init__()
        self.body = nn.Sequential(*(getattr(network, name) for name in names))

    def forward(self, x: Tensor) -> Tensor:
        return self.body(x).flatten(1)


def write_torchscript(network: nn.Module, path: Path, names: tuple[str, ...]) -> None:
    """``names``: of the network's layers, in their order."""
    layers = torch.jit.trace(Layers(network.eval(), names), torch.zeros(1, 3, 299, 299), check_trace=False)
    torch.jit.script(TorchScript(layers)).save(str(path))
