"""Ctrl-C, SIGTERM, SIGUSR1 and a closed terminal (SIGHUP): finish the step, save, leave; on all processes together."""

import os
import signal
from collections.abc import Callable
from types import FrameType
from typing import Any

import torch

from ganlab.bounds import Count, bounded
from ganlab.callbacks.base import GameCallback
from ganlab.models.base import GAN
from ganlab.training.order import Order
from ganlab.training.trainer import Trainer
from ganlab.types import Batch, Observation

NAMES = ("SIGINT", "SIGTERM", "SIGUSR1", "SIGHUP")
SIGNALS = [getattr(signal, name) for name in NAMES if hasattr(signal, name)]
HANGUP = getattr(signal, "SIGHUP", None)
Handler = Callable[[int, FrameType | None], Any] | int | signal.Handlers | None


class Preemption(GameCallback[GAN]):
    """A signal only sets a flag; at the end of a step all processes agree to stop. A second signal leaves at once.

    SIGHUP says that the terminal is closed, often twice: it never counts as the second, and with nohup not at all.

    They agree likewise where any callback of any process has set ``trainer.should_stop``. A signal's number is then
    ``trainer.stopped_by``.

    agree_steps: how often the processes of a distributed run compare their flags.
    """

    order = Order.STOP

    @bounded
    def __init__(self, *, agree_steps: Count = 10) -> None:
        self.agree_steps = agree_steps
        self.received, self.wished = 0, False
        self.previous: dict[int, Handler] = {}

    def on_train_start(self, trainer: Trainer, pl_module: GAN) -> None:
        # Here, because Lightning installs its own after `setup`; that one talks to its peers and can deadlock.
        deaf = [HANGUP] if HANGUP and signal.getsignal(HANGUP) == signal.SIG_IGN else []
        self.previous = {
            number: signal.signal(number, self.receive) for number in SIGNALS if number not in deaf
        }
        self.terminals = [stream for stream in (1, 2) if os.isatty(stream)]

    def receive(self, number: int, frame: FrameType | None) -> None:
        if self.received and number == HANGUP:
            return
        if self.received:
            os._exit(128 + number)
        self.received = number
        try:
            os.write(2, b"\nstopping after this step; once more to leave at once without saving\n")
        except OSError:  # the terminal is closed, and whatever else is said there would fail as well
            for stream in self.terminals:
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream)

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: GAN, outputs: Observation, batch: Batch, batch_idx: int
    ) -> None:
        self.wished |= trainer.should_stop
        number, wished = self.received, self.wished
        if trainer.world_size > 1:
            trainer.should_stop = False  # until all know
            if pl_module.steps % self.agree_steps:
                return
            flags = torch.tensor([float(number), float(wished)], device=pl_module.device)
            maximum = trainer.strategy.reduce(flags, reduce_op="max")
            number, wished = int(maximum[0]), bool(maximum[1])
        trainer.stopped_by = number or None
        trainer.should_stop = bool(number or wished)

    def on_train_end(self, trainer: Trainer, pl_module: GAN) -> None:
        self.restore()

    def on_exception(self, trainer: Trainer, pl_module: GAN, exception: BaseException) -> None:
        self.restore()

    def restore(self) -> None:
        for number, handler in self.previous.items():
            signal.signal(number, handler)
        self.previous = {}
