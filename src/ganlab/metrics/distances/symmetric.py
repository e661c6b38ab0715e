"""Symmetric matrices at half the work: only the lower triangle is computed, in panels of columns."""

from torch import Tensor

PANEL = 256  # columns: narrow enough to leave out nearly half, wide enough for full speed


def add_symmetric_product(total: Tensor, one: Tensor, other: Tensor) -> None:
    """Add the lower triangle of the symmetric oneᵀ other to ``total`` (d, d); what is above it means nothing."""
    for start in range(0, len(total), PANEL):
        stop = start + PANEL
        total[start:stop, :stop].addmm_(one[:, start:stop].T, other[:, :stop])


def mirror_(lower: Tensor) -> Tensor:
    """Make (d, d) symmetric in place from its lower triangle; in panels, which stay in cache."""
    for start in range(0, len(lower), PANEL):
        rows = lower[start : start + PANEL]
        lower[:start, start : start + PANEL] = rows[:, :start].T
        corner = rows[:, start : start + PANEL]
        corner.copy_(corner.tril() + corner.tril(-1).T)
    return lower
