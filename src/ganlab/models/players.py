"""The players of a game and what moves them: an optimizer each, and perhaps a schedule."""

import inspect
import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NotRequired, TypedDict

import torch
from lightning.pytorch import LightningModule
from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from ganlab.bounds import Momentum, Positive, Weight, require_within
from ganlab.errors import UserError
from ganlab.models.optimizer_numbers import Numbers, numbers_of, take_over
from ganlab.types import OptimizerFactory, ScheduleFactory

log = logging.getLogger(__name__)

EVERY = "every"  # among schedules: of all players that have none of their own
NUMBERS = {  # of PyTorch's optimizers, whose own words leave the key out
    **dict.fromkeys(("lr", "eps", "momentum", "weight_decay", "alpha"), Weight),
    "betas": tuple[Momentum, Momentum],
}


def require_players(
    players: Mapping[str, Any], optimizers: Mapping[str, Any], schedules: Mapping[str, Any]
) -> None:
    """Raise ``UserError`` unless each player has an optimizer, and nobody else has one or a schedule."""
    for what, options in (("optimizers", optimizers), ("schedules", schedules)):
        if unknown := set(options) - set(players):
            raise UserError(
                f"model.{what}: {sorted(unknown)} are no players of this game; they are {list(players)} "
                f"(an optimizer for one: model/optimizer@model.optimizers.{next(iter(players))}=sgd)"
            )
    if missing := set(players) - set(optimizers):
        more = " ".join(f"+model/optimizer@model.optimizers.{name}=adam" for name in sorted(missing))
        raise UserError(
            f"model.optimizers: no optimizer for {sorted(missing)}; give one, for instance {more}"
        )


def fused(player: str, factory: OptimizerFactory, parameters: list[nn.Parameter]) -> Optimizer:
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
        return factory(parameters, fused=True)  # type: ignore[call-arg]  # its group has the key
    return optimizer


class GameOptions(TypedDict):
    """The constructor arguments of every game: see :class:`~ganlab.models.base.GAN`."""

    optimizers: Mapping[str, OptimizerFactory]
    schedules: NotRequired[Mapping[str, ScheduleFactory] | None]
    gradient_clip: NotRequired[Positive | None]
    seed: NotRequired[int]


class Players(LightningModule):
    """A module of named players, each with modules, an optimizer and perhaps a schedule of its own.

    optimizers: for each player, a function from its parameters to an optimizer.
    schedules: for some players, a function from the optimizer to a learning-rate schedule; under ``EVERY`` one for all
        others.
    """

    def __init__(
        self, *, optimizers: Mapping[str, OptimizerFactory], schedules: Mapping[str, ScheduleFactory] | None
    ) -> None:
        super().__init__()
        self.optimizer_factories = dict(optimizers)
        self.schedule_factories = dict(schedules or {})
        self._optimizer_of: dict[str, Optimizer] = {}
        self.moving: tuple[str, ...] = ()  # the players that an update is of
        self.numbers: dict[str, list[Numbers]] = {}  # that the optimizers began with ...
        self.saved_numbers: dict[str, list[Numbers]] = {}  # ... and those of a run that is resumed

    def players(self) -> Mapping[str, Sequence[nn.Module]]:
        """Name -> modules of each player."""
        raise NotImplementedError

    def configure_optimizers(self) -> tuple[list[Optimizer], list[LRScheduler]]:
        """One optimizer for each player, in the order of :meth:`players`."""
        players = self.players()
        own = {name: make for name, make in self.schedule_factories.items() if name != EVERY}
        require_players(players, self.optimizer_factories, own)
        self._parameters_of = {
            name: [p for module in modules for p in module.parameters() if p.requires_grad]
            for name, modules in players.items()
        }
        self._optimizer_of = {
            name: fused(name, self.optimizer_factories[name], parameters)
            for name, parameters in self._parameters_of.items()
        }
        self.numbers = {name: numbers_of(optimizer) for name, optimizer in self._optimizer_of.items()}
        common = self.schedule_factories.get(EVERY)
        makers = (dict.fromkeys(players, common) if common else {}) | own
        self._schedule_of = {name: make(self._optimizer_of[name]) for name, make in makers.items()}
        return list(self._optimizer_of.values()), list(self._schedule_of.values())

    @contextmanager
    def only(self, *players: str) -> Iterator[None]:
        """Freeze every other player, also if the body raises."""
        self.freeze_all_but(*players)
        try:
            yield
        finally:
            self.thaw()

    def freeze_all_but(self, *players: str) -> None:
        """Let these be the ``moving``, whose parameters alone require gradients."""
        self.moving = players
        for parameter in self._others(players):
            parameter.requires_grad_(False)

    def thaw(self) -> None:
        """Undo :meth:`freeze_all_but`."""
        for parameter in self._others(self.moving):
            parameter.requires_grad_(True)
        self.moving = ()

    def _others(self, players: Sequence[str]) -> list[nn.Parameter]:
        kept = self._parameters_of.keys() - players
        return [p for name in kept for p in self._parameters_of[name]]

    def parameters_of(self) -> dict[str, list[nn.Parameter]]:
        """Each player's parameters."""
        return self._parameters_of

    def optimizers_by_player(self) -> dict[str, Optimizer]:
        """Each player's optimizer."""
        return self._optimizer_of

    def schedules_by_player(self) -> dict[str, LRScheduler]:
        """The schedules of the players that have one."""
        return self._schedule_of

    def parameter_groups(self, player: str) -> list[dict[str, Any]]:
        """The groups of the player's optimizer, whose numbers a variant may schedule itself."""
        return self._optimizer_of[player].param_groups

    def learning_rate(self, player: str) -> float:
        """The player's present learning rate (of its first group)."""
        return self._optimizer_of[player].param_groups[0]["lr"]

    def take_over_numbers(self) -> None:
        """Let what is configured now count, where it is not what the checkpoint's optimizers began with."""
        for player, before in self.saved_numbers.items():
            optimizer, schedule = self._optimizer_of[player], self._schedule_of.get(player)
            changes = take_over(optimizer, schedule, before, self.numbers[player])
            if changes and self.trainer.is_global_zero:
                log.info("model.optimizers.%s: %s", player, ", ".join(changes))

    def step_common_schedules(self) -> None:
        """To be called once in a training step: the schedules of players that have none of their own."""
        if EVERY not in self.schedule_factories:
            return
        with warnings.catch_warnings():  # of PyTorch, where a player has not moved yet
            warnings.filterwarnings("ignore", message="Detected call of `lr_scheduler.step")
            for player, schedule in self._schedule_of.items():
                if player not in self.schedule_factories:
                    schedule.step()
