"""What is changed between two starts of a run counts, and what a schedule has done stays."""

import pytest
import torch
from torch.optim.lr_scheduler import LambdaLR

from ganlab.models.optimizer_numbers import numbers_of, take_over


def optimizer(**numbers) -> torch.optim.Adam:
    return torch.optim.Adam(
        [torch.nn.Parameter(torch.zeros(2))], **({"lr": 0.1, "betas": (0.5, 0.9)} | numbers)
    )


def restored(now: torch.optim.Adam, before: torch.optim.Adam) -> None:
    """As Lightning does it: the checkpoint's numbers take the place of those configured."""
    now.load_state_dict(before.state_dict())


def test_R7_numbers_that_were_changed_count():
    before, now = optimizer(), optimizer(lr=0.02, betas=(0.0, 0.9), eps=1e-4)
    configured = numbers_of(now)
    restored(now, before)
    assert now.param_groups[0]["lr"] == 0.1
    changes = take_over(now, None, numbers_of(before), configured)
    assert changes == ["betas [0.5, 0.9] -> [0.0, 0.9]", "eps 1e-08 -> 0.0001", "lr 0.1 -> 0.02"]
    group = now.param_groups[0]
    assert (group["lr"], group["betas"], group["eps"]) == (pytest.approx(0.02), (0.0, 0.9), 1e-4)


def test_R7_what_was_not_changed_stays_as_the_run_left_it():
    before, now = optimizer(), optimizer()
    configured = numbers_of(now)
    before.param_groups[0]["lr"] = 0.025  # BEGAN has halved it twice
    restored(now, before)
    assert take_over(now, None, numbers_of(optimizer()), configured) == []
    assert now.param_groups[0]["lr"] == 0.025


def test_R7_a_schedule_goes_on_from_another_height():
    before, now = optimizer(), optimizer(lr=0.2)
    first, saved, configured = LambdaLR(before, lambda n: 0.5**n), numbers_of(optimizer()), numbers_of(now)
    second = LambdaLR(now, lambda n: 0.5**n)
    before.step()
    first.step()
    restored(now, before)
    second.load_state_dict(first.state_dict())
    take_over(now, second, saved, configured)
    assert now.param_groups[0]["lr"] == pytest.approx(0.1)
    now.step()
    second.step()
    assert now.param_groups[0]["lr"] == pytest.approx(0.05)
