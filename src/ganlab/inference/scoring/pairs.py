"""Two sides whose pictures belong together, each to its own: how near each comes to what it should be."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor
from tqdm import tqdm

from ganlab.errors import UserError
from ganlab.inference.scoring.kinds.base import Side, colours
from ganlab.inference.scoring.kinds.pictures import Files
from ganlab.inference.scoring.notes import surprising
from ganlab.inference.scoring.result import Result
from ganlab.metrics.distances.resampling import draws, interval
from ganlab.metrics.distances.similarity import WINDOW, mean_absolute, mean_square, psnr, ssim
from ganlab.metrics.extractors.lpips import Perceptual
from ganlab.metrics.images.ms_ssim import scales_of, similarity
from ganlab.metrics.translation.paired import POOLED, SSIM
from ganlab.score_record import Better, Score

OF_PAIRS: dict[str, Better] = {
    "l1": "lower",
    "psnr": "higher",
    "ssim": "higher",
    "ms_ssim": "higher",
    "lpips": "lower",
}
SQUARE = "square"  # the mean squared error of each pair, of which PSNR is made


def score_pairs(
    generated: Side, real: Side, *, perceptual: Perceptual, batch_size: int = 16, bootstrap: int = 0
) -> Result:
    """L1, PSNR, SSIM, MS-SSIM and LPIPS of each generated picture and its real one; see :func:`matched`.

    bootstrap: how often the pairs are drawn anew, for intervals.

    Raises:
        UserError: sides that do not match, or two pictures of one pair that differ in size.
    """
    result, numbers = Result(), matched(generated, real)
    own = _Rows(perceptual)
    waiting: dict[tuple[int, ...], list[tuple[Tensor, Tensor]]] = defaultdict(list)
    bar = tqdm(_together(generated, real, numbers, batch_size), total=len(numbers), leave=False, disable=None)
    for one, other in bar:
        batch = waiting[tuple(one.shape)]
        batch.append((one, other))
        if len(batch) == batch_size:
            own.add(batch)
            batch.clear()
    for batch in waiting.values():
        if batch:
            own.add(batch)
    if not own.rows:
        raise UserError(f"pairs: no picture of {generated.title} and its real one can both be read")
    sides = {"generated": generated, "real": real}
    result.sides = {key: f"{len(numbers):,} pictures of {side.title}" for key, side in sides.items()}
    if alone := len(real) - len(numbers):
        result.notes.append(f"{alone:,} pictures of {real.title} have no partner, and are left out")
    for side in sides.values():
        result.notes += surprising(side, len(numbers), laid=False)
    result.absent, result.scores = own.absent, {"pairs": own.scores(bootstrap)}
    return result


def matched(generated: Side, real: Side) -> list[tuple[int, int]]:
    """The numbers of each generated picture and of its real one: files of one name, else those of one place.

    Names are looked at with their folders, and without their endings.

    Raises:
        UserError: one has no partner, or two.
    """
    if not isinstance(generated, Files) or not isinstance(real, Files):
        if len(generated) != len(real):
            raise UserError(
                f"pairs: {generated.title} has {len(generated):,} pictures and {real.title} {len(real):,}; where not "
                "both are files, whose names match, as many are needed on both sides"
            )
        return [(place, place) for place in range(len(real))]
    partners = _by_name(real)
    found = [(place, partners.get(name)) for name, place in _by_name(generated).items()]
    if lonely := [generated.names[place] for place, partner in found if partner is None]:
        raise UserError(
            f"pairs: {len(lonely):,} of the {len(found):,} files of {generated.title} have no file of their name in "
            f"{real.title}, for instance {lonely[0]}"
        )
    return [(place, partner) for place, partner in found if partner is not None]


def _by_name(side: Files) -> dict[str, int]:
    found: dict[str, int] = {}
    for place, name in enumerate(side.names):
        stem = name.rpartition(".")[0] or name
        if stem in found:
            raise UserError(
                f"pairs: {side.title} has both {side.names[found[stem]]} and {name}: one name, one picture"
            )
        found[stem] = place
    return found


def _together(
    generated: Side, real: Side, numbers: Sequence[tuple[int, int]], batch_size: int
) -> Iterator[tuple[Tensor, Tensor]]:
    """(C, H, W) uint8 of each pair; a grey picture beside one in colour has three equal channels."""
    one, other = (
        _placed(side, [pair[which] for pair in numbers], batch_size)
        for which, side in enumerate((generated, real))
    )
    ahead: dict[int, Tensor] = {}
    for place, image in one:
        while place not in ahead:
            try:
                number, partner = next(other)
            except StopIteration:
                break
            ahead = {key: value for key, value in ahead.items() if key >= place} | {number: partner}
        if place not in ahead:  # one that cannot be read, and is left out
            continue
        partner = ahead.pop(place)
        if image.shape[1:] != partner.shape[1:]:
            (height, width), (tall, wide) = image.shape[1:], partner.shape[1:]
            raise UserError(
                f"pairs: picture {place} is {width} x {height} in {generated.title} and {wide} x {tall} in "
                f"{real.title}: both of a pair need one size"
            )
        channels = max(len(image), len(partner))
        yield image.expand(channels, -1, -1), partner.expand(channels, -1, -1)


def _placed(side: Side, order: Sequence[int], batch_size: int) -> Iterator[tuple[int, Tensor]]:
    """Each picture with its place in ``order``."""
    places = {number: place for place, number in enumerate(order)}
    for pictures in side.pictures(order, batch_size):
        for image, number in zip(colours(pictures.images), pictures.places, strict=True):
            yield places[number], image


class _Rows:
    """The scores of each pair. absent: those that cannot be told, and why."""

    def __init__(self, perceptual: Perceptual) -> None:
        self.perceptual = perceptual
        self.absent: dict[str, str] = {}
        self.rows: dict[str, list[Tensor]] = defaultdict(list)
        try:
            perceptual.prepare()
        except UserError as error:
            self.absent["lpips"] = str(error)

    def add(self, batch: Sequence[tuple[Tensor, Tensor]]) -> None:
        one, other = (torch.stack(part).double() / 255 for part in zip(*batch, strict=True))
        side = min(one.shape[2:])
        self.rows["l1"].append(mean_absolute(one, other))
        self.rows[SQUARE].append(mean_square(one, other))
        if self._large_enough("ssim", side, WINDOW):
            self.rows["ssim"].append(ssim(one, other))
        if self._large_enough("ms_ssim", side, WINDOW):
            self.rows["ms_ssim"].append(similarity(255 * one, 255 * other, scales_of(side)))
        if self._large_enough("lpips", side, self.perceptual.smallest):
            self.rows["lpips"].append(self.perceptual(one, other))

    def _large_enough(self, name: str, side: int, smallest: int) -> bool:
        if side < smallest:
            self.absent.setdefault(
                name, f"it needs pictures of {smallest} pixels and more, and one has {side}"
            )
        return name not in self.absent

    def scores(self, bootstrap: int) -> dict[str, Score]:
        rows = {name: torch.cat(parts).cpu().double() for name, parts in self.rows.items()}
        found = {}
        for name, better in OF_PAIRS.items():
            if name in self.absent:
                continue
            pooled = rows[SQUARE if name == "psnr" else name]
            value = _value(name, pooled)
            again = (
                [_value(name, pooled[chosen]) for chosen in draws(len(pooled), bootstrap)]
                if bootstrap
                else []
            )
            drawn = [one for one in again if one is not None]
            found[name] = Score(
                value=value,
                better=better,
                interval=interval(value, torch.tensor(drawn)) if value is not None and drawn else None,
                protocol={"n": len(pooled), "measured": self._measured(name)},
            )
        return found

    def _measured(self, name: str) -> str:
        if name == "lpips":
            return self.perceptual.measured()
        return {"psnr": POOLED, "ssim": SSIM}.get(name, "pixels in [0, 1]")


def _value(name: str, rows: Tensor) -> float | None:
    mean = float(rows.mean())
    return psnr(mean) if name == "psnr" else mean
