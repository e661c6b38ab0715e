"""How sides are to be scored, and what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from ganlab.inference.scoring.beside import BESIDE
from ganlab.inference.scoring.lenses import Lens
from ganlab.metrics.extractors.lpips import Perceptual
from ganlab.metrics.real.cache import default_folder
from ganlab.score_record import Score


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How the sides are looked at; see ``conf/score.yaml``. cache_folder: of descriptions of real images.

    perceptual: LPIPS, for the scores that need it; its weights may be missing.
    save: where the statistics of the generated images go, as the first network of the first protocol sees them.
    """

    scores: Sequence[str] | None = None
    allow_small: bool = False
    bootstrap: int = 0
    kept: int = 10_000
    batch_size: int = 64
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    cache_folder: Path | None = field(default_factory=default_folder)
    perceptual: Perceptual = field(default_factory=Perceptual)
    save: Path | None = None

    def beside(self, lenses: Sequence[Lens]) -> list[str]:
        """The scores that are asked for beside those of features."""
        named = self.scores or [name for lens in lenses for name in lens.protocol.scores]
        return [name for name in BESIDE if name in named or named == ["all"]]


@dataclass
class Result:
    """scores: by protocol, then by name. differences: sentences about generated and against, by protocol.

    sides: what was compared, in words. notes: what to know of it. absent: scores that could not be told, and why.
    """

    scores: dict[str, dict[str, Score]] = field(default_factory=dict)
    differences: dict[str, list[str]] = field(default_factory=dict)
    sides: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    absent: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        protocols = {
            name: {called: score.to_json() for called, score in scores.items()}
            for name, scores in self.scores.items()
        }
        return {
            "sides": self.sides,
            "scores": protocols,
            "notes": self.notes,
            "differences": self.differences,
        }
