"""Where Hydra finds ganlab's launchers: it imports every module in this package at each start, so this one is small."""

from collections.abc import Sequence
from typing import Any

from hydra.core.utils import JobReturn
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig


class Processes(Launcher):
    """Runs several jobs of a sweep at once, each in a process of its own: see ``ganlab.launch``."""

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        self.hydra_context, self.config = hydra_context, config

    def launch(
        self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int
    ) -> Sequence[JobReturn | Any]:
        from ganlab.launch.processes import launch

        return launch(self.hydra_context.config_loader, self.config, job_overrides, initial_job_idx)


class Submitit(Processes):
    """Runs the jobs of a sweep as an array of a cluster's scheduler."""

    def launch(
        self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int
    ) -> Sequence[JobReturn | Any]:
        from ganlab.launch.cluster import launch

        return launch(self.hydra_context.config_loader, self.config, job_overrides, initial_job_idx)


class Ray(Processes):
    """Runs the jobs of a sweep where Ray has room for them."""

    def launch(
        self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int
    ) -> Sequence[JobReturn | Any]:
        from ganlab.launch.room import launch

        return launch(self.hydra_context.config_loader, self.config, job_overrides, initial_job_idx)
