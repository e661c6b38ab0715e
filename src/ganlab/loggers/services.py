"""MLflow and Comet, through Lightning's own loggers."""

import json
import logging
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from lightning.pytorch.loggers.logger import Logger, rank_zero_experiment
from lightning.pytorch.utilities import rank_zero_only

from ganlab.errors import UserError
from ganlab.loggers import past
from ganlab.loggers.tracker import Tracker, read_picture, score_lines
from ganlab.storage import write_atomically

log = logging.getLogger(__name__)


class Service(Tracker):
    """One run at a service for a run directory, however often it is resumed; its x axis is images seen.

    What the service has is noted in ``<service>.json``. A resumed run sends nothing a second time, and first what is
    missing up to its checkpoint, from ``metrics.csv`` and ``samples/``. A service that fails once training has begun is
    told nothing more, with a warning; the next start makes up for it. labels: the tags, and the group.

    Raises:
        UserError: the package is missing, or the service cannot be used at the start.
    """

    service: str

    def __init__(
        self,
        *,
        save_dir: Path,
        project: str = "ganlab",
        name: str | None = None,
        group: str | None = None,
        tags: list[str] | None = None,
    ) -> None:
        super().__init__()
        self.project, self.run_name = project, name
        self.labels = [*(tags or []), *([group] if group else [])]
        self.run_dir = Path(save_dir)
        self.logger: Any = None
        self.is_down = False
        self.sent = {"row": -1, "picture": -1}  # images at the last of each that the service has

    @property
    def name(self) -> str:
        return self.service

    @property
    @rank_zero_experiment
    def experiment(self) -> Any:
        """What the service's package calls a run, for callbacks of your own."""
        return self.logger.experiment

    def start(self, identity: str | None) -> tuple[Logger, str]:
        """Lightning's logger of a new run, or of the one of this identity; and the run's identity."""
        raise NotImplementedError

    def show(self, name: str, pixels: np.ndarray, images: int) -> None:
        """Send a picture, (height, width, 3) uint8."""
        raise NotImplementedError

    def conclude(self, lines: Mapping[str, Any]) -> None:
        """Send the final scores: numbers and words by name."""
        raise NotImplementedError

    @rank_zero_only
    def begin(self, settings: dict[str, Any], step: int) -> None:
        path = self.run_dir / f"{self.service}.json"
        known = json.loads(path.read_text(encoding="utf-8")) if step and path.is_file() else {}
        try:
            self.logger, identity = self.start(known.get("id"))
            if not known:
                self.logger.log_hyperparams(settings)
        except ImportError as error:
            raise UserError(
                f"logger={self.service} needs a package that is not installed: pip install 'ganlab[{self.service}]'"
            ) from error
        except Exception as error:  # of whichever service
            raise UserError(f"logger={self.service} cannot be used: {_sentence(error)}") from error
        self.sent |= {key: known[key] for key in self.sent if key in known}
        self.identity, self.path = identity, path
        self._note()
        for row in past.rows(self.run_dir, step) if step else ():
            self.log_metrics({**row.metrics, "progress/images": row.images}, row.step)
        for picture in past.pictures(self.run_dir, step) if step else ():
            self.log_picture("samples", read_picture(picture.path), images=picture.images, step=picture.step)

    def _note(self) -> None:
        write_atomically(self.path, json.dumps({"id": self.identity, **self.sent}).encode())

    def _send(self, what: str, images: int, send: Callable[[], None]) -> None:
        if self.is_down or images <= self.sent[what]:
            return
        try:
            send()
        except Exception as error:
            self.is_down = True
            log.warning(
                "%s is told nothing more in this start of the run: %s", self.service, _sentence(error)
            )
            return
        self.sent[what] = images
        self._note()

    @rank_zero_only
    def log_hyperparams(self, params: Any, *args: Any, **kwargs: Any) -> None:
        """Nothing: ``begin`` has told the configuration."""

    @rank_zero_only
    def log_metrics(self, metrics: dict[str, float], step: int | None = None) -> None:
        images = int(metrics["progress/images"])
        told = {**metrics, "step": step or 0}
        self._send("row", images, lambda: self.logger.log_metrics(told, step=images))

    @rank_zero_only
    def log_picture(self, name: str, pixels: np.ndarray, *, images: int, step: int) -> None:
        self._send("picture", images, lambda: self.show(name, pixels, images))

    @rank_zero_only
    def finish(self, results: dict[str, Any]) -> None:
        if self.logger is None:
            return
        try:
            self.conclude({**score_lines(results), "status": results.get("status")})
            self.logger.finalize("success" if results.get("status") == "finished" else "failed")
        except Exception as error:
            log.warning("%s has not got the end of this run: %s", self.service, _sentence(error))


class MlflowLog(Service):
    """MLflow (``pip install 'ganlab[mlflow]'``): parameters, metrics, sample grids, final scores as metrics and tags.

    project: MLflow's experiment. The server is what MLFLOW_TRACKING_URI names, and no run that somebody hands on names
    another; without it, the folder ``mlruns`` here, which ``MLFLOW_ALLOW_FILE_STORE=true mlflow ui`` shows.
    """

    service = "mlflow"

    def __init__(
        self,
        *,
        save_dir: Path,
        project: str = "ganlab",
        name: str | None = None,
        group: str | None = None,
        tags: list[str] | None = None,
    ) -> None:
        super().__init__(save_dir=save_dir, project=project, name=name)
        self.tags = {**dict.fromkeys(tags or [], "true"), **({"group": group} if group else {})}

    def start(self, identity: str | None) -> tuple[Logger, str]:
        from lightning.pytorch.loggers import MLFlowLogger

        uri = os.environ.get("MLFLOW_TRACKING_URI") or Path("mlruns").absolute().as_uri()
        if uri.startswith("file:"):
            os.environ.setdefault("MLFLOW_ALLOW_FILE_STORE", "true")  # MLflow wants to be asked for
        os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
        logging.getLogger("lightning.pytorch.loggers.mlflow").setLevel(
            logging.ERROR
        )  # that it makes an experiment
        found = MLFlowLogger(
            self.project, run_name=self.run_name, tracking_uri=uri, tags=dict(self.tags), run_id=identity
        )
        if found.run_id is None:
            raise ValueError("MLflow has begun no run")
        return found, found.run_id

    def show(self, name: str, pixels: np.ndarray, images: int) -> None:
        self.experiment.log_image(self.identity, pixels, artifact_file=f"{name}/{images:010d}.png")

    def conclude(self, lines: Mapping[str, Any]) -> None:
        for name, value in lines.items():
            if isinstance(value, int | float):
                self.experiment.log_metric(self.identity, name, value)
            else:
                self.experiment.set_tag(self.identity, name, value)


class CometLog(Service):
    """Comet (``pip install 'ganlab[comet]'``): parameters, metrics, sample grids, and the final scores.

    online: false writes a file below ``comet/`` of the run directory, which ``comet upload`` sends later; null: online
    if COMET_API_KEY is set, else not.
    """

    service = "comet"

    def __init__(
        self,
        *,
        save_dir: Path,
        project: str = "ganlab",
        workspace: str | None = None,
        name: str | None = None,
        group: str | None = None,
        tags: list[str] | None = None,
        online: bool | None = None,
    ) -> None:
        super().__init__(save_dir=save_dir, project=project, name=name, group=group, tags=tags)
        self.workspace, self.online = workspace, online

    def start(self, identity: str | None) -> tuple[Logger, str]:
        from lightning.pytorch.loggers import CometLogger

        online = bool(os.environ.get("COMET_API_KEY")) if self.online is None else self.online
        found = CometLogger(
            workspace=self.workspace,
            project=self.project,
            experiment_key=identity,
            mode="get_or_create" if identity and online else "create",
            online=online,
            name=self.run_name,
            tags=self.labels,
            **({} if online else {"offline_directory": str(self.run_dir / "comet")}),
        )
        return found, str(found.version)

    def show(self, name: str, pixels: np.ndarray, images: int) -> None:
        self.experiment.log_image(pixels, name=name, step=images)

    def conclude(self, lines: Mapping[str, Any]) -> None:
        self.experiment.log_others(dict(lines))


def _sentence(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
