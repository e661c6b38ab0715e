"""The memory of a training step at the size of the papers, without a device that has it.

    python -m benchmarks.memory                               # the recipes of the page
    python -m benchmarks.memory cyclegan_horse2zebra model.generator.width=32
    python -m benchmarks.memory stackgan_cub model.first_stage_images=1      # its second stage

On PyTorch's device "meta" tensors have shapes and no values. Two steps are taken there, and of the second each
tensor that comes to life is counted until it dies. What a device needs beside them is not in the numbers: the working
memory of its convolutions, and what its allocator keeps.
"""

import sys
from typing import Any

import torch
from torch import Tensor

from ganlab.config import compose, instantiate
from ganlab.memory_budget import Living, held_by
from tests.support.meta import on_meta, to_meta

RECIPES = (
    "dcgan_celeba",
    "wgan_gp_cifar10",
    "r3gan_cifar10",
    "stylegan2_cifar10",
    "stylegan2_ffhq256",
    "fastgan_100shot",
    "biggan_imagenet128",
    "pix2pix_facades",
    "cyclegan_horse2zebra",
    "cut_horse2zebra",
    "fastcut_horse2zebra",
    "srgan_div2k",
    "esrgan_df2k",
    "stackgan_cub",
)
MIB = 2**20


def step_memory(words: list[str]) -> tuple[int, list[int]]:
    """The batch; and bytes of weights and averages, of optimizers, at most in a step, and of that beyond both."""
    cfg = compose(words)
    data, model = instantiate(cfg.data), instantiate(cfg.model)
    model.to("meta")  # the weights that it was made with are of no use
    with on_meta():
        to_meta(model)
        batch = batch_like(data, cfg.kinds.model)
        take(model, batch)  # the optimizers' numbers come to life
        for parameter in model.parameters():
            parameter.grad = None
        weights, numbers = held_by(model)
        sizes = [Living(weights).bytes, Living(numbers).bytes]
        with Living([*weights, *numbers, *batch.values()]) as living:
            take(model, batch)
    return data.batch_size, [*sizes, living.peak, living.peak - sum(sizes)]


def take(model: Any, batch: dict[str, Tensor]) -> None:
    model.on_train_batch_start(batch, 0)
    model.training_step(batch, 0)


def batch_like(data: Any, kind: str) -> dict[str, Tensor]:
    """A batch of the data's shapes, which need not be there."""
    n = data.batch_size
    shapes = data.shape if isinstance(data.shape, dict) else {"image": data.shape}
    batch = {key: torch.empty(n, *shape, device="meta") for key, shape in shapes.items()}
    if kind == "labelled":
        batch["label"] = torch.empty(n, dtype=torch.int64, device="meta")
    if kind == "captions":
        for key in ("caption", "mismatch"):
            batch[key] = torch.empty(n, data.max_length, dtype=torch.int64, device="meta")
    return batch


def main(words: list[str]) -> None:
    """Print a table of the recipe that ``words`` begin with, or of all."""
    print("| recipe | batch | weights and averages | optimizers | at most in a step | beyond both |")
    print("|---|---|---|---|---|---|")
    for recipe in words[:1] or RECIPES:
        batch, sizes = step_memory([f"experiment={recipe}", *words[1:]])
        print(
            f"| `{recipe}` | {batch} | {' | '.join(f'{size / MIB:,.0f} MiB' for size in sizes)} |", flush=True
        )


if __name__ == "__main__":
    main(sys.argv[1:])
