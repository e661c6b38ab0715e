"""Samples from the middle of the prior: fewer kinds, each more typical."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import Tensor

from ganlab.errors import UserError
from ganlab.inference.latents.show import save_rows
from ganlab.inference.latents.source import Source
from ganlab.metrics.scores import Metric
from ganlab.models.images.base import LatentGAN
from ganlab.randomness import Draws
from ganlab.techniques.priors import Normal


class Truncated(Normal):
    """N(0, std^2) of which only what lies within ``bound`` deviations is drawn (Brock et al. 2019, section 3.1).

    The paper draws numbers beyond the bound anew; this one inverts the distribution, so that each number takes one
    draw: the same noise is squeezed into the middle, and strips of several bounds show the same samples.
    """

    def __init__(self, normal: Normal, bound: float) -> None:
        super().__init__(size=normal.size, std=normal.std)
        self.bound = bound

    def __call__(self, draws: Draws, n: int) -> Tensor:
        """(n, size) float32, within ``bound`` standard deviations."""
        place = torch.special.ndtr(draws.normal(n, self.size).double())  # uniform
        tail = torch.special.ndtr(torch.tensor(-self.bound, dtype=torch.float64))
        inside = torch.special.ndtri(tail + place * (1 - 2 * tail))
        return self.std * inside.clamp(-self.bound, self.bound).float()


@contextmanager
def truncated(model: LatentGAN, bound: float) -> Iterator[None]:
    """Whatever the model draws within comes from the middle of its prior.

    Raises:
        UserError: a bound that is not positive, or a prior without tails to cut.
    """
    if not bound > 0:
        raise UserError(f"truncation={bound}: expected a number of standard deviations above 0, such as 1")
    prior = model.prior
    if not isinstance(prior, Normal):
        raise UserError(
            f"this model's prior is {type(prior).__name__.lower()}, which has no tails to cut: truncation is for "
            "model/prior=normal"
        )
    model.prior = Truncated(prior, bound)
    try:
        yield
    finally:
        model.prior = prior


def write(
    source: Source,
    folder: Path,
    *,
    bounds: Sequence[float],
    metrics: Mapping[str, Metric],
    columns: int = 10,
    seed: int = 0,
) -> list[str]:
    """``truncation.png``: the same samples for each bound; ``truncation.json``: each bound's scores."""
    if metrics:
        data = source.data()
        for metric in metrics.values():
            metric.prepare(data.dataset("train"), data.dataset("test"), source.model.device)
    rows, names, scores = [], [], []
    for bound in bounds:
        with truncated(source.model, bound):
            rows.append(source.model.sample(columns, seed=seed))
            found = [score for metric in metrics.values() for score in metric.evaluate(source.model).items()]
        values = {name: score.value for name, score in found}
        scores.append({"bound": bound, "scores": values})
        main = next(iter(values.items()), None)
        names.append(f"{bound:g}" + (f"   {main[0]} {main[1]:.4g}" if main and main[1] is not None else ""))
    save_rows(torch.cat(rows), names, folder / "truncation.png")
    (folder / "truncation.json").write_text(json.dumps(scores, indent=2), encoding="utf-8")
    return [f"within {name}" for name in names]
