"""TensorBoard: scalars, sample grids and the configuration, in ``tensorboard/`` of the run directory."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from lightning.pytorch.loggers.logger import rank_zero_experiment
from lightning.pytorch.utilities import rank_zero_only

from ganlab.errors import UserError
from ganlab.loggers import past
from ganlab.loggers.tracker import Tracker, read_picture, score_lines

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

log = logging.getLogger(__name__)

COMPARED = (
    "chosen",
    "data",
    "model",
    "precision",
    "seed",
    "trainer",
)  # what the table of hyperparameters shows


class TensorBoardLog(Tracker):
    """Event files for ``tensorboard --logdir outputs``.

    TensorBoard has one x axis. Here it is images seen, not steps, so that curves of different batch sizes and numbers
    of processes lie on one another. Each row goes to the file at once, and a resumed run goes on in a new file that
    withdraws what was written after the step it resumes from: no point is missing, none is there twice.

    Raises:
        UserError: if the package tensorboard is not installed.
    """

    def __init__(self, *, save_dir: Path) -> None:
        super().__init__()
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise UserError(
                "logger=tensorboard needs a package that is not installed: pip install tensorboard"
            ) from error
        self.run_dir, self.folder = Path(save_dir), Path(save_dir) / "tensorboard"
        self.make = SummaryWriter
        self.writer: SummaryWriter | None = None
        self.settings: dict[str, Any] = {}

    @property
    def name(self) -> str:
        return "tensorboard"

    @property
    @rank_zero_experiment
    def experiment(self) -> "SummaryWriter":
        """PyTorch's SummaryWriter, for callbacks of your own."""
        if self.writer is None:
            self.writer = self.make(str(self.folder))
        return self.writer

    @rank_zero_only
    def begin(self, settings: dict[str, Any], step: int) -> None:
        self.settings = settings
        before = any(self.folder.glob("events.out.tfevents.*"))
        earlier = past.rows(self.run_dir, step) if step else []
        goes_on = bool(before and earlier)
        # a new run withdraws too, all that lies in the folder; and some readers heed only the second such mark
        withdraw_from = past.images_at(earlier, step) + 1 if goes_on else 0
        self.writer = self.make(str(self.folder), purge_step=withdraw_from)
        if not goes_on:
            text = json.dumps(settings, indent=2, default=str)
            self.experiment.add_text("configuration", f"```json\n{text}\n```", 0)
            self._catch_up(earlier, step)
        self.experiment.flush()

    def _catch_up(self, earlier: list[past.Row], step: int) -> None:
        """For a run that began without TensorBoard."""
        for row in earlier:
            self.log_metrics({**row.metrics, "progress/images": row.images}, row.step)
        for picture in past.pictures(self.run_dir, step) if earlier else []:
            self.log_picture("samples", read_picture(picture.path), images=picture.images, step=picture.step)

    @rank_zero_only
    def log_hyperparams(self, params: Any, *args: Any, **kwargs: Any) -> None:
        """Nothing: ``begin`` has shown the configuration, and ``finish`` writes the table of hyperparameters."""

    @rank_zero_only
    def log_metrics(self, metrics: dict[str, float], step: int | None = None) -> None:
        images = int(metrics["progress/images"])
        for name, value in metrics.items():
            if name != "progress/images":
                self.experiment.add_scalar(name, value, images)
        self.experiment.flush()

    @rank_zero_only
    def log_picture(self, name: str, pixels: np.ndarray, *, images: int, step: int) -> None:
        self.experiment.add_image(name, pixels, images, dataformats="HWC")
        self.experiment.flush()

    @rank_zero_only
    def finish(self, results: dict[str, Any]) -> None:
        """The best scores as metrics of the HPARAMS table; the protocols as text."""
        try:
            lines, images = score_lines(results), results.get("images")
            best = {f"val_best/{name}": lines.get(f"best/{name}") for name in results.get("scores", {})}
            settings = dict(_flat({key: self.settings[key] for key in COMPARED if key in self.settings}))
            known = {name: value for name, value in best.items() if value is not None}
            self.experiment.add_hparams(settings, known, run_name=".", global_step=images)
            for name, text in lines.items():
                if name.startswith("protocol/"):
                    self.experiment.add_text(name, text, images)
            self.experiment.close()
        except Exception as error:
            log.warning("TensorBoard's files could not be completed: %s", error)


def _flat(tree: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted names and plain values, as the table of hyperparameters takes them."""
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        elif value is not None and not key.startswith("_"):
            yield f"{prefix}{key}", value if isinstance(value, bool | int | float) else str(value)
