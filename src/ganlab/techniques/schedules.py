"""Numbers that change as training goes on, as functions of the images seen."""

import math


class Cosine:
    """From ``start`` to ``end`` along half a cosine, while ``images`` images are seen; ``end`` from then on.

    Huang et al. 2024 (R3GAN, appendix) let all their schedules run like this. Counted in images, a schedule does not
    depend on batch size, number of processes or resume.
    """

    def __init__(self, *, start: float, end: float, images: int) -> None:
        if images < 1:
            raise ValueError(f"images={images}: a schedule needs at least 1 image")
        self.start, self.end, self.images = start, end, images

    def __call__(self, images: int) -> float:
        done = min(1.0, images / self.images)
        return self.end + (self.start - self.end) * (1 + math.cos(math.pi * done)) / 2
