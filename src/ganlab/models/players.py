"""The players of a game and what moves them: an optimizer each, and perhaps a schedule."""

import inspect
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from ganlab.bounds import Momentum, Weight, require_within
from ganlab.errors import UserError
from ganlab.types import OptimizerFactory

EVERY = "every"  # among schedules: of all players that have none of their own
NUMBERS = {  # of PyTorch's optimizers, whose own words leave the key out
    **dict.fromkeys(("lr", "eps", "momentum", "weight_decay", "alpha"), Weight),
    "betas": tuple[Momentum, Momentum],
}


def require_players(
    players: Mapping[str, Any], optimizers: Mapping[str, Any], schedules: Mapping[str, Any]
) -> None:
    """Raise ``UserError`` unless each player has an optimizer, and nobody else has one or a schedule."""
    for what, given in (("optimizers", optimizers), ("schedules", schedules)):
        if unknown := set(given) - set(players):
            raise UserError(
                f"model.{what}: {sorted(unknown)} are no players of this game; they are {list(players)} "
                f"(an optimizer for one: model/optimizer@model.optimizers.{next(iter(players))}=sgd)"
            )
    if missing := set(players) - set(optimizers):
        more = " ".join(f"+model/optimizer@model.optimizers.{name}=adam" for name in sorted(missing))
        raise UserError(
            f"model.optimizers: no optimizer for {sorted(missing)}; give one, for instance {more}"
        )


def fused(player: str, factory: OptimizerFactory, parameters: list[nn.Parameter]) -> torch.optim.Optimizer:
    """The factory's optimizer, in its fused form (one kernel for all parameters) where PyTorch has one."""
    for key, value in getattr(factory, "keywords", {}).items():  # of a partial, as configurations make them
        require_within(f"model.optimizers.{player}.{key}", value, NUMBERS.get(key))
    try:
        optimizer = factory(parameters)
    except ValueError as error:
        raise UserError(f"model.optimizers.{player}: {error}") from error
    if inspect.signature(optimizer.step).parameters["closure"].default is inspect.Parameter.empty:
        raise UserError(
            f"model.optimizers.{player}: {type(optimizer).__name__} computes the loss again within a step, and a "
            "game's loss is drawn anew each time; choose torch.optim.Adam, RMSprop, SGD or another that steps once"
        )
    if isinstance(optimizer, torch.optim.SparseAdam):
        raise UserError(
            f"model.optimizers.{player}: SparseAdam takes sparse gradients, and networks have dense ones; choose "
            "torch.optim.Adam"
        )
    group = optimizer.param_groups[0]
    if group.get("fused", False) is None and group.get("foreach") is None and not group.get("differentiable"):
        return factory(parameters, fused=True)
    return optimizer
