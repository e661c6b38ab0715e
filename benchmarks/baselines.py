"""What generators that learn nothing score: the other end of the scale from held-out real images.

python -m benchmarks.baselines digits glyphs
"""

import sys
from collections.abc import Iterator

import torch
from torch import Tensor

from ganlab.config import compose, instantiate


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


def main(names: list[str]) -> None:
    for name in names or ["digits", "glyphs"]:
        cfg = compose([f"data={name}"])
        data = instantiate(cfg.data)
        train, test = data.dataset("train"), data.dataset("test")
        every = torch.arange(len(train))
        (scores,) = instantiate(cfg.metrics).values()
        scores.prepare(train, test, torch.device("cpu"))
        real = train.images(every).float() / 127.5 - 1
        print(f"\n{name}")
        for baseline in baselines(real, train.labels(every), scores.n_fake):
            found = scores.evaluate(baseline)
            values = "  ".join(f"{key} {score.value:.3g}" for key, score in found.items())
            print(f"  {baseline.name:<27} {values}")
        print(
            f"  {'held-out real images':<27} "
            + "  ".join(f"{key} {score.floor:.3g}" for key, score in found.items())
        )


if __name__ == "__main__":
    main(sys.argv[1:])
