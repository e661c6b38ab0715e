"""One training step in several parts, whose gradients make one update, as those of several processes do."""

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from threading import Semaphore
from typing import Any, cast

import torch
from torch import Tensor

from ganlab.errors import UserError
from ganlab.models.gradients import Gradients
from ganlab.randomness import Draws, derive, seed_everything
from ganlab.torch_internals import BatchNorm, copy_all_
from ganlab.types import Batch, Observation, batch_of, tensors_of

log = logging.getLogger(__name__)

Step = Callable[[Batch, int], Observation]


def named(players: Sequence[str]) -> str:
    """As an update is given them."""
    return ", ".join(map(repr, players))


class Whole:
    """A step that is taken at once."""

    number = 1
    first = last = True

    def run(self, step: Step, batch: Batch, batch_idx: int) -> Observation:
        """Take ``step``; what it lets callbacks see."""
        return step(batch, batch_idx)

    def meet(self, players: Sequence[str], kind: str) -> None:
        """Wait until all parts are at the end of this update of ``players``."""

    def mean(self, value: Tensor) -> Tensor:
        """The mean of a tensor over all parts."""
        return value


class Parts(Whole):
    """The parts of a batch: they take the same step in turns, each in a thread, one of which runs at a time.

    A part goes on from one meeting to the next, and then the others do. They meet at the end of each update, where the
    last one has moved the player by the gradients of all, and where a mean over the whole batch is asked for. So a step
    is written as for one batch, and no graph lives longer than its part's turn unless the step keeps it.

    Each stands for a process: its draws are those of its place in the whole batch, and after each meeting it finds
    buffers, counts and the numbers of optimizers as the first one does. Those that the last one leaves stay.

    number: into how many a batch is divided.
    """

    def __init__(self, game: Gradients, number: int) -> None:
        self.game, self.number = game, number
        self._threads = ThreadPoolExecutor(number, thread_name_prefix="part")
        self._present, self._running = number - 1, False  # whose turn it is; whether a step is being taken

    @property
    def first(self) -> bool:  # type: ignore[override]  # changes with the turn
        return self._present == 0

    @property
    def last(self) -> bool:  # type: ignore[override]
        return self._present == self.number - 1

    def run(self, step: Step, batch: Batch, batch_idx: int) -> Observation:
        """Take ``step`` with each part; the observations of all, in the batch's order.

        Raises:
            UserError: a batch that does not divide.
            RuntimeError: a step in which not all parts go the same way.
        """
        game, whole = self.game, self.game.draws
        self._begin(whole)
        turns = [
            self._threads.submit(self._take, part, step, samples, batch_idx)
            for part, samples in enumerate(self._divided(batch))
        ]
        try:
            self._turns[0].release()
            wait(turns)
        except BaseException as error:  # a signal
            self._give_up(error)
            wait(turns)
        finally:
            game.draws, self._present, self._running = whole, self.number - 1, False
        if self._error is not None:
            raise self._error
        return _together([turn.result() for turn in turns])

    def meet(self, players: Sequence[str], kind: str) -> None:
        self._meet(f"an update of {named(players)}{kind and f', {kind}'}", None)

    def mean(self, value: Tensor) -> Tensor:
        if not self._running:  # a callback asks, of the whole batch
            return value
        return cast("Tensor", self._meet("a mean over the batch", value.detach()))

    # -- turns ---------------------------------------------------------------------------------------------------

    def _begin(self, whole: Draws) -> None:
        game, n = self.game, self.number
        self._draws = [
            Draws(
                whole.seed,
                *("step", game.steps),
                rank=whole.rank * n + part,
                world=whole.world * n,
                device=whole.device,
            )
            for part in range(n)
        ]
        self._turns = [Semaphore(0) for _ in range(n)]
        self._here: list[tuple[str, Any]] = []
        self._error: BaseException | None = None
        self._answer: Any = None
        self._meetings, self._running = 0, True
        # ``data``: backward passes need no batch statistics of training, and must not mind that these are put back
        self._buffers = [buffer.data for buffer in game.buffers()]
        self._keep()

    def _divided(self, batch: Batch) -> list[Batch]:
        tensors, n = tensors_of(batch), self.number
        for values in tensors.values():
            if len(values) % n:
                raise UserError(
                    f"trainer.accumulate={n} does not divide a batch of {len(values)} into parts of one size; choose "
                    f"another trainer.accumulate, or batches of a multiple of {n}"
                )
        pieces = {key: values.chunk(n) for key, values in tensors.items()}
        return [batch_of({key: piece[part] for key, piece in pieces.items()}) for part in range(n)]

    def _take(self, part: int, step: Step, batch: Batch, batch_idx: int) -> Any:
        if self.game.device.type == "cuda":
            torch.cuda.set_device(self.game.device)  # each thread has its own
        self._turns[part].acquire()
        if self._error is not None:
            return None
        try:
            self._enter(part)
            seen = step(batch, batch_idx)
            self._arrive("the end", None)
            if not self.last:
                self._turns[part + 1].release()
            return seen
        except BaseException as error:
            self._give_up(error)
            return None

    def _meet(self, where: str, value: Any) -> Any:
        part, moving = self._present, self.game.moving
        self._arrive(where, value)
        if moving:
            self.game.thaw()  # the next part comes from where nobody is frozen
        self._turns[(part + 1) % self.number].release()
        self._turns[part].acquire()
        if self._error is not None:
            raise RuntimeError("another part of the step has failed")
        self._enter(part)
        if moving:
            self.game.freeze_all_but(*moving)
        return self._answer

    def _arrive(self, where: str, value: Any) -> None:
        self._here.append((where, value))
        if not self.last:
            return
        places, values = zip(*self._here, strict=True)
        if len(places) < self.number or len(set(places)) > 1:
            raise RuntimeError(
                f"trainer.accumulate={self.number}: the parts of a step went different ways, to {', '.join(places)}; "
                "what decides about an update must be the same for all of them, as for several processes"
            )
        self._answer = None if value is None else torch.stack(values).mean(0)
        self._here = []
        self._meetings += 1
        self._keep()

    def _enter(self, part: int) -> None:
        """It is this part's turn: let it find what the first one found, and what is drawn by it alone."""
        game = self.game
        self._present, game.draws = part, self._draws[part]
        if part:
            self._put_back()
        seed = derive(game.seed, "step", game.steps, game.draws.rank, self._meetings)
        seed_everything(seed, game.device)

    def _give_up(self, error: BaseException) -> None:
        """The first error counts; all others are woken to end."""
        self._error = self._error or error
        for turn in self._turns:
            turn.release()

    # -- what each part finds ------------------------------------------------------------------------------------

    def _keep(self) -> None:
        groups = [
            g for optimizer in self.game.optimizers_by_player().values() for g in optimizer.param_groups
        ]
        self._kept = [buffer.clone() for buffer in self._buffers]
        self._counts = dict(self.game.counts)
        self._groups = [(group, dict(group)) for group in groups]

    def _put_back(self) -> None:
        if self._buffers:
            copy_all_(self._buffers, self._kept)
        self.game.counts.update(self._counts)
        for group, kept in self._groups:
            group.update(kept)


def warn_of_parts(game: Gradients, number: int) -> None:
    """Say what of a model makes a divided batch another than the whole: it looks at the samples of a part."""
    parts = [*game.modules(), *vars(game).values()]
    names = {type(part).__name__ for part in parts if getattr(part, "compares_samples", False)}
    names |= {type(part).__name__ for part in parts if isinstance(part, BatchNorm)}
    if names and game.trainer.is_global_zero:
        log.warning(
            "trainer.accumulate=%d: what %s makes of a sample depends on the others of its part, so this run is not "
            "that of one batch as large; it is like a run of %d times as many processes",
            *(number, " and ".join(sorted(names)), number),
        )


def _together(seen: list[Any]) -> Any:
    """The observations of all parts as one."""
    if not isinstance(seen[0], dict):
        return seen[-1]
    return {key: torch.cat([part[key] for part in seen]) for key in seen[0]}
