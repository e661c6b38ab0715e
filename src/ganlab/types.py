"""What the parts of ganlab agree on."""

from collections.abc import Callable, Iterable
from typing import Protocol, TypedDict, runtime_checkable

from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from ganlab.randomness import Draws

OptimizerFactory = Callable[[Iterable[nn.Parameter]], Optimizer]
ScheduleFactory = Callable[[Optimizer], LRScheduler]


class Batch(TypedDict, total=False):
    """One training batch; a data module promises the keys of its kind.

    image: (B, C, H, W) float32 in [-1, 1]; label: (B,) int64.
    """

    image: Tensor
    label: Tensor


class Observation(TypedDict, total=False):
    """What a training step lets callbacks see, all detached: images (B, C, H, W), scores (B,)."""

    real: Tensor
    fake: Tensor
    real_score: Tensor
    fake_score: Tensor


class AdversarialLoss(Protocol):
    """What two players minimise, as a function of raw scores (B,); each returns a scalar mean."""

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor: ...

    def generator(self, fake: Tensor) -> Tensor: ...


class Prior(Protocol):
    """Where a generator's input comes from: (n, size) drawn with ``draws``."""

    size: int

    def __call__(self, draws: Draws, n: int) -> Tensor: ...


@runtime_checkable
class ImageSet(Protocol):
    """A fixed, ordered set of images that can be read at any index, always in the same order.

    ``images`` takes (n,) indices and gives (n, C, H, W) uint8 on the set's device; ``labels`` gives (n,) int64,
    or None for a set without labels. ``classes`` names the labels, or is empty.
    """

    classes: tuple[str, ...]

    def __len__(self) -> int: ...

    def images(self, indices: Tensor) -> Tensor: ...

    def labels(self, indices: Tensor) -> Tensor | None: ...
