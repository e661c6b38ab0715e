"""A penalty on the weights of a network."""

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from ganlab.bounds import Weight, bounded
from ganlab.errors import UserError

LAYERS = (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)


class NoWeightPenalty:
    """No term."""

    def __call__(self, network: nn.Module) -> dict[str, Tensor]:
        return {}


class Orthogonal:
    """weight * sum over weights W of |W W^T without its diagonal|^2 (Brock et al. 2019, equation 3).

    W is a weight as (out, the rest), before spectral normalization; embeddings are left alone. It is 0 for rows that
    are orthogonal, however long. The authors' code adds half of its gradient for the same number.

    Raises:
        UserError: when called with a network that has no such weight.
    """

    @bounded
    def __init__(self, *, weight: Weight = 1e-4) -> None:
        self.weight = weight

    def __call__(self, network: nn.Module) -> dict[str, Tensor]:
        total = torch.stack([_off_diagonal(w) for w in _weights(network)]).sum()
        return {"orthogonal": self.weight * total}


def _weights(network: nn.Module) -> list[Tensor]:
    layers = [layer for layer in network.modules() if isinstance(layer, LAYERS)]
    if not layers:
        raise UserError(
            f"model/weight_penalty=orthogonal: {type(network).__name__} has no plain linear or convolutional layers; "
            "choose model/weight_penalty=none"
        )
    return [_raw(layer) for layer in layers]


def _raw(layer: nn.Module) -> Tensor:
    """The weight that is trained, before what is made of it."""
    if parametrize.is_parametrized(layer, "weight"):
        return layer.get_parameter("parametrizations.weight.original")
    return layer.get_parameter("weight")


def _off_diagonal(weight: Tensor) -> Tensor:
    rows = weight.flatten(1)
    with torch.autocast(rows.device.type, enabled=False):
        gram = rows @ rows.T
        return gram.square().sum() - gram.diagonal().square().sum()
