"""Numbers of an optimizer that were changed between two starts of a run: the new ones count, not the checkpoint's."""

from collections.abc import Sequence
from typing import Any

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

Numbers = dict[str, Any]


def numbers_of(optimizer: Optimizer) -> list[Numbers]:
    """For each group learning rate, betas and the like, as they are now."""
    return [
        {
            key: list(value) if isinstance(value, tuple) else value
            for key, value in group.items()
            if _counts(value)
        }
        for group in optimizer.param_groups
    ]


def take_over(
    optimizer: Optimizer, schedule: LRScheduler | None, before: Sequence[Numbers], now: Sequence[Numbers]
) -> list[str]:
    """Change in the restored optimizer what was configured ``before`` otherwise than ``now``; returns it in words.

    A learning rate that a schedule, or a variant, has moved since the start keeps its place: it changes by the factor
    between the two.
    """
    changes = []
    for position, (group, old, new) in enumerate(zip(optimizer.param_groups, before, now, strict=True)):
        for key in sorted(old.keys() & new.keys()):
            if old[key] == new[key]:
                continue
            changes.append(f"{key} {old[key]} -> {new[key]}")
            if key == "lr" and old["lr"]:
                _scale(group, schedule, position, new["lr"] / old["lr"])
            else:
                group[key] = tuple(new[key]) if isinstance(new[key], list) else new[key]
    return changes


def _scale(group: dict[str, Any], schedule: LRScheduler | None, position: int, factor: float) -> None:
    for key in ("lr", "initial_lr"):
        if key in group:
            group[key] *= factor
    if schedule is not None:
        schedule.base_lrs[position] *= factor


def _counts(value: object) -> bool:
    """Whether it is a number, or several."""
    if isinstance(value, tuple):
        return all(map(_counts, value))
    return isinstance(value, int | float) and not isinstance(value, bool)
