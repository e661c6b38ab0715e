"""Ways through a latent space."""

from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Tensor

from ganlab.errors import UserError

Curve = Callable[[Tensor, Tensor, Tensor], Tensor]  # from (size,) to (size,), at the times (n,): (n, size)


def lerp(start: Tensor, end: Tensor, time: Tensor) -> Tensor:
    """(n, size) on the straight line from ``start`` to ``end``, at times (n,) from 0 to 1; exact at both.

    Both ends are (size,), or (n, size): a line for each time.
    """
    return torch.lerp(start, end, time.to(start)[:, None])


def slerp(start: Tensor, end: Tensor, time: Tensor) -> Tensor:
    """(n, size) on the great circle from ``start`` to ``end``, at times (n,) from 0 to 1; exact at both.

    Both ends are (size,), or (n, size): a circle for each time. With W the angle between the two:
    (sin((1 - t) W) start + sin(t W) end) / sin W (White 2016, Sampling generative networks). Between vectors of one
    length every point has that length, as draws from a normal distribution in many dimensions nearly have. Where the
    two point the same way, or to opposite ones, or one is 0, it is the straight line.
    """
    one, other, t = start.double(), end.double(), time.double()[:, None]
    lengths = one.norm(dim=-1, keepdim=True) * other.norm(dim=-1, keepdim=True)
    angle = ((one * other).sum(-1, keepdim=True) / lengths).clamp(-1, 1).arccos()
    curved = (lengths > 0) & (angle.sin() >= 1e-6)
    mixed = ((1 - t) * angle).sin() / angle.sin() * one + (t * angle).sin() / angle.sin() * other
    return torch.where(curved, mixed.to(start), lerp(start, end, time))


CURVES: dict[str, Curve] = {"lerp": lerp, "slerp": slerp}


def way(points: Tensor, frames: int, curve: Curve, *, loop: bool = False) -> Tensor:
    """(legs * (frames - 1) + 1, size): from each of the points (n, size) to the next, ``frames`` on a leg.

    A loop goes on from the last point to the first, and ends before it arrives: shown again and again it never
    stands still.

    Raises:
        UserError: for fewer than two points or frames.
    """
    if len(points) < 2:
        raise UserError(f"a way needs two ends, and this is {len(points)}: name at least two")
    if frames < 2:
        raise UserError(f"frames={frames}: a way shows both of its ends, so it has at least 2 frames")
    time = torch.linspace(0, 1, frames, dtype=torch.float64)[:-1]
    stops = [*points, points[0]] if loop else list(points)
    legs = [curve(start, end, time) for start, end in pairwise(stops)]
    return torch.cat(legs if loop else [*legs, points[-1:]])


def curve_of(name: str, prior: object) -> Curve:
    """The curve of that name; auto: the great circle for a normal prior, the straight line for any other.

    Raises:
        UserError: there is none.
    """
    from ganlab.techniques.priors import Normal

    if name == "auto":
        return slerp if isinstance(prior, Normal) else lerp
    if name not in CURVES:
        raise UserError(f"curve={name}: expected auto, {' or '.join(CURVES)}")
    return CURVES[name]
