"""When a progressive GAN grows: level, fade, batch size and learning rate as functions of the images seen."""

from collections.abc import Mapping
from typing import NamedTuple

from ganlab.bounds import Count, Positive, Size, Whole, bounded
from ganlab.errors import UserError


class Stage(NamedTuple):
    """How far growth is: 4 * 2^level pixels, and how much of the newest layers, from 0 to 1, is faded in."""

    level: int
    alpha: float

    @property
    def resolution(self) -> int:
        return 4 * 2**self.level

    @property
    def phase(self) -> tuple[int, bool]:
        """Changes where a fade begins and where it ends."""
        return self.level, self.alpha < 1


class Growth:
    """The schedule of Karras et al. 2018 (section 2, appendix A.1): learn a resolution, fade in the next, learn it.

    Everything is a function of the images seen, over all processes; a batch belongs to the stage that it begins in.

    image_size: the final resolution. stable_images: how long a resolution is learned alone; the last one until the end.
    fade_images: how long the layers of the next fade in.
    largest_batch: from some resolution on, images per step and process where the data's batch size is larger.
    learning_rates: from some resolution on, of both players; elsewhere they are the optimizers' own.

    Raises:
        UserError: for a resolution that is no 4 times a power of two, and for numbers that make no schedule.
    """

    @bounded
    def __init__(
        self,
        *,
        image_size: Size,
        stable_images: Count = 8000,
        fade_images: Whole = 2000,
        largest_batch: Mapping[int, Size] | None = None,
        learning_rates: Mapping[int, Positive] | None = None,
    ) -> None:
        self.top = (image_size // 4).bit_length() - 1
        self.resolutions = [4 * 2**level for level in range(self.top + 1)]
        if self.top < 1 or self.resolutions[-1] != image_size:
            nearest = min((8 * 2**power for power in range(16)), key=lambda size: abs(size - image_size))
            raise UserError(
                f"image_size={image_size}: growth doubles 4 pixels, so it needs 8, 16, 32, 64, ...; "
                f"try data.image_size={nearest}"
            )
        self.stable_images, self.fade_images = stable_images, fade_images
        self.final = self.begin(self.top) + fade_images  # images after which nothing changes any more
        self.largest_batch = _checked("largest_batch", largest_batch or {})
        self.learning_rates = _checked("learning_rates", learning_rates or {})

    def begin(self, level: int) -> int:
        """Images seen when ``level`` begins to fade in."""
        return level and self.stable_images + (level - 1) * (self.fade_images + self.stable_images)

    def at(self, images: int) -> Stage:
        """The stage of the batch that begins after ``images`` images."""
        level = max(level for level in range(self.top + 1) if self.begin(level) <= images)
        faded = images - self.begin(level)
        if level == 0 or faded >= self.fade_images:
            return Stage(level, 1.0)
        return Stage(level, faded / self.fade_images)

    def batch_size(self, level: int, usual: int) -> int:
        """Images per step and process; ``usual``: the data's."""
        return int(min(usual, _from(self.largest_batch, self.resolutions[level]) or usual))

    def learning_rate(self, level: int) -> float | None:
        """Of both players; None leaves them their own."""
        return _from(self.learning_rates, self.resolutions[level])

    def batch_at(self, step: int, usual: int, world: int, seen: int = 0) -> tuple[int, int]:
        """Images that ``world`` processes have seen before ``step`` and how many each sees in it.

        Steps are counted from 0, when ``seen`` images had been seen.
        """
        for level in range(self.top + 1):
            size = self.batch_size(level, usual)
            left = self.begin(level + 1) - seen
            steps = max(0, -(-left // (size * world)))  # whose batches begin at this level
            if level == self.top or step < steps:
                break
            step, seen = step - steps, seen + steps * size * world
        return seen + step * size * world, size


def _checked(name: str, values: Mapping[int, float]) -> dict[int, float]:
    for resolution, value in values.items():
        if not isinstance(resolution, int) or resolution < 4 or value <= 0:
            raise UserError(
                f"{name}={{{resolution}: {value}}}: expected a resolution from 4 on and a number above 0, as in "
                f"model.growth.{name}={{64: 16}}"
            )
    return dict(values)


def _from(values: Mapping[int, float], resolution: int) -> float | None:
    """The value of the largest key up to ``resolution``; None if there is none."""
    return max(((key, value) for key, value in values.items() if key <= resolution), default=(0, None))[1]
