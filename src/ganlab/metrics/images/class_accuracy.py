"""What a small classifier learns of images: whether generated ones teach the classes, and show those asked for."""

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, interpolate

from ganlab.bounds import Size, bounded
from ganlab.metrics.extractors.common import as_seen
from ganlab.pixels import from_uint8
from ganlab.randomness import Draws

SIDE, STEPS, BATCH, RATE = 32, 1000, 64, 1e-3
CLASSIFIER = f"3 convolutions of 32, 64 and 128, {STEPS} steps of {BATCH} images of {SIDE} x {SIDE}"


class SmallClassifier(nn.Module):
    """(B, 3, 32, 32) in [-1, 1] to (B, classes): three strided convolutions with batch norm, and a linear layer."""

    @bounded
    def __init__(self, *, classes: Size) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for before, after in ((3, 32), (32, 64), (64, 128)):
            layers += [nn.Conv2d(before, after, 3, 2, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU()]
        self.layers = nn.Sequential(*layers, nn.Flatten(), nn.Linear(128 * 16, classes))

    def forward(self, images: Tensor) -> Tensor:
        return self.layers(images)


def shrunk(images: Tensor) -> Tensor:
    """(B, 1, 3 or 4, H, W) uint8 as the classifier takes them: (B, 3, 32, 32) uint8."""
    found = as_seen(images).float()
    if found.shape[2:] != (SIDE, SIDE):
        found = interpolate(found, (SIDE, SIDE), mode="bilinear", antialias=True)
    return found.round().to(torch.uint8).expand(-1, 3, -1, -1)


def trained(images: Tensor, labels: Tensor, classes: int, *, steps: int = STEPS) -> SmallClassifier:
    """A classifier of (n, 3, 32, 32) uint8 with labels (n,) int64, in eval mode; the same for the same images."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = SmallClassifier(classes=classes)
    optimizer = torch.optim.Adam(network.parameters(), lr=RATE)
    draws = Draws(0, "classifier")
    for _ in range(steps):
        rows = draws.integers(BATCH, len(images))
        loss = cross_entropy(network(from_uint8(images[rows])), labels[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return network.eval()


@torch.no_grad()
def accuracy(network: SmallClassifier, images: Tensor, labels: Tensor) -> float:
    """The share of (n, 3, 32, 32) uint8 that it takes for what their labels (n,) say."""
    parts = zip(images.split(500), labels.split(500), strict=True)
    right = sum(int((network(from_uint8(part)).argmax(1) == truth).sum()) for part, truth in parts)
    return right / len(images)
