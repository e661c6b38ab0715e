"""Initial weights: each function sets one module and is meant for ``network.apply(function)``.

A module that a function does not know (an activation, another norm) keeps the weights that it has.
"""

import math
from typing import Literal

from torch import nn

from ganlab.bounds import Positive
from ganlab.torch_internals import BatchNorm

_WEIGHTED = (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)


def keep_default(module: nn.Module) -> None:
    """Leave ``module`` as PyTorch made it."""


def init_normal(module: nn.Module, *, std: Positive = 0.02) -> None:
    """Weights N(0, std), biases 0, batch norm gains N(1, std) and offsets 0 (Radford et al. 2016, section 4).

    The gains are those of the authors' code; the paper speaks of weights only.
    """
    if isinstance(module, _WEIGHTED):
        nn.init.normal_(module.weight, 0.0, std)
        zero_bias(module)
    elif isinstance(module, BatchNorm) and module.affine:
        nn.init.normal_(module.weight, 1.0, std)
        nn.init.zeros_(module.bias)


def xavier_uniform(module: nn.Module) -> None:
    """Uniform weights of variance 2 / (fan in + fan out), biases 0 (Glorot, Bengio 2010).

    The default of Keras and TF-slim.
    """
    if isinstance(module, _WEIGHTED):
        nn.init.xavier_uniform_(module.weight)
        zero_bias(module)


def xavier_normal(module: nn.Module, *, gain: Positive) -> None:
    """Weights N(0, gain^2 2 / (fan in + fan out)), biases 0 (Glorot, Bengio 2010); CUT's code has a gain of 0.02."""
    if isinstance(module, _WEIGHTED):
        nn.init.xavier_normal_(module.weight, gain)
        zero_bias(module)


def orthogonal(module: nn.Module) -> None:
    """Weights with orthonormal rows, of a convolution as (out, in * k * k), or columns; biases 0 (Saxe et al. 2014)."""
    if isinstance(module, (*_WEIGHTED, nn.Embedding)):
        nn.init.orthogonal_(module.weight)
    if isinstance(module, _WEIGHTED):
        zero_bias(module)


def he_normal(module: nn.Module) -> None:
    """Weights N(0, 2 / fan in), biases 0 (He et al. 2015, section 2.2)."""
    if isinstance(module, _WEIGHTED):
        # a transposed convolution keeps its weight as (in, out, k, k): what torch calls fan out is its fan in
        mode: Literal["fan_in", "fan_out"] = "fan_out" if isinstance(module, nn.ConvTranspose2d) else "fan_in"
        nn.init.kaiming_normal_(module.weight, mode=mode, nonlinearity="relu")
        zero_bias(module)


def wgan_gp_uniform(module: nn.Module) -> None:
    """As in the WGAN-GP code: Xavier for linear layers, uniform of twice that variance for convolutions.

    A convolution's fans are counted with its stride.
    """
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        in_weights, out_weights = (
            channels * math.prod(module.kernel_size) for channels in (module.in_channels, module.out_channels)
        )
        stride = math.prod(module.stride)
        if isinstance(module, nn.ConvTranspose2d):
            fans = in_weights / stride + out_weights
        else:
            fans = in_weights + out_weights / stride
        bound = math.sqrt(3 * 4 / fans)
        nn.init.uniform_(module.weight, -bound, bound)
        zero_bias(module)
    else:
        xavier_uniform(module)


def zero_bias(module: nn.Linear | nn.Conv2d | nn.ConvTranspose2d) -> None:
    """Set the bias to 0, where there is one."""
    if module.bias is not None:
        nn.init.zeros_(module.bias)
