"""What somebody should know of two sides before she believes a number."""

from collections import Counter
from collections.abc import Iterator

from ganlab.inference.scoring.kinds.base import Side
from ganlab.inference.scoring.kinds.pictures import TRANSPARENT
from ganlab.inference.scoring.lenses import Lens
from ganlab.inference.scoring.passes import Seen, copies, repeated
from ganlab.metrics.extractors.common import GROUND


def in_words(seen: Seen) -> str:
    """``1,000 images, colour, 32 x 32, of the folder a``."""
    left_out = f", {len(seen.side.lacking)} left out that cannot be read" if seen.side.lacking else ""
    return f"{seen.n:,} images, {_sizes(seen.sizes.count)}, of {seen.side.title}{left_out}"


def _sizes(count: Counter[tuple[int, ...]]) -> str:
    (channels, height, width), _ = count.most_common(1)[0]
    others = f" and {len(count) - 1} other sizes" if len(count) > 1 else ""
    return f"{'grey' if channels == 1 else 'colour'}, {width} x {height}{others}"


def notes(generated: Seen, real: Seen | None, lens: Lens) -> Iterator[str]:
    """A sentence for each thing about the sides that moves a score, and is no matter of the generator."""
    if real is not None:
        yield from _between(generated, real, lens)
    if again := repeated(generated):
        yield f"{again:,} of the {generated.n:,} generated images are there already, to the pixel"
    if generated.n < lens.protocol.n_fake:
        yield (
            f"{lens.protocol.name} takes {lens.protocol.n_fake:,} generated images; of {generated.n:,} a Fréchet "
            "distance is larger (fid_infinity is not)"
        )


def surprising(side: Side, n: int, *, laid: bool) -> Iterator[str]:
    """A sentence for each way in which some of a side's n images are odd; laid: whether alpha was laid on a ground."""
    how = f"laid on mid-grey ({GROUND})" if laid else "taken as if they were not"
    for what, number in side.odd.items():
        if number:
            means = f", and {how}" if what == TRANSPARENT else ""
            yield f"{side.title}: {number} of {n} images are {what}{means}"


def _between(generated: Seen, real: Seen, lens: Lens) -> Iterator[str]:
    sizes = [set(seen.sizes.count) for seen in (generated, real)]
    resized = ", ".join(sorted({extractor.resize for extractor in lens.extractors.values()}))
    if {size[1:] for size in sizes[0]} != {size[1:] for size in sizes[1]}:
        yield (
            f"generated images are {_sizes(generated.sizes.count)}, real ones {_sizes(real.sizes.count)}: each "
            f"is resized by itself ({resized}), and how sharp it is after that depends on its size"
        )
    channels = [{size[0] for size in part} for part in sizes]
    if channels[0] != channels[1]:
        grey = "generated" if 1 in channels[0] and 3 in channels[1] else "real"
        yield f"some or all {grey} images are grey and the others are in colour: that alone moves every score"
    if n := copies(generated, real):
        yield f"{n:,} of the {generated.n:,} generated images are among the real ones, to the pixel: copies, or a leak"
