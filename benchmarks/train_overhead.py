"""Time per training step of ganlab, whole, relative to a tutorial-style hand-written PyTorch loop.

    python -m benchmarks.train_overhead [--threads 1] [--rounds 9]

Both sides train the same networks from the same weights on the same images at the same batch size with the same
algorithm (fresh noise for the generator's step). The hand-written loop is what tutorials show: a DataLoader over a
TensorDataset of float images, the optimizer with its defaults, both players' gradients in every backward pass,
losses read and a progress bar written every 50 steps. ganlab runs with everything that a user gets: data, means to
metrics.csv, health checks, sample grids, checkpoints, signals, progress.

ganlab trains once, without interruption; a callback stops it every few steps for as many steps of the hand-written
loop, so that both see the same machine. Each case is the median over rounds of the ratio of the two times.
"""

import argparse
import copy
import platform
import statistics
import tempfile
import time
from pathlib import Path

import lightning
import torch
from lightning.pytorch import Callback
from torch.nn.functional import binary_cross_entropy_with_logits
from torch.utils.data import DataLoader, TensorDataset
from tqdm import tqdm

from ganlab.config import compose, instantiate
from ganlab.loggers.csv import CSVLog
from ganlab.pixels import from_uint8
from ganlab.randomness import derive
from ganlab.training.trainer import cpu_has_bf16

ADAM_28 = [
    f"{sign}model.optimizers.{player}.{rest}"
    for player in ("discriminator", "generator")
    for sign, rest in (("", "_target_=torch.optim.Adam"), ("~", "alpha"), ("", "lr=2e-4"))
]
CASES = [
    # name, overrides, steps in a round, bar
    ("DCGAN 28², batch 64, float32", ["model=dcgan_keras", *ADAM_28], 25, 0.97),
    ("DCGAN 28², batch 64, bf16", ["model=dcgan_keras", *ADAM_28, "precision=bf16"], 25, 0.72),
    ("DCGAN 32², batch 64, float32", ["model=dcgan"], 15, None),
    ("MLP 28², batch 8, float32", ["model=vanilla", "data.batch_size=8"], 400, 1.25),
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


class Interleave(Callback):
    """After each round of ganlab's steps, as many of the hand-written loop's."""

    def __init__(self, other: HandWritten, steps: int) -> None:
        self.other, self.steps = other, steps
        self.ours: list[float] = []
        self.theirs: list[float] = []

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx) -> None:
        if pl_module.steps % self.steps:
            return
        now = time.perf_counter()
        if pl_module.steps > self.steps:
            self.ours.append(now - self.started)
        for _ in range(self.steps):
            self.other.step()
        if pl_module.steps > self.steps:
            self.theirs.append(time.perf_counter() - now)
        self.started = time.perf_counter()


def measure(overrides: list[str], steps: int, rounds: int) -> tuple[float, float, float]:
    """Median ratio, and both sides' milliseconds a step."""
    cfg = compose(["trainer=cpu", *overrides, f"trainer.max_steps={steps * (rounds + 1)}"])
    data = instantiate(cfg.data)
    data.prepare()
    torch.manual_seed(derive(0, "weights"))
    model = instantiate(cfg.model)
    train = data.dataset("train")
    images = from_uint8(train.images(torch.arange(len(train))))
    interleave = Interleave(HandWritten(model, images, data.batch_size), steps)
    with tempfile.TemporaryDirectory() as folder:
        callbacks = [*instantiate(cfg.callbacks).values(), interleave]
        loggers = [CSVLog(Path(folder) / "metrics.csv")]
        trainer = instantiate(cfg.trainer, run_dir=Path(folder), callbacks=callbacks, loggers=loggers)
        trainer.fit(model, datamodule=data)
    ratios = [ours / theirs for ours, theirs in zip(interleave.ours, interleave.theirs, strict=True)]
    milliseconds = [1000 * statistics.median(times) / steps for times in (interleave.ours, interleave.theirs)]
    return statistics.median(ratios), *milliseconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--only", default="", help="cases whose name contains this")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    print(
        f"torch {torch.__version__}, lightning {lightning.__version__}, Python {platform.python_version()}, "
        f"{arguments.threads} thread(s), median of {arguments.rounds} rounds\n"
    )
    print("| case | ganlab ms/step | hand-written ms/step | ratio | bar |\n|---|---|---|---|---|")
    for name, overrides, steps, bar in CASES:
        if "precision=bf16" in overrides and not cpu_has_bf16():
            print(f"| {name} | – | – | not run: this CPU has no bfloat16 instructions | {bar} |", flush=True)
        elif arguments.only in name:
            ratio, ours, theirs = measure(overrides, steps, arguments.rounds)
            print(f"| {name} | {ours:.2f} | {theirs:.2f} | **{ratio:.2f}** | {bar or '–'} |", flush=True)


if __name__ == "__main__":
    main()
