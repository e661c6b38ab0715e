"""What the choice was worth: scores of the samples that were chosen, and of as many that were not."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from torch import Tensor

from ganlab.metrics.scores import Metric
from ganlab.score_record import Score

FEW = 1000  # samples: scores of fewer move from seed to seed by as much as a choice may help


@dataclass(frozen=True)
class Drawn:
    """Samples (n, ...) that exist already, in the place of the model that draws them. origin: in words."""

    drawn: Tensor
    origin: str

    def samples(
        self, n: int, *, seed: int, averaged: bool, batch_size: int, rank: int = 0, world: int = 1
    ) -> Iterator[Tensor]:
        """The first ``n`` of them, whatever the seed and the weights."""
        yield from self.drawn[rank:n:world].split(batch_size)

    def sampled_from(self, averaged: bool) -> str:
        return self.origin


def before_and_after(
    metrics: Mapping[str, Metric], before: Drawn, after: Drawn
) -> dict[str, tuple[Score, Score]]:
    """By name, each score of either; of metrics that are prepared, whose ``n_fake`` is the number of these samples."""
    found: dict[str, tuple[Score, Score]] = {}
    for metric in metrics.values():
        one, other = metric.evaluate(before), metric.evaluate(after)
        found |= {name: (one[name], other[name]) for name in metric.names()}
    return found


def in_lines(scores: Mapping[str, tuple[Score, Score]], n: int) -> list[str]:
    """Each score before and after the choice, and how many samples it is of."""
    width = max(map(len, scores), default=0)
    lines = []
    for name, (one, other) in scores.items():
        values = " -> ".join("-" if each.value is None else f"{each.value:.4g}" for each in (one, other))
        known = "".join(f"   {what} {number:.4g}" for what, number in other.beside().items())
        lines.append(f"  {name:<{width}}  {values:<20} {other.better} is better{known}")
    few = "; so few say little: ganlab evaluate refine=... takes more" if n < FEW else ""
    return [*lines, f"  {n:,} samples before the choice -> {n:,} after it{few}"] if lines else []
