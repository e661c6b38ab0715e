"""A run of a search that is told from its own scores to give up."""

from pathlib import Path
from typing import TYPE_CHECKING

from ganlab.callbacks.base import GameCallback
from ganlab.callbacks.quality import Quality
from ganlab.errors import PrunedError
from ganlab.models.base import GAN
from ganlab.search.trials import read_note
from ganlab.training.order import Order
from ganlab.training.trainer import Trainer
from ganlab.types import Batch, Observation

if TYPE_CHECKING:
    from ganlab.search.study import Reporter


class Pruning(GameCallback[GAN]):
    """Tells the search each new score of this run, and ends the run where those of others are better by then.

    Of the runs of one point the first reports, and the others end with it. A step of the comparison is an evaluation,
    so that runs of different lengths or batches are compared at the same share of their way.
    """

    order = Order.WATCH

    def __init__(self) -> None:
        self.reporter: Reporter | None = None
        self.seen = 0.0  # images at the last score that was reported

    def on_train_start(self, trainer: Trainer, pl_module: GAN) -> None:
        note = read_note(Path(trainer.default_root_dir))
        self.quality = next((each for each in trainer.callbacks if isinstance(each, Quality)), Quality())
        self.seen = pl_module.images
        if note is not None and trainer.is_global_zero:
            from ganlab.search.study import Reporter

            self.reporter = Reporter(note)
        self._decide(trainer, pl_module)

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: GAN, outputs: Observation, batch: Batch, batch_idx: int
    ) -> None:
        records = list(self.quality.scores.values())
        if records and records[0].last and (records[0].last.images or 0) > self.seen:
            self.seen = pl_module.images
            if self.reporter is not None:
                self.reporter.report(pl_module.images // self.quality.interval, self.quality.scores)
            if pl_module.steps < trainer.max_steps:
                self._decide(trainer, pl_module)

    def _decide(self, trainer: Trainer, module: GAN) -> None:
        """Whether to give up, on all processes of the run together.

        Raises:
            PrunedError: to end the run.
        """
        hopeless = self.reporter is not None and self.reporter.given_up()
        if trainer.world_size > 1:
            hopeless = trainer.strategy.broadcast(hopeless)
        if hopeless:
            raise PrunedError(f"given up after {module.images:,} images: other settings did better by then")
