"""Numbers that change as training goes on, as functions of the images seen."""

import math
from collections.abc import Callable

from ganlab.bounds import Count, Weight, bounded

Schedule = Callable[[int], float]  # of the images seen


class Linear:
    """From ``start`` to ``end`` in a line, while ``images`` images are seen; ``end`` from then on."""

    @bounded
    def __init__(self, *, start: Weight, end: Weight, images: Count) -> None:
        self.start, self.end, self.images = start, end, images

    def __call__(self, images: int) -> float:
        return self.end + (self.start - self.end) * max(0.0, 1 - images / self.images)


class Cosine:
    """From ``start`` to ``end`` along half a cosine, while ``images`` images are seen; ``end`` from then on.

    Huang et al. 2024 (R3GAN, appendix) let all their schedules run like this. Counted in images, a schedule does not
    depend on batch size, number of processes or resume.
    """

    @bounded
    def __init__(self, *, start: Weight, end: Weight, images: Count) -> None:
        self.start, self.end, self.images = start, end, images

    def __call__(self, images: int) -> float:
        done = min(1.0, images / self.images)
        return self.end + (self.start - self.end) * (1 + math.cos(math.pi * done)) / 2
