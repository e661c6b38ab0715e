"""How far training is, how fast, how well matched the players are, and how long it will take."""

import logging
import shutil
import sys
import time

from tqdm import tqdm

from ganlab.bounds import Weight, bounded
from ganlab.callbacks.base import GameCallback
from ganlab.models.base import GAN
from ganlab.training.order import Order
from ganlab.training.trainer import Trainer
from ganlab.types import Batch, Observation

log = logging.getLogger(__name__)


class Progress(GameCallback[GAN]):
    """A bar in a terminal; elsewhere a line every ``line_seconds``.

    refresh_seconds: of the bar.
    """

    order = Order.SHOW

    @bounded
    def __init__(self, *, refresh_seconds: Weight = 0.5, line_seconds: Weight = 20.0) -> None:
        self.refresh_seconds, self.line_seconds = refresh_seconds, line_seconds

    def on_train_start(self, trainer: Trainer, pl_module: GAN) -> None:
        self.total, self.started, self.first = trainer.max_steps, time.monotonic(), pl_module.steps
        self.terminal = sys.stderr.isatty()
        columns, lines = shutil.get_terminal_size()  # 80 x 24 where the terminal does not tell
        self.bar = tqdm(
            total=self.total,
            initial=pl_module.steps,
            bar_format="{l_bar}{bar}| {n_fmt}/{total_fmt} [{elapsed}<{remaining}] {postfix}",
            desc="training",
            ncols=columns,
            nrows=lines,
            disable=not (trainer.is_global_zero and self.terminal),
        )
        self.next = self.started + (self.refresh_seconds if self.terminal else min(5.0, self.line_seconds))

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: GAN, outputs: Observation, batch: Batch, batch_idx: int
    ) -> None:
        now = time.monotonic()
        if now < self.next and pl_module.steps != self.total:
            return
        self.next = now + (self.refresh_seconds if self.terminal else self.line_seconds)
        if not trainer.is_global_zero:
            return
        if self.terminal:
            self.bar.postfix = _state(pl_module)
            self.bar.update(pl_module.steps - self.bar.n)
        else:
            done = pl_module.steps - self.first
            left = (self.total - pl_module.steps) * (now - self.started) / done
            log.info(
                "step %d/%d  %s  %s left",
                pl_module.steps,
                self.total,
                _state(pl_module),
                tqdm.format_interval(left),
            )

    def on_train_end(self, trainer: Trainer, pl_module: GAN) -> None:
        self.bar.close()

    def on_exception(self, trainer: Trainer, pl_module: GAN, exception: BaseException) -> None:
        if self.__dict__.get("bar"):
            self.bar.close()


def _state(module: GAN) -> str:
    """Each player's loss by its initial, and the speed: ``D 0.61, G 1.32, 850 images/s``."""
    losses = [
        f"{player[0].upper()} {module.published[f'{player}/loss']:.3g}"
        for player in module.players()
        if f"{player}/loss" in module.published
    ]
    speed = module.published.get("progress/images_per_second", 0.0)
    return ", ".join([*losses, f"{speed:.0f} images/s"])
