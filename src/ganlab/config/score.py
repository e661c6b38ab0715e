"""The keys of ``conf/score.yaml``, and their types: what ``ganlab score`` reads."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ganlab.bounds import Count, Pair, Samples, Size, Whole, Workers


@dataclass(frozen=True, kw_only=True)
class ScoreKeys:
    """What ``ganlab score`` reads."""

    protocol: dict[str, Any]
    extractors: dict[str, dict[str, Any]]
    generated: str
    real: str | None = None
    held_out: str | None = None
    against: str | None = None
    scores: list[str] | str | None = None
    weights: Path | None = None
    lpips: Literal["alex", "vgg", "squeeze"] = "alex"
    lpips_weights: Path | None = None
    download: bool = False
    pairs: bool = False
    n_fake: Samples | None = None
    z: str | None = None
    seeds: Count = 1
    seed: int = 0
    checkpoint: Literal["best", "last"] = "best"
    on_corrupt: Literal["error", "skip"] = "error"
    allow_small: bool = False
    bootstrap: Whole = 0
    kept: Pair = 10_000
    batch_size: Size = 64
    workers: Workers = 2
    device: Literal["auto", "cpu", "cuda"] = "auto"
    save: Path | None = None
    output: Path | None = None
