"""Where Hydra finds ganlab's search: it imports every module in this package at each start, so this one is small."""

from collections.abc import Mapping
from typing import Any

from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig


class Search(Sweeper):
    """Tries points of a space, each chosen by what those before it scored: see ``ganlab.search``."""

    def __init__(self, max_batch_size: int | None = None, params: Mapping[str, Any] | None = None) -> None:
        self.params = params

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        self.hydra_context, self.task_function, self.config = hydra_context, task_function, config

    def sweep(self, arguments: list[str]) -> Any:
        from ganlab.search.sweeper import search

        return search(self.hydra_context, self.task_function, self.config, arguments)
