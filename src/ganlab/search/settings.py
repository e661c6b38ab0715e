"""The keys of ``conf/search``."""

from dataclasses import dataclass, field
from typing import Any, Literal

from omegaconf import DictConfig, OmegaConf

from ganlab.bounds import Count
from ganlab.config.compose.check import check_top
from ganlab.errors import UserError


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How to search. trials None is all, of a grid; the rest is explained in ``conf/search/settings/default.yaml``."""

    method: Literal["tpe", "random", "grid", "cmaes", "nsga2"]
    trials: Count | None = 24
    seeds: Count = 1
    mode: Literal["min", "max"] = "min"
    cost: Literal["none", "seconds", "parameters"] = "none"
    pruner: Literal["median", "asha", "none"] = "median"
    warm_up: Count = 5
    when: list[str] = field(default_factory=list)
    batch: Count | None = None
    name: str | None = None
    storage: str | None = None
    export: Literal["none", "wandb"] = "none"

    @property
    def two_objectives(self) -> bool:
        return self.cost != "none"


def settings_of(node: DictConfig) -> Settings:
    """The node ``search`` of a configuration, checked.

    Raises:
        UserError: a key that does not fit, or keys that do not fit together.
    """
    cfg = OmegaConf.create({"search": OmegaConf.to_container(node, resolve=True)})
    try:
        check_top(cfg.search, Settings)
    except UserError as error:
        raise UserError(f"search.{error}") from error
    values: dict[str, Any] = OmegaConf.to_container(cfg.search)  # type: ignore[assignment]  # a mapping with names as keys
    settings = Settings(**values)
    if settings.trials is None and settings.method != "grid":
        raise UserError("search.trials: a number is needed; only search=grid ends by itself")
    if settings.two_objectives != (settings.method == "nsga2"):
        raise UserError(
            f"search.cost={settings.cost} with search={settings.method}: search=nsga2 searches score against "
            "cost, with search.cost=seconds or parameters, and the others a score alone"
        )
    if settings.two_objectives and settings.pruner != "none":
        raise UserError(f"search.pruner={settings.pruner}: runs are given up for one objective, not for two")
    return settings
