"""Spectral normalization of a whole network."""

from torch import nn
from torch.nn.utils.parametrizations import spectral_norm
from torch.nn.utils.parametrize import is_parametrized

_WEIGHTED = (
    nn.Linear,
    nn.Embedding,
    nn.Conv1d,
    nn.Conv2d,
    nn.Conv3d,
    nn.ConvTranspose1d,
    nn.ConvTranspose2d,
    nn.ConvTranspose3d,
)


def spectrally_normalized(module: nn.Module) -> nn.Module:
    """Divide each weight in ``module`` by its largest singular value (Miyato et al. 2018, section 2.1); returns it.

    A convolution's weight counts as the matrix (out, in * k * k). One power iteration follows it at each forward pass
    in train mode; its vectors are buffers, so that a loaded network needs no warming up. Set initial weights first:
    afterwards ``weight`` is a result and not a parameter. Layers that are normalized already stay as they are.
    """
    for layer in list(module.modules()):
        if isinstance(layer, _WEIGHTED) and not is_parametrized(layer, "weight"):
            spectral_norm(layer)
    return module
