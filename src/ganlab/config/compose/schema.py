"""The keys at the top of conf/train.yaml and of the other commands' files, and their types.

Everything below a key is checked against the constructor named by its ``_target_``.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from ganlab.bounds import Count, Range, Samples, Share, Size, Weight, Whole


@dataclass(frozen=True, kw_only=True)
class Train:
    """What ``ganlab train`` reads."""

    model: dict[str, Any]
    data: dict[str, Any]
    trainer: dict[str, Any]
    metrics: dict[str, dict[str, Any] | None]
    callbacks: dict[str, dict[str, Any] | None]
    logger: dict[str, dict[str, Any] | None]
    seed: int
    precision: Literal["auto", "32", "bf16"]
    name: str | None
    group: str | None
    tags: list[str]
    chosen: dict[str, str]
    kinds: dict[str, str]
    classes: Count | None
    class_names: list[str]
    objective: str | None
    start: Path | None
    freeze: Whole
    search: dict[str, Any] | None
    launcher: dict[str, Any] | None
    resume: str | None
    allow_change: list[str]


@dataclass(frozen=True, kw_only=True)
class Sample:
    """What ``ganlab sample`` reads."""

    run: Path
    n: Samples = 64
    seed: int = 0
    label: int | str | None = None
    truncation: Weight | None = None
    mix: Whole | Literal["random"] | None = None
    standing_statistics: Count | None = None
    caption: str | None = None
    checkpoint: Literal["last", "best"] = "last"
    output: Path | None = None
    numbered: bool = False
    refine: Literal["none", "mh", "drs"] = "none"
    chain: Count = 640
    refine_steps: Whole = 0
    metrics: dict[str, Any] | None = None
    batch_size: Size = 250
    input: Path | None = None
    direction: str | None = None
    reference: Path | None = None
    mask: str | None = None
    tile: int | None = None
    alpha: Share | None = None
    format: Literal["keep", "png"] = "keep"


@dataclass(frozen=True, kw_only=True)
class Evaluate:
    """What ``ganlab evaluate`` reads."""

    run: Path
    metrics: dict[str, Any] | None = None
    checkpoint: Literal["best", "last"] = "best"
    seeds: Count = 1
    refine: Literal["none", "mh", "drs"] = "none"
    chain: Count = 640
    refine_steps: Whole = 0
    standing_statistics: Count | None = None
    device: Literal["auto", "cpu", "cuda"] = "auto"


@dataclass(frozen=True, kw_only=True)
class Export:
    """What ``ganlab export`` reads."""

    run: Path
    format: Literal["safetensors", "onnx", "torch"] = "safetensors"
    checkpoint: Literal["last", "best"] = "last"
    licence: str | None = None
    output: Path | None = None


@dataclass(frozen=True, kw_only=True)
class Push:
    """What ``ganlab push`` reads."""

    run: Path
    repo: str
    licence: str | None = None
    checkpoint: Literal["last", "best"] = "last"
    private: bool = False


@dataclass(frozen=True, kw_only=True)
class Demo:
    """What ``ganlab demo`` reads."""

    run: Path
    checkpoint: Literal["last", "best"] = "last"
    port: Annotated[int, Range(minimum=1, maximum=65535)] | None = None
    browser: bool = False
