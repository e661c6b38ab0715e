"""Aim, through its own logger for Lightning."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from lightning.pytorch.loggers.logger import Logger

from ganlab.loggers.services import Service


class AimLog(Service):
    """Aim (``pip install 'ganlab[aim]'``): parameters, metrics, sample grids, final scores as parameters, tags.

    project: Aim's experiment. The store is what AIM_REPO names, a folder or ``aim://host:port``, and no run that
    somebody hands on names another; without it, the folder ``.aim`` here, which ``aim up`` shows.
    """

    service = "aim"

    def start(self, identity: str | None) -> tuple[Logger, str]:
        from aim.pytorch_lightning import AimLogger

        found = AimLogger(
            os.environ.get("AIM_REPO") or str(Path.cwd()),
            self.project,
            run_name=self.run_name,
            run_hash=identity,
            system_tracking_interval=None,
            log_system_params=False,
            capture_terminal_logs=False,
            context_prefixes={},
        )
        if identity is None:
            for tag in self.labels:
                found.experiment.add_tag(tag)
        return found, found.experiment.hash

    def show(self, name: str, pixels: np.ndarray, images: int) -> None:
        from aim import Image

        self.experiment.track(Image(pixels), name=name, step=images)

    def conclude(self, lines: Mapping[str, Any]) -> None:
        for name, value in lines.items():
            self.experiment[name] = value
