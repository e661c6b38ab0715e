"""The tables of scale.md: what processes send each other in a step, counted, and what that means for 64 GPUs, computed.

    python -m benchmarks.scale [VARIANT ...]

A few minutes on one core. One process trains as one of several would, so what it hands to torch.distributed is counted
without any of them; nothing is timed.
"""

import argparse
import os
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import torch
import torch.distributed as dist
from lightning.pytorch import Callback
from torch.optim.optimizer import register_optimizer_step_pre_hook

from benchmarks import pages
from ganlab.config import compose, instantiate
from ganlab.training.run import quiet
from tests.support.processes import free_port

PAGE = Path(__file__).parent / "scale.md"
STEPS = 16
DATA = {  # for each variant data that lie inside the installation, and its smallest picture of the usual networks
    "mlp_gan": "digits",
    "dcgan": "digits",
    "wgan_gp": "digits",
    "sngan": "digits",
    "r3gan": "digits",
    "began": "digits",
    "stylegan2": "digits",
    "cgan": "digits",
    "gan_cls": "shapes",
    "pix2pix": "fonts_paired",
    "cyclegan_small": "fonts_unpaired",
    "srgan": "photos_sr",
}
ALONE = {
    "TORCHELASTIC_RUN_ID": "scale",
    "MASTER_ADDR": "127.0.0.1",
    "WORLD_SIZE": "1",
    "LOCAL_WORLD_SIZE": "1",
}
ALONE |= {"GROUP_RANK": "0", "RANK": "0", "LOCAL_RANK": "0"}  # as torchrun would say it
NODES, GPUS = 8, 8
LINKS = {  # what leaves a node, in GB/s
    "400 GB/s a node (InfiniBand, 400 Gb/s for each GPU)": 400.0,
    "12.5 GB/s a node (Ethernet, 100 Gb/s)": 12.5,
}
MESSAGE = 0.1  # ms that a message takes however short it is
MARGIN = (
    9  # a step whose computation takes this many times as long as what is sent spends 90% of its time on it
)


class Sent(NamedTuple):
    """By one process in a step, in the mean: gradients and batch statistics in bytes, messages, and the least bytes.

    The least is each moving player's gradients once for each of its updates.
    """

    gradients: float
    statistics: float
    messages: float
    least: float


class Counter(Callback):
    """Counts from the first step on what is handed to torch.distributed, and what players move."""

    def __init__(self) -> None:
        self.gradients = self.statistics = self.messages = self.least = 0
        self.undo: list[Callable[[], None]] = []

    def on_train_start(self, *_: Any) -> None:
        reduce, broadcast = dist.all_reduce, dist.broadcast

        def counted_reduce(tensor: torch.Tensor, *args: Any, **options: Any) -> Any:
            self.gradients, self.messages = self.gradients + tensor.nbytes, self.messages + 1
            return reduce(tensor, *args, **options)

        def counted_broadcast(tensor: torch.Tensor, *args: Any, **options: Any) -> Any:
            self.statistics, self.messages = self.statistics + tensor.nbytes, self.messages + 1
            return broadcast(tensor, *args, **options)

        def moved(optimizer: torch.optim.Optimizer, *_: Any) -> None:
            self.least += sum(
                p.nbytes for group in optimizer.param_groups for p in group["params"] if p.grad is not None
            )

        dist.all_reduce, dist.broadcast = counted_reduce, counted_broadcast
        hook = register_optimizer_step_pre_hook(moved)

        def restore() -> None:
            dist.all_reduce, dist.broadcast = reduce, broadcast
            hook.remove()

        self.undo.append(restore)

    def on_train_end(self, *_: Any) -> None:
        self.undo.pop()()


def sent(name: str) -> Sent:
    """By a process of ``model=name`` with its usual networks, batches of two and this many steps."""
    words = [
        f"model={name}",
        f"data={DATA[name]}",
        "trainer=cpu",
        "trainer.strategy=ddp",
        "trainer.devices=1",
    ]
    cfg = compose([*words, "data.batch_size=2", f"trainer.max_steps={STEPS}", "metrics=none"])
    data, counter = instantiate(cfg.data), Counter()
    os.environ["MASTER_PORT"] = str(free_port())
    data.prepare()
    with tempfile.TemporaryDirectory() as folder:
        trainer = instantiate(cfg.trainer, run_dir=Path(folder), callbacks=[counter], loggers=[])
        trainer.fit(instantiate(cfg.model), datamodule=data)
    if dist.is_initialized():
        dist.destroy_process_group()
    return Sent(
        *(n / STEPS for n in (counter.gradients, counter.statistics, counter.messages, counter.least))
    )


def milliseconds(one: Sent, gigabytes: float) -> float:
    """What rings of all GPUs take: 2 (n - 1) / n of all bytes leave each node, and each message waits for the last."""
    n = NODES * GPUS
    return 2 * (n - 1) / n * (one.gradients + one.statistics) / gigabytes / 1e6 + one.messages * MESSAGE


def counted_table(found: dict[str, Sent]) -> str:
    rows = [
        f"| `{name}` | {one.gradients / 1e6:.2f} | {one.statistics / 1e6:.4f} | {one.messages:.1f} | "
        f"**{one.gradients / one.least:.2f}** | {(one.gradients + one.statistics) / one.least:.3f} |"
        for name, one in found.items()
    ]
    head = "| variant | gradients, MB | batch statistics, MB | messages | gradients to the least | all to the least |"
    return "\n".join([head, "|---|---|---|---|---|---|", *rows])


def computed_table(found: dict[str, Sent]) -> str:
    rows = []
    for name, one in found.items():
        times = [milliseconds(one, link) for link in LINKS.values()]
        rows.append(f"| `{name}` | " + " | ".join(f"{t:.1f} ms, {MARGIN * t:.0f} ms" for t in times) + " |")
    head = f"| variant | {' | '.join(LINKS)} |"
    return "\n".join([head, "|---|---|---|", *rows])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("variants", nargs="*", choices=[[], *DATA], help="all of the tables unless given")
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    quiet()
    named = parser.parse_args().variants
    os.environ |= ALONE
    found = {}
    for name in named or DATA:
        found[name] = sent(name)
        print(name, found[name], flush=True)
    if not named:
        pages.write(PAGE, "counted", counted_table(found))
        pages.write(PAGE, "computed", computed_table(found))


if __name__ == "__main__":
    main()
