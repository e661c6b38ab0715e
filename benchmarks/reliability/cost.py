"""What the guards cost, and how far two processes are from one."""

import itertools
import json
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import torch

from benchmarks.reliability.figure import Figure
from benchmarks.steps import step_times
from ganlab.config import compose, instantiate
from ganlab.training.run import train
from tests.support.runs import training_state

CASES = {"DCGAN, 32 x 32, batch 64": ["model=dcgan"], "a small perceptron, batch 64": ["model=mlp_gan"]}
ROUNDS, STEPS = 15, {"DCGAN, 32 x 32, batch 64": 12, "a small perceptron, batch 64": 200}
PAIR = {
    "MLP": ["model=vanilla"],
    "WGAN-GP": ["model=wgan_gp", "model.critic_steps=2"],
    "BEGAN": ["model=began"],
}
PLAIN = [  # gradient descent: Adam divides by the gradient's size, which makes rounding as large as a step
    word
    for player in ("generator", "discriminator")
    for word in (
        f"model.optimizers.{player}._target_=torch.optim.SGD",
        f"model.optimizers.{player}.lr=0.01",
        f"~model.optimizers.{player}.betas",
    )
]


def measure() -> Iterator[Figure]:
    for name, words in CASES.items():
        ratio = overhead(words, STEPS[name])
        yield Figure(
            f"time per step with checks, signals and a checkpoint every {STEPS[name] // 2} steps, {name}",
            f"{100 * (ratio - 1):+.1f}%",
            "at most +3%",
            ratio <= 1.03,
        )
    worst, scores = 0.0, []
    for words in PAIR.values():
        difference, fids = apart(words)
        worst, scores = max(worst, difference), [*scores, fids]
    relative = max(abs(two / one - 1) for one, two in scores)
    yield Figure(
        f"weights after 5 steps of gradient descent: two processes at batch 8, one at batch 16 ({', '.join(PAIR)})",
        f"{worst:.1e} apart at most",
        "1e-6",
        worst <= 1e-6,
    )
    yield Figure("their FID, relative to each other", f"{relative:.1e}", "1e-3", relative <= 1e-3)


def overhead(words: list[str], steps: int) -> float:
    """Time per step with the guards over that without, the median over rounds in turns."""
    ratios = []
    for _ in range(ROUNDS):
        bare, guarded = (seconds_per_step(words, steps, guards) for guards in (False, True))
        ratios.append(guarded / bare)
    return statistics.median(ratios)


def seconds_per_step(words: list[str], steps: int, guards: bool) -> float:
    cfg = compose([*words, "trainer=cpu", "trainer.threads=1", "metrics=none", f"trainer.max_steps={steps}"])
    cfg.callbacks.checkpoints.every_images = cfg.data.batch_size * steps // 2
    guarding = [cfg.callbacks[name] for name in ("health", "preemption", "checkpoints")] if guards else []
    times = step_times(cfg, time.perf_counter, [instantiate(node) for node in guarding])
    return statistics.fmean(after - before for before, after in itertools.pairwise(times[1:]))


def apart(words: list[str]) -> tuple[float, tuple[float, float]]:
    """The largest difference between weights, and the FID of both."""
    both = [
        *words,
        *PLAIN,
        "model.seed=5",
        "callbacks.samples=null",
        "trainer.max_steps=5",
        "metrics.digits.n_fake=300",
    ]
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
        train(compose([*both, "trainer=cpu", "data.batch_size=16"]), Path(one))
        train(compose([*both, "trainer=ddp_cpu", "data.batch_size=8"]), Path(two))
        weights = [training_state(Path(folder))["state_dict"] for folder in (one, two)]
        difference = max(
            (value - weights[1][key]).abs().max().item()
            for key, value in weights[0].items()
            if isinstance(value, torch.Tensor) and value.is_floating_point()
        )
        results = [json.loads((Path(folder) / "results.json").read_text()) for folder in (one, two)]
    return difference, tuple(found["scores"]["fid_digits"]["last"]["value"] for found in results)
