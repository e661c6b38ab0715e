"""What a schedule of growth will do in a run, told before it begins."""

from bisect import bisect_left

from ganlab.errors import UserError
from ganlab.techniques.growth import Growth


class GrowthPlan:
    """A schedule at batches of ``batch_size`` images, or what it allows, on each of ``world`` processes."""

    def __init__(self, growth: Growth, batch_size: int, world: int) -> None:
        self.growth, self.batch_size, self.world = growth, batch_size, world

    def images(self, steps: int) -> int:
        """Seen after so many training steps."""
        return self.growth.batch_at(steps, self.batch_size, self.world)[0]

    def steps(self, images: int) -> int:
        """Until so many images are seen."""
        return bisect_left(range(images + 1), images, key=self.images)

    def require_groups(self, group: int, parts: int = 1) -> None:
        """Raises UserError unless ``parts`` divide each resolution's batch, and ``group``, if smaller, each part."""
        for level, resolution in enumerate(self.growth.resolutions):
            size = self.growth.batch_size(level, self.batch_size)
            if size % parts:
                raise UserError(
                    f"trainer.accumulate={parts} does not divide the batch of {size} at {resolution} pixels; choose "
                    f"another, or a multiple of {parts} in model.growth.largest_batch"
                )
            size //= parts
            if size % min(size, group):
                raise UserError(
                    f"at {resolution} pixels a batch of {size} does not split into groups of {group} for the standard "
                    "deviation over a minibatch; set data.batch_size and model.growth.largest_batch to multiples of it"
                )

    def table(self, rates: str) -> str:
        """A line for each resolution; ``rates``: the learning rates where the schedule gives none."""
        lines = ["pixels     from image   alone from    from step   batch   learning rate"]
        for level, resolution in enumerate(self.growth.resolutions):
            begin, rate = self.growth.begin(level), self.growth.learning_rate(level)
            alone = begin + (self.growth.fade_images if level else 0)
            size = self.growth.batch_size(level, self.batch_size) * self.world
            lines.append(
                f"{resolution:>6} {begin:>14,} {alone:>12,} {self.steps(begin):>12,} {size:>7}   "
                f"{rates if rate is None else f'{rate:g}'}"
            )
        return "\n".join(lines)

    def shortfall(self, max_steps: int) -> str | None:
        """A sentence, if a run of so many steps ends before the last resolution is learned alone."""
        images, growth = self.images(max_steps), self.growth
        if images >= growth.final:
            return None
        return (
            f"trainer.max_steps={max_steps}: the run ends after {images:,} images at {growth.at(images).resolution} "
            f"pixels, and {growth.resolutions[-1]} pixels are faded in after {growth.final:,}; try "
            f"trainer.max_steps={self.steps(growth.final)} or more, or smaller model.growth.stable_images and "
            "model.growth.fade_images"
        )
