"""The keys at the top of conf/train.yaml, sample.yaml, evaluate.yaml and export.yaml, and their types.

Everything below a key is checked against the constructor named by its ``_target_``.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal


@dataclass(frozen=True, kw_only=True)
class Train:
    """What ``ganlab train`` reads."""

    model: dict[str, Any]
    data: dict[str, Any]
    trainer: dict[str, Any]
    metrics: dict[str, Any] | None = None
    callbacks: dict[str, Any] | None = None
    logger: dict[str, Any] | list[Any] | None = None
    seed: int = 0
    precision: Literal["auto", "32", "bf16"] = "auto"
    name: str | None = None
    group: str | None = None
    tags: list[str]
    chosen: dict[str, str]
    kinds: dict[str, str]
    classes: int | None = None
    class_names: list[str]
    objective: str | None = None
    resume: str | None = None
    allow_change: list[str]


@dataclass(frozen=True, kw_only=True)
class Sample:
    """What ``ganlab sample`` reads."""

    run: Path
    n: int = 64
    seed: int = 0
    label: int | str | None = None
    caption: str | None = None
    checkpoint: Literal["last", "best"] = "last"
    output: Path | None = None
    batch_size: int = 250
    input: Path | None = None
    direction: str | None = None
    mask: str | None = None
    tile: int | None = None
    format: Literal["keep", "png"] = "keep"


@dataclass(frozen=True, kw_only=True)
class Evaluate:
    """What ``ganlab evaluate`` reads."""

    run: Path
    metrics: dict[str, Any] | None = None
    checkpoint: Literal["best", "last"] = "best"
    seeds: int = 1
    device: Literal["auto", "cpu", "cuda"] = "auto"


@dataclass(frozen=True, kw_only=True)
class Export:
    """What ``ganlab export`` reads."""

    run: Path
    checkpoint: Literal["last", "best"] = "last"
    output: Path | None = None
