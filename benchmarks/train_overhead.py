"""Time per training step of ganlab, whole, relative to a tutorial-style hand-written PyTorch loop.

    python -m benchmarks.train_overhead [--threads 1] [--rounds 9] [--alone]

Both sides train the same networks from the same weights on the same images at the same batch size with the same
algorithm (fresh noise for the generator's step). The hand-written loop is what tutorials show: a DataLoader over a
TensorDataset of float images, the optimizer with its defaults, both players' gradients in every backward pass,
losses read and a progress bar written every 50 steps. ganlab runs with everything that a user gets: data, means to
metrics.csv, health checks, sample grids, scores, checkpoints, signals, progress; with --alone there are neither grids
nor scores. For R1 and R3GAN the other loop is the step of the papers, which differentiates the pass of the loss.

ganlab trains once, without interruption; a callback stops it every few steps for as many steps of the hand-written
loop, so that both see the same machine. Each case is the median over rounds of the ratio of the two times, of the clock
and of the processor.
"""

import argparse
import copy
import platform
import statistics
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import lightning
import torch
from lightning.pytorch import Callback
from torch.nn.functional import binary_cross_entropy_with_logits, softplus
from torch.utils.data import DataLoader, TensorDataset
from tqdm import tqdm

from ganlab.config import compose, instantiate
from ganlab.loggers.csv import CSVLog
from ganlab.pixels import from_uint8
from ganlab.randomness import derive
from ganlab.training.devices import cpu_has_bf16

ADAM_28 = [
    f"{sign}model.optimizers.{player}.{rest}"
    for player in ("discriminator", "generator")
    for sign, rest in (("", "_target_=torch.optim.Adam"), ("~", "alpha"), ("", "lr=2e-4"))
]


class HandWritten:
    """The loop of a tutorial, on copies of the model's networks."""

    def __init__(self, model, images: torch.Tensor, batch_size: int) -> None:
        self.generator, self.discriminator = (
            copy.deepcopy(model.generator),
            copy.deepcopy(model.discriminator),
        )
        self.latent = model.prior.size
        self.generator_optimizer = model.optimizer_factories["generator"](self.generator.parameters())
        self.discriminator_optimizer = model.optimizer_factories["discriminator"](
            self.discriminator.parameters()
        )
        self.loader = DataLoader(TensorDataset(images), batch_size=batch_size, shuffle=True, drop_last=True)
        self.batches = iter(self.loader)
        self.steps = 0
        self.bar = tqdm(file=open("/dev/null", "w"))  # noqa: SIM115 - as long as the process

    def next_batch(self) -> torch.Tensor:
        try:
            return next(self.batches)[0]
        except StopIteration:
            self.batches = iter(self.loader)
            return next(self.batches)[0]

    def step(self) -> None:
        real = self.next_batch()
        ones, zeros = torch.ones(len(real)), torch.zeros(len(real))
        self.discriminator_optimizer.zero_grad()
        fake = self.generator(torch.randn(len(real), self.latent))
        real_loss = binary_cross_entropy_with_logits(self.discriminator(real), ones)
        fake_loss = binary_cross_entropy_with_logits(self.discriminator(fake.detach()), zeros)
        discriminator_loss = real_loss + fake_loss
        discriminator_loss.backward()
        self.discriminator_optimizer.step()
        self.generator_optimizer.zero_grad()
        fake = self.generator(torch.randn(len(real), self.latent))
        generator_loss = binary_cross_entropy_with_logits(self.discriminator(fake), ones)
        generator_loss.backward()
        self.generator_optimizer.step()
        self.steps += 1
        if self.steps % 50 == 0:
            self.bar.set_postfix(d=discriminator_loss.item(), g=generator_loss.item())


class R1Loop(HandWritten):
    """The step of Mescheder et al. 2018."""

    def step(self) -> None:
        real = self.next_batch().requires_grad_()
        self.discriminator_optimizer.zero_grad()
        fake = self.generator(torch.randn(len(real), self.latent)).detach()
        real_score, fake_score = self.discriminator(real), self.discriminator(fake)
        loss = (
            softplus(-real_score).mean() + softplus(fake_score).mean() + squared_slope(real_score, real) / 2
        )
        loss.backward()
        self.discriminator_optimizer.step()
        self.generator_optimizer.zero_grad()
        fake = self.generator(torch.randn(len(real), self.latent))
        softplus(-self.discriminator(fake)).mean().backward()
        self.generator_optimizer.step()


class R3Loop(HandWritten):
    """The step of Huang et al. 2024, which freezes the player that does not move."""

    def turn(self, moving: torch.nn.Module) -> None:
        for network in (self.generator, self.discriminator):
            network.requires_grad_(network is moving)

    def step(self) -> None:
        real = self.next_batch().requires_grad_()
        self.turn(self.discriminator)
        self.discriminator_optimizer.zero_grad()
        fake = self.generator(torch.randn(len(real), self.latent)).detach().requires_grad_()
        real_score, fake_score = self.discriminator(real), self.discriminator(fake)
        loss = softplus(fake_score - real_score).mean()
        loss = loss + (squared_slope(real_score, real) + squared_slope(fake_score, fake)) / 2
        loss.backward()
        self.discriminator_optimizer.step()
        self.turn(self.generator)
        self.generator_optimizer.zero_grad()
        fake = self.generator(torch.randn(len(real), self.latent))
        softplus(self.discriminator(real.detach()) - self.discriminator(fake)).mean().backward()
        self.generator_optimizer.step()


def squared_slope(scores: torch.Tensor, images: torch.Tensor) -> torch.Tensor:
    (slope,) = torch.autograd.grad(scores.sum(), images, create_graph=True)
    return slope.square().sum((1, 2, 3)).mean()


ALONE = ["metrics=none", "callbacks.samples=null"]
CASES = [
    # name, overrides, steps in a round, the other loop
    ("DCGAN 28², batch 64, float32", ["model=dcgan_keras", *ADAM_28], 25, HandWritten),
    ("DCGAN 28², batch 64, bf16", ["model=dcgan_keras", *ADAM_28, "precision=bf16"], 25, HandWritten),
    ("DCGAN 32², batch 64, float32", ["model=dcgan"], 15, HandWritten),
    ("MLP 28², batch 8, float32", ["model=vanilla", "data.batch_size=8"], 400, HandWritten),
    ("R1 32², batch 16, float32, alone", ["model=r1gan", "data.batch_size=16", *ALONE], 20, R1Loop),
    ("R3GAN 32², batch 16, float32, alone", ["model=r3gan", "data.batch_size=16", *ALONE], 10, R3Loop),
]


class Times(NamedTuple):
    """Seconds by the clock and of the processor."""

    wall: float
    processor: float

    @classmethod
    def now(cls) -> "Times":
        return cls(time.perf_counter(), time.process_time())

    def since(self, before: "Times") -> "Times":
        return Times(self.wall - before.wall, self.processor - before.processor)


class Interleave(Callback):
    """After each round of ganlab's steps, as many of the hand-written loop's."""

    def __init__(self, other: HandWritten, steps: int) -> None:
        self.other, self.steps = other, steps
        self.ours: list[Times] = []
        self.theirs: list[Times] = []

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx) -> None:
        if pl_module.steps % self.steps:
            return
        now = Times.now()
        if pl_module.steps > self.steps:
            self.ours.append(now.since(self.started))
        for _ in range(self.steps):
            self.other.step()
        if pl_module.steps > self.steps:
            self.theirs.append(Times.now().since(now))
        self.started = Times.now()


def measure(overrides: list[str], steps: int, rounds: int, loop: type[HandWritten]) -> list[float]:
    """Both sides' milliseconds a step, and the median ratio by the clock and of the processor."""
    cfg = compose(["trainer=cpu", *overrides, f"trainer.max_steps={steps * (rounds + 1)}"])
    data = instantiate(cfg.data)
    data.prepare()
    torch.manual_seed(derive(0, "weights"))
    model = instantiate(cfg.model)
    train = data.dataset("train")
    images = from_uint8(train.images(torch.arange(len(train))))
    interleave = Interleave(loop(model, images, data.batch_size), steps)
    with tempfile.TemporaryDirectory() as folder:
        callbacks = [*instantiate(cfg.callbacks).values(), interleave]
        loggers = [CSVLog(Path(folder) / "metrics.csv")]
        trainer = instantiate(cfg.trainer, run_dir=Path(folder), callbacks=callbacks, loggers=loggers)
        trainer.fit(model, datamodule=data)
    sides = interleave.ours, interleave.theirs
    milliseconds = [1000 * statistics.median(times.wall for times in side) / steps for side in sides]
    ratios = [[ours[clock] / theirs[clock] for ours, theirs in zip(*sides, strict=True)] for clock in (0, 1)]
    return [*milliseconds, *(statistics.median(each) for each in ratios)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--alone", action="store_true", help="without scores and grids")
    parser.add_argument("--only", default="", help="cases whose name contains this")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    print(
        f"torch {torch.__version__}, lightning {lightning.__version__}, Python {platform.python_version()}, "
        f"{arguments.threads} thread(s), median of {arguments.rounds} rounds\n"
    )
    print(
        "| case | ganlab ms/step | hand-written ms/step | ratio | of processor time |\n|---|---|---|---|---|"
    )
    for name, overrides, steps, loop in CASES:
        if arguments.only not in name:
            continue
        if "precision=bf16" in overrides and not cpu_has_bf16():
            print(f"| {name} | – | – | not run: this CPU has no bfloat16 instructions | – |", flush=True)
            continue
        words = [*overrides, *(ALONE if arguments.alone else [])]
        ours, theirs, ratio, processor = measure(words, steps, arguments.rounds, loop)
        print(f"| {name} | {ours:.2f} | {theirs:.2f} | **{ratio:.2f}** | {processor:.2f} |", flush=True)


if __name__ == "__main__":
    main()
