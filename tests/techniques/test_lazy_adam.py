"""Adam's numbers for a player with a regularizer's steps besides."""

import pytest
import torch

from ganlab.errors import UserError
from ganlab.techniques.lazy_adam import LazyAdam


def test_numbers_are_those_of_fewer_steps():
    """17 steps in 16 make a rate of 0.0023529 and a beta2 of 0.990585."""
    weight = torch.nn.Parameter(torch.zeros(1))
    for every, rate, beta in [(16, 0.00235294, 0.990585), (4, 0.002, 0.99**0.8), (0, 0.0025, 0.99)]:
        (group,) = LazyAdam([weight], lr=0.0025, every=every).param_groups
        assert group["lr"] == pytest.approx(rate, rel=1e-5)
        assert group["betas"] == (0.0, pytest.approx(beta, abs=1e-6))
    with pytest.raises(UserError, match="every=-1"):
        LazyAdam([weight], every=-1)
