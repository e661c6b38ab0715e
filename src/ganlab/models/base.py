"""The mechanism of adversarial training: players who move one at a time. No variant's algorithm is in here."""

import logging
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

import torch
from torch import Tensor

from ganlab.bounds import Positive, bounded
from ganlab.errors import UserError
from ganlab.lightning_internals import accumulation_of, counts_training_steps, has_trainer
from ganlab.models.gradients import Gradients
from ganlab.models.parts import Parts, Whole, named, warn_of_parts
from ganlab.models.restoring import fit_optimizers, fitted_weights, kind_of, require_checkpoint
from ganlab.randomness import Draws, derive, seed_everything
from ganlab.techniques.per_process import per_process, states_of_all
from ganlab.torch_internals import step_of
from ganlab.types import Batch, Observation, OptimizerFactory, ScheduleFactory, tensors_of

log = logging.getLogger(__name__)

SCHEMA = 1  # of what on_save_checkpoint writes; what an earlier schema lacks, on_load_checkpoint knows


class GAN(Gradients):
    """A game of any number of named players, each with modules, an optimizer and perhaps a schedule of its own.

    A variant names its players in :meth:`players` and writes its paper's algorithm in ``training_step``, with one
    ``with self.update(player) as terms`` per optimizer step. Within it only that player's parameters require
    gradients; the terms put into the dict are summed, differentiated and logged as ``player/term``.

    Time is counted in ``steps`` (training steps; during ``training_step`` the present one, from 1) and ``images``
    (real images seen, over all processes). Both, like everything drawn at random, survive a resume exactly.

    optimizers: for each player, a function from its parameters to an optimizer.
    schedules: for some players, a function from the optimizer to a learning-rate schedule, stepped at each of the
        player's updates without a kind; under "every" one for all other players, stepped once in each training step.
    gradient_clip: largest allowed norm of a player's gradient in an update; None leaves gradients alone.
    seed: of all random draws in training.
    """

    data_kind: ClassVar[str]

    @bounded
    def __init__(
        self,
        *,
        optimizers: Mapping[str, OptimizerFactory],
        schedules: Mapping[str, ScheduleFactory] | None = None,
        gradient_clip: Positive | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__(gradient_clip=gradient_clip, optimizers=optimizers, schedules=schedules)
        self.automatic_optimization = False
        self.seed = seed
        self.steps = 0
        self.images = 0
        self.counts: dict[str, int] = {}  # a variant's own counters; saved and restored
        self.draws = Draws(seed, "noise")
        self.parts = Whole()  # of the batch of a step
        # of PerProcess modules, one for each process of the saved run
        self._saved_states: list[dict[str, Any]] = []

    @property
    def scores_are_logits(self) -> bool:
        """Whether a score of 0 means "real or fake, I cannot tell": the adversarial loss knows, where there is one."""
        return getattr(getattr(self, "loss", None), "scores_are_logits", False)

    def training_step(self, batch: Batch, batch_idx: int) -> Observation:
        """The paper's algorithm."""
        raise NotImplementedError

    def require_start(self, anew: Collection[str] | None) -> None:
        """Raise UserError if this game cannot begin so; most games can.

        anew: the players' weights that another run, whose networks it begins with, has not; None: there is no such run.
        """

    # -- an update -----------------------------------------------------------------------------------------------

    @contextmanager
    def update(self, *players: str, kind: str = "") -> Iterator[dict[str, Tensor]]:
        """One optimizer step of ``players``, mostly one, on the sum of the terms that the body puts into the dict.

        Terms are logged as the first one's. kind: of a further update in the same step, such as a regularizer's. Its
            terms are logged, but ``player/loss``, schedules and ``after_update`` know only updates without one.

        Raises:
            DivergedError: if the sum or its gradient is not finite; the weights are then as before. (Only on a CPU:
                elsewhere looking would wait for the device, and the health callback looks every few steps.)
            ValueError: if there is no such player, or the body gave no term.
        """
        if not players or not set(players) <= self.parameters_of().keys():
            raise ValueError(
                f"update({named(players)}): the players of this game are {list(self.parameters_of())}"
            )
        player, terms = players[0], dict[str, Tensor]()
        with self.only(*players):
            yield terms
            if not terms:
                raise ValueError(
                    f"update({named(players)}): give at least one term, as in terms['adversarial'] = ..."
                )
            loss = torch.stack(list(terms.values())).sum() if len(terms) > 1 else next(iter(terms.values()))
            if loss.device.type == "cpu" and self.draws.world == self.parts.number:  # of one process
                self.stop_unless_finite(player, terms, loss)
            if self.parts.first:
                for parameter in (p for one in players for p in self.parameters_of()[one]):
                    parameter.grad = None  # what zero_grad does, without its bookkeeping
            self.manual_backward(loss)
            if self.parts.last:
                self._move(players, kind)
        self.parts.meet(players, kind)
        for name, value in terms.items():
            self.track(f"{player}/{name}", value)
        if not kind:
            self.track(f"{player}/loss", loss)

    def manual_backward(self, loss: Tensor, *args: Any, **kwargs: Any) -> None:
        """Differentiate; when all parts of the batch have, average the gradients over all processes, once."""
        loss = loss / self.parts.number if self.parts.number > 1 else loss
        loss.backward(*args, **kwargs)
        if self.parts.last:
            self.trainer.strategy.post_backward(loss)

    def _move(self, players: Sequence[str], kind: str) -> None:
        """By the gradients of all parts and processes."""
        for player in players:
            self.limit_gradient(player)
        for player in players:
            self._step(player)
            if not kind:
                self._count_update(player)

    def _step(self, player: str) -> None:
        """Step the optimizer."""
        step_of(self.optimizers_by_player()[player])
        self.moved.add(player)

    def _count_update(self, player: str) -> None:
        """Step the schedule that is the player's own, and what follows it."""
        if player in self.schedule_factories:
            self.schedules_by_player()[player].step()
        self.after_update(player)

    def after_update(self, player: str) -> None:
        """A hook for what belongs to a player's step: an average to move, weights to clip."""

    def every(self, n: int) -> bool:
        """True in every n-th training step; of 0 in none."""
        return n > 0 and self.steps % n == 0

    # -- time and chance -----------------------------------------------------------------------------------------

    def on_train_start(self) -> None:
        if not counts_training_steps(self.trainer):
            raise UserError(
                f"{type(self).__name__}: a trainer of Lightning's own counts the steps of optimizers, and a game's are "
                "stepped by itself, so it would train without end; take ganlab.training.trainer.Trainer"
            )
        rank, world = self.trainer.global_rank, self.trainer.world_size
        self.draws = Draws(self.seed, "noise", rank=rank, world=world, device=self.device)
        if (accumulate := accumulation_of(self.trainer)) > 1:
            self.parts = Parts(self, accumulate)
            warn_of_parts(self, accumulate)
        self.move_telemetry(self.device)
        if rank < len(self._saved_states):
            for name, part in per_process(self):
                if name in self._saved_states[rank]:
                    part.set_extra_state(self._saved_states[rank][name])
        self.take_over_numbers()

    def on_train_batch_start(self, batch: Batch, batch_idx: int) -> None:
        """Count the step and make all randomness in it a function of (seed, step, rank)."""
        if self.steps:
            self.step_common_schedules()
        self.steps += 1
        self.images += len(next(iter(tensors_of(batch).values()))) * self.draws.world
        self.draws.reseed("step", self.steps)
        seed_everything(derive(self.seed, "step", self.steps, self.draws.rank), self.device)

    @property
    def last_part(self) -> bool:
        """Whether this is the last part of a batch that is divided (``trainer.accumulate``); the whole is one, too.

        What a step does once, beside updates and to other things than buffers and ``counts``, it does then.
        """
        return self.parts.last

    def mean_over_ranks(self, value: Tensor) -> Tensor:
        """The mean of a tensor over all parts of the batch and all processes, the same bits on each of them."""
        return super().mean_over_ranks(self.parts.mean(value))

    def take_step(
        self, step: Callable[[Batch, int], Observation], batch: Batch, batch_idx: int
    ) -> Observation:
        """``step``, the strategy's ``training_step``, of the whole batch or of one part after the other."""
        return self.parts.run(step, batch, batch_idx)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        checkpoint["ganlab"] = {
            "schema": SCHEMA,
            "steps": self.steps,
            "images": self.images,
            "counts": dict(self.counts),
            "numbers": self.numbers,
            "optimizers": {
                player: kind_of(optimizer) for player, optimizer in self.optimizers_by_player().items()
            },
            "schedules": list(self.schedules_by_player()),
            **self.telemetry(),
            "norms": self.present_norms(),
            "per_process": states_of_all(self, self.draws.world),
        }
        checkpoint["published"] = {"values": dict(self.published), "at": dict(self.published_at)}

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Take over progress; let weights and optimizers be those of this model's parts, whatever was changed since."""
        require_checkpoint(checkpoint)
        state = checkpoint["ganlab"]
        if state["schema"] > SCHEMA:
            raise UserError(
                f"this checkpoint was written by a later version of ganlab (its schema is {state['schema']}, and this "
                f"version knows {SCHEMA}); update ganlab to go on with the run"
            )
        self.steps, self.images = state["steps"], state["images"]
        self._fit(checkpoint)
        self.counts |= state["counts"]
        self.norms = dict(state.get("norms", {}))
        self.take_telemetry(state, checkpoint.get("published", {"values": {}, "at": {}}))
        self._saved_states = state.get("per_process", [])
        self.saved_numbers = state.get("numbers", {})

    def _fit(self, checkpoint: dict[str, Any]) -> None:
        """Adapt the checkpoint's weights, and its optimizers if it has any, to this model; warn of what begins anew."""
        checkpoint["state_dict"], notes = fitted_weights(self, checkpoint["state_dict"])
        if "optimizer_states" in checkpoint:
            require_checkpoint(checkpoint, "optimizer_states", "lr_schedulers")
            if not self.optimizers_by_player():
                self.configure_optimizers()
            notes += fit_optimizers(self, checkpoint)
        if has_trainer(self) and self.trainer.is_global_zero:
            for note in notes:
                log.warning("%s", note)
