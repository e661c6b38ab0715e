"""A search's space as the file of a W&B sweep, whose agents then choose the points and call ganlab."""

from pathlib import Path
from typing import Any

import yaml

from ganlab.config.runs.pasted import program
from ganlab.errors import UserError
from ganlab.search.settings import Settings
from ganlab.search.space import Dimension, Space
from ganlab.storage import as_typed, write_atomically

FILE = Path("wandb_sweep.yaml")
METHODS = {"tpe": "bayes", "random": "random", "grid": "grid"}


def export(space: Space, settings: Settings, objective: str, better: str) -> None:
    """Write ``wandb_sweep.yaml``, and say how W&B takes it.

    Raises:
        UserError: a method or a condition that W&B's sweeps do not have.
    """
    write_atomically(
        FILE, yaml.safe_dump(described(space, settings, objective, better), sort_keys=False).encode()
    )
    print(
        f"{as_typed(FILE)} is written; nothing was run. W&B takes it with\n  wandb sweep {FILE}\n  wandb agent ID"
    )


def described(space: Space, settings: Settings, objective: str, better: str) -> dict[str, Any]:
    """The sweep as W&B's schema has it."""
    if settings.method not in METHODS:
        raise UserError(
            f"search.export=wandb: W&B has no search={settings.method}; take {', '.join(METHODS)}"
        )
    if settings.when:
        raise UserError("search.export=wandb: W&B's sweeps have no conditions, as search.when gives")
    found: dict[str, Any] = {
        "method": METHODS[settings.method],
        "metric": {"name": objective, "goal": "minimize" if better == "lower" else "maximize"},
        "parameters": {each.element: _parameter(each) for each in space.dimensions},
        "command": ["${env}", *program().split(), *space.fixed, "logger=wandb", "${args_no_hyphens}"],
    }
    return found | ({"run_cap": settings.trials} if settings.trials else {})


def _parameter(dimension: Dimension) -> dict[str, Any]:
    if dimension.choices:
        return {"values": [yaml.safe_load(choice) for choice in dimension.choices]}
    ends: dict[str, Any] = {"min": dimension.low, "max": dimension.high}
    if dimension.whole:
        return {
            "distribution": "q_log_uniform_values" if dimension.log else "int_uniform",
            "min": int(dimension.low),
            "max": int(dimension.high),
        }
    return {"distribution": "log_uniform_values" if dimension.log else "uniform", **ends}
