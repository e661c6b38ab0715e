"""Train a classifier inside ganlab, in whose features digits or glyphs are compared.

    python -m benchmarks.train_classifier data=digits
    python -m benchmarks.train_classifier data=glyphs

Writes src/ganlab/metrics/extractors/weights/<data>.safetensors, and prints its SHA-256, which is a constant of
ganlab.metrics.extractors.classifier, and the accuracy on the held-out images, which choose nothing here. One machine
makes the same file each time.

A classifier alone would learn to overlook noise, blur and haze, and a score made from its features would too. So a
second head, which is not kept, predicts from the features how strongly each image was damaged.
"""

import math
import sys

import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn.functional import affine_grid, conv2d, cross_entropy, grid_sample, mse_loss, pad

from ganlab.data.base import ImageData
from ganlab.data.images.packaged import Digits, Glyphs
from ganlab.metrics.extractors.classifier import WEIGHTS, EmbeddedClassifier
from ganlab.metrics.extractors.common import sha256_of
from ganlab.pixels import from_uint8
from ganlab.randomness import Draws

DATA = {"digits": Digits, "glyphs": Glyphs}
EPOCHS, BATCH_SIZE = 100, 64
STRONGEST = torch.tensor([1.5, 0.3, 0.4])  # blur in pixels, noise and haze in [-1, 1]


def moved(images: Tensor, draws: Draws) -> Tensor:
    """Turned by up to 8 degrees, sheared by 0.1, scaled by 8% and shifted by 1.4 pixels of 32."""
    n = len(images)
    turn = math.radians(8) * draws.uniform(n, low=-1, high=1)
    wide, high = 1 + 0.08 * draws.uniform(2, n, low=-1, high=1)
    shear = 0.1 * draws.uniform(n, low=-1, high=1)
    right, down = 0.09 * draws.uniform(2, n, low=-1, high=1)
    rows = (turn.cos() * wide, shear - turn.sin(), right), (turn.sin(), turn.cos() * high, down)
    maps = torch.stack([torch.stack(row, 1) for row in rows], 1)  # (n, 2, 3)
    grid = affine_grid(maps, images.shape, align_corners=False)
    return grid_sample(images, grid, padding_mode="border", align_corners=False)


def blurred(images: Tensor, sigma: Tensor) -> Tensor:
    """(n, 1, H, W) under Gaussians of (n,) pixels each."""
    offsets = torch.arange(-3, 4) / sigma.clamp_min(0.01)[:, None]
    weights = torch.softmax(-(offsets**2) / 2, 1)  # (n, 7)
    kernels = weights[:, None, :, None] * weights[:, None, None, :]
    images = pad(images, (3, 3, 3, 3), mode="replicate")  # zeros would give a blurred image a dark frame
    return conv2d(images.transpose(0, 1), kernels, groups=len(images)).transpose(0, 1)


def damaged(images: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
    """Three images in ten blurred, as many noisy, as many hazy; and how strongly, (n, 3) in 0..1."""
    n = len(images)
    strength = draws.uniform(n, 3) * (draws.uniform(n, 3) < 0.3)
    blur, noise, haze = (strength * STRONGEST).unbind(1)
    images = blurred(images, blur)
    images = images * (1 - haze)[:, None, None, None]
    images = images + noise[:, None, None, None] * draws.normal(*images.shape)
    return images.clamp(-1, 1), strength


def train(data: ImageData) -> EmbeddedClassifier:
    """The network after 100 epochs on the train split, in eval mode."""
    images, labels = from_uint8(data.dataset("train").pixels), data.dataset("train").targets
    torch.manual_seed(0)
    network = EmbeddedClassifier(classes=len(data.classes)).to(memory_format=torch.channels_last)
    damage = nn.Linear(EmbeddedClassifier.size, len(STRONGEST))
    optimizer = torch.optim.AdamW([*network.parameters(), *damage.parameters()], weight_decay=0.05)
    steps = len(images) // BATCH_SIZE
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=4e-3, total_steps=EPOCHS * steps, pct_start=0.1
    )
    draws = Draws(0)
    for epoch in range(EPOCHS):
        draws.reseed("epoch", epoch)
        order = torch.randperm(len(images), generator=draws.generator)
        for indices in order[: steps * BATCH_SIZE].split(BATCH_SIZE):
            seen, strength = damaged(moved(images[indices], draws), draws)
            features, logits = network(seen.contiguous(memory_format=torch.channels_last))
            # smoothed a little: else the features of the train split grow away from those of other real images
            loss = cross_entropy(logits, labels[indices], label_smoothing=0.01)
            loss = loss + mse_loss(damage(features), strength)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        print(f"\repoch {epoch + 1} of {EPOCHS}: loss {loss.item():.3f}", end="", file=sys.stderr)
    return network.eval()


def main() -> None:
    name = dict(word.split("=", 1) for word in sys.argv[1:] if "=" in word).get("data")
    if name not in DATA:
        sys.exit(f"data={name}: data=digits or data=glyphs")
    torch.set_num_threads(1)  # the order of sums, and with it the file, depends on it
    data = DATA[name](image_size=32)
    network = train(data)
    path = WEIGHTS / f"{name}.safetensors"
    save_file({key: value.contiguous() for key, value in network.state_dict().items()}, path)
    path.chmod(0o644)  # safetensors writes for the owner only
    held_out = data.dataset("test")
    with torch.no_grad():
        correct = int((network(from_uint8(held_out.pixels)).logits.argmax(1) == held_out.targets).sum())
    parameters = sum(parameter.numel() for parameter in network.parameters())
    print(f"\n{path}: {parameters:,} parameters, SHA-256 {sha256_of(path)}")
    print(f"held out: {correct} of {len(held_out)} right, {100 * correct / len(held_out):.1f}%")


if __name__ == "__main__":
    main()
