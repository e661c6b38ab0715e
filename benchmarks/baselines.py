"""What generators that learn nothing score: the other end of the scale from held-out real images.

python -m benchmarks.baselines digits glyphs
"""

import sys
from collections.abc import Iterator

import torch
from torch import Tensor

from ganlab.config import compose, instantiate
from ganlab.score_record import Score


class Baseline:
    """Fixed images in place of a generator's."""

    def __init__(self, name: str, images: Tensor) -> None:
        self.name, self.images = name, images

    def samples(self, n: int, *, batch_size: int, rank: int, world: int, **_: object) -> Iterator[Tensor]:
        return iter(self.images[:n][rank::world].split(batch_size))

    def sampled_from(self, averaged: bool) -> str:
        return self.name


def baselines(real: Tensor, labels: Tensor, n: int) -> list[Baseline]:
    """n images each from (N, C, H, W) real ones in [-1, 1] and their labels (N,)."""
    draws = torch.Generator().manual_seed(0)
    noise = torch.randn(n, *real.shape[1:], generator=draws)
    picked = torch.randint(len(real), (n,), generator=draws)
    one_class = real[labels == labels[0]]
    return [
        Baseline("uniform noise", torch.rand(noise.shape, generator=draws) * 2 - 1),
        Baseline("Gaussian per pixel", (real.mean(0) + real.std(0) * noise).clamp(-1, 1)),
        Baseline("one class only", one_class[torch.arange(n) % len(one_class)]),
        Baseline("real images with noise 0.3", (real[picked] + 0.3 * noise).clamp(-1, 1)),
    ]


def measured(overrides: list[str]) -> dict[str, dict[str, Score]]:
    """The scores of each baseline, by the metrics of a configuration."""
    cfg = compose(overrides)
    data = instantiate(cfg.data)
    train, test = data.dataset("train"), data.dataset("test")
    every = torch.arange(len(train))
    (scores,) = instantiate(cfg.metrics).values()
    scores.prepare(train, test, torch.device("cpu"))
    real = train.images(every).float() / 127.5 - 1
    every_baseline = baselines(real, train.labels(every), scores.n_fake)
    return {baseline.name: scores.evaluate(baseline) for baseline in every_baseline}


def main(names: list[str]) -> None:
    for name in names or ["digits", "glyphs"]:
        print(f"\n{name}")
        found = measured([f"data={name}"])
        for baseline, scores in found.items():
            print(
                f"  {baseline:<27} " + "  ".join(f"{key} {score.value:.3g}" for key, score in scores.items())
            )
        floors = "  ".join(f"{key} {score.floor:.3g}" for key, score in scores.items())
        print(f"  {'held-out real images':<27} {floors}")


if __name__ == "__main__":
    main(sys.argv[1:])
