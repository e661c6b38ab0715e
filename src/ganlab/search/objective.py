"""What a search is for."""

from dataclasses import dataclass

from hydra.types import HydraContext
from omegaconf import DictConfig

from ganlab.config.compose.build import instantiate
from ganlab.config.compose.compose import settle
from ganlab.config.compose.hydra_compose import split
from ganlab.errors import UserError
from ganlab.search.settings import Settings
from ganlab.search.space import Space


@dataclass(frozen=True)
class Objective:
    """What is searched for: the name of a logged metric, and whether lower or higher is better."""

    name: str
    better: str


def objective_of(context: HydraContext, config: DictConfig, settings: Settings, space: Space) -> Objective:
    """What runs of the search's first point are scored by: ``objective=...``, else the main score of their metrics.

    Raises:
        UserError: there is none, or none of that name.
    """
    words = [*space.fixed, *space.corners()[0]]
    cfg, job = split(context.config_loader.load_sweep_config(config, words))
    settle(cfg, job)
    quality = instantiate(cfg.callbacks.quality) if cfg.callbacks.get("quality") else None
    if quality and (direction := cfg.model.get("direction")):
        quality.limit_to((direction,))
    names = [f"val/{name}" for name in quality.names()] if quality else []
    name = cfg.objective or next(iter(names), None)
    if name is None:
        raise UserError(
            "a search needs a score: choose metrics=..., or objective=generator/loss or another logged number"
        )
    usual = "lower" if settings.mode == "min" else "higher"
    return Objective(name, quality.direction_of(name) if quality and name in names else usual)
