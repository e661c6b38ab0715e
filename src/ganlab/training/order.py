"""In which order callbacks act, whatever they are called and wherever a configuration names them."""

from collections.abc import Mapping
from enum import IntEnum
from typing import Any

from lightning.pytorch import Callback

from ganlab.errors import UserError

# of Lightning's hooks: see ganlab.lightning_internals.TrainingSteps
NEVER_CALLED = ("on_before_zero_grad", "on_before_backward", "on_after_backward", "on_before_optimizer_step")


class Order(IntEnum):
    """What a callback says of itself as its ``order``, a number: at the end of a step the lower ones act first.

    One of a user's own that says nothing stands in the middle: what it reads has been logged and scored by then, and
    what it publishes or wishes is heeded in the same step. A number between two of these is one as well.
    """

    ADAPT = 10  # changes what the step's log and checkpoint are to hold
    LOG = 20  # publishes the means of what was tracked
    SCORE = 30  # draws and measures what the generator makes
    WATCH = 40  # looks at what was logged and scored
    MIDDLE = 50
    STOP = 60  # grants the wish of any of them to stop
    SAVE = 70  # writes what all of them keep
    SHOW = 80  # says how far the run is


def in_order(callbacks: Mapping[str, Any]) -> list[Callback]:
    """Those that are there, by their ``order``; as configured where it is the same.

    Raises:
        UserError: for what is no callback, for an ``order`` that is no number, and for a hook that is never called.
    """
    there = {name: callback for name, callback in callbacks.items() if callback is not None}
    orders = {name: _order_of(f"callbacks.{name}", callback) for name, callback in there.items()}
    return [there[name] for name in sorted(there, key=orders.__getitem__)]


def _order_of(key: str, callback: Any) -> float:
    kind = type(callback).__name__
    if not isinstance(callback, Callback):
        raise UserError(
            f"{key}: {kind} is no callback; a class derived from lightning.pytorch.Callback is needed"
        )
    for name in NEVER_CALLED:
        if getattr(type(callback), name) is not getattr(Callback, name):
            raise UserError(
                f"{key}: {kind}.{name} would never be called, since a game's players take several backward passes and "
                "steps in one training step; use on_train_batch_end, or after_update of the model's class"
            )
    order = getattr(callback, "order", Order.MIDDLE)
    if isinstance(order, bool) or not isinstance(order, int | float):
        raise UserError(
            f"{key}: the order of {kind} is {order!r}; expected a number, for instance {Order.MIDDLE:d} (see "
            "ganlab/training/order.py), or no attribute of that name"
        )
    return order
