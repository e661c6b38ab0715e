"""Numbers that no constructor of ganlab has a meaning for."""

from collections.abc import Iterator
from typing import Any

from omegaconf import DictConfig, ListConfig

from ganlab.errors import UserError

SIGNED = ("ganlab.losses.adversarial.", "ganlab.layers.priors.")  # labels and borders may lie below 0
NEGATIVE = ("seed", "devices", "fill")  # -1 devices: all there are; fill: a pixel's value
SIZES = ("ganlab.networks.", "ganlab.layers.")  # there, whole numbers are widths and counts of layers
LARGEST = 65_536  # of those
AT_LEAST_ONE = ("width", "size", "channels", "hidden", "projection")  # what a key ends with that cannot be 0


def require_range(where: str, value: Any, module: str) -> None:
    """Refuse for ganlab's classes what is below 0, and for its networks whole numbers above ``LARGEST``.

    Sizes, counts, rates, weights and shares are all that it asks for, but for the two places in ``SIGNED``.

    where: the key; module: of the class that takes the value.

    Raises:
        UserError: names key, value and range.
    """
    home = f"{module}."
    if not home.startswith("ganlab.") or where.rpartition(".")[2] in NEGATIVE:
        return
    for number in numbers(value):
        if number < 0 and (isinstance(number, int) or not home.startswith(SIGNED)):
            raise UserError(f"{where}={number}: expected a number from 0 on")
        if number > LARGEST and isinstance(number, int) and home.startswith(SIZES):
            raise UserError(f"{where}={number}: expected a size or a count of at most {LARGEST}")
        if number == 0 and home.startswith(SIZES) and where.endswith(AT_LEAST_ONE):
            raise UserError(f"{where}=0: expected at least 1")


def numbers(value: Any) -> Iterator[int | float]:
    """``value``, or those in a list or mapping; nodes with a ``_target_`` have constructors of their own."""
    if isinstance(value, DictConfig):
        value = [] if "_target_" in value else list(value.values())
    if isinstance(value, ListConfig | list):
        for inner in value:
            yield from numbers(inner)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield value
