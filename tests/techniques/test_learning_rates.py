from functools import partial

import pytest
import torch

from ganlab.errors import UserError
from ganlab.techniques.learning_rates import constant_then_linear, halved


def rates(make, updates: int) -> list[float]:
    """The learning rate of each update, and the one after the last."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    schedule, found = make(optimizer), []
    for _ in range(updates):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return [*found, optimizer.param_groups[0]["lr"]]


def test_constant_for_half_the_run_then_linearly_to_0():
    expected = [1, 1, 1, 1, 1, 0.75, 0.5, 0.25, 0, 0]
    assert rates(partial(constant_then_linear, updates=8), 9) == pytest.approx(expected)
    assert rates(partial(constant_then_linear, updates=4, constant=0), 4) == pytest.approx(
        [1, 0.75, 0.5, 0.25, 0]
    )
    assert rates(partial(constant_then_linear, updates=4, constant=1), 4) == [1] * 5


def test_halved_after_so_many_updates():
    assert rates(partial(halved, every=2), 5) == [1, 1, 0.5, 0.5, 0.25, 0.25]


@pytest.mark.parametrize(
    "make",
    [
        partial(constant_then_linear, updates=0),
        partial(constant_then_linear, updates=8, constant=100),
        partial(halved, every=0),
    ],
)
def test_what_makes_no_schedule_is_refused(make):
    with pytest.raises(UserError, match="expected a "):
        rates(make, 1)
