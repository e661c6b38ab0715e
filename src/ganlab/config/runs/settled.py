"""A run's configuration as rooms hand it on: checked once, and changed by nobody after that."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from ganlab.config.compose.check import check
from ganlab.config.compose.facts import refuse_rectangle


@dataclass(frozen=True)
class Settled:
    """What one start of a run is to do, known to fit; :func:`settled` makes it.

    cfg: all of it, read-only: objects are made of its nodes, and it is what a run directory keeps.
    """

    cfg: DictConfig

    @property
    def name(self) -> str:
        return self.cfg.name

    @property
    def group(self) -> str | None:
        return self.cfg.group

    @property
    def chosen(self) -> Mapping[str, str]:
        """The names of the model and of the data."""
        return self.cfg.chosen

    @property
    def seed(self) -> int:
        return self.cfg.seed

    @property
    def max_steps(self) -> int:
        return self.cfg.trainer.max_steps

    @property
    def objective(self) -> str | None:
        """The name of the logged metric whose value a sweep is told."""
        return self.cfg.objective

    @property
    def start(self) -> Path | None:
        """The run whose networks this one begins with."""
        return None if self.cfg.start is None else Path(self.cfg.start)

    @property
    def freeze(self) -> int:
        """How many of the discriminator's layers stay as they are there."""
        return self.cfg.freeze

    @property
    def resume(self) -> bool:
        """Whether to go on with the run that the run directory holds."""
        return bool(self.cfg.resume)

    @property
    def allow_change(self) -> list[str]:
        """Keys that may be other than when the run was started."""
        return [str(key) for key in self.cfg.allow_change]


def settled(cfg: DictConfig | Settled) -> Settled:
    """Check a configuration as a whole; what is settled already is handed on as it is.

    Later changes of ``cfg`` itself are no part of it.

    Raises:
        UserError: for the first key that does not fit, as :func:`check`.
    """
    if isinstance(cfg, Settled):
        return cfg
    refuse_rectangle(cfg)
    check(cfg)
    whole = cfg.copy()
    OmegaConf.set_readonly(whole, True)
    return Settled(whole)
