"""The page of a run, ``report.html``: while it trains, and once more when it has ended."""

import logging
import time
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from ganlab.bounds import Share, Weight, bounded
from ganlab.callbacks.base import GameCallback
from ganlab.models.base import GAN
from ganlab.report.single import write
from ganlab.score_record import scores_of, to_json
from ganlab.training.order import Order
from ganlab.training.results import HearsResults, trained_weights
from ganlab.training.summary import going_on
from ganlab.training.trainer import Trainer
from ganlab.types import Batch, Observation

log = logging.getLogger(__name__)

FIRST = 0.35  # seconds of processor time that the first page may take
LAST = 1.5  # of a page's time: what the last one takes, with its curves for a paper


class Report(GameCallback[GAN], HearsResults):
    """Writes ``report.html`` after an evaluation, in a thread, and at the end; then ``curves.png`` as well.

    share: of the processor time since the start, that all pages may take; an evaluation for which too little is left,
        the last page included, gets none.
    after_seconds: before these only the last page is written.
    """

    order = Order.SHOW

    @bounded
    def __init__(self, *, share: Share = 0.005, after_seconds: Weight = 60.0) -> None:
        self.share, self.after_seconds = share, after_seconds
        self.writer: ThreadPoolExecutor | None = None
        self.pending: Future[float] | None = None
        self.lines: dict[str, str] = {}  # how to go on, should the run be killed
        self.spent, self.latest = 0.0, FIRST  # seconds of processor time

    def on_train_start(self, trainer: Trainer, pl_module: GAN) -> None:
        self.began, self.used = time.monotonic(), time.process_time()

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: GAN, outputs: Observation, batch: Batch, batch_idx: int
    ) -> None:
        ends = trainer.should_stop or pl_module.steps == trainer.max_steps
        scored = any(name.startswith("val/") for name in pl_module.news())
        if trainer.is_global_zero and scored and not ends and self.is_due():
            self.writer = self.writer or ThreadPoolExecutor(max_workers=1, thread_name_prefix="report")
            run_dir = Path(trainer.default_root_dir)
            self.lines = self.lines or going_on(run_dir)
            self.pending = self.writer.submit(_written, run_dir, self.lines, so_far(trainer, pl_module))

    def is_due(self) -> bool:
        """Is a page affordable now, and the last one after it? Not while another is being written."""
        if self.pending and not self.pending.done():
            return False
        if self.pending:
            self.latest, self.pending = self.pending.result(), None
            self.spent += self.latest
        if time.monotonic() - self.began < self.after_seconds:
            return False
        return self.spent + (1 + LAST) * self.latest <= self.share * (time.process_time() - self.used)

    def conclude(self, run_dir: Path, results: Mapping[str, Any], lines: Mapping[str, str]) -> None:
        if self.writer:
            self.writer.shutdown(wait=True)
        _written(run_dir, lines, results, curves=True)


def so_far(trainer: Trainer, module: GAN) -> dict[str, Any]:
    """What ``results.json`` would say now."""
    return {
        "status": "running",
        "steps": module.steps,
        "images": module.images,
        "parameters": trained_weights(module),
        "scores": to_json(scores_of(trainer.callbacks)),
    }


def _written(
    run_dir: Path, lines: Mapping[str, str], results: Mapping[str, Any], *, curves: bool = False
) -> float:
    """Write the page; the seconds of processor time that it took. A fault of it is none of the run's."""
    began = time.thread_time()
    try:
        write.write_page(run_dir, lines, Path.cwd(), results)
        if curves:
            write.write_curves(run_dir)
    except Exception as error:
        log.warning("%s could not be written: %s: %s", run_dir / "report.html", type(error).__name__, error)
    return time.thread_time() - began
