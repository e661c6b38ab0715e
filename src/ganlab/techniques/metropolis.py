"""Metropolis-Hastings: samples from a density that is known up to a factor."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from ganlab.randomness import Draws


def accepts(log_ratio: Tensor, draws: Draws) -> Tensor:
    """(n,) bool: whether each proposal is taken, with probability min(1, exp(log_ratio)) (Hastings 1970).

    log_ratio: (n,), log f(new) q(old | new) / (f(old) q(new | old)), or log f(new) / f(old) where q is symmetric.
    """
    return draws.uniform(len(log_ratio)).clamp_min(1e-38).log().to(log_ratio) < log_ratio


def metropolis(
    log_density: Callable[[Tensor], Tensor],
    start: Tensor,
    propose: Callable[[Tensor, Draws], Tensor],
    *,
    steps: int,
    draws: Draws,
) -> Iterator[tuple[Tensor, Tensor]]:
    """The states (n, ...) of n chains after each of ``steps`` steps, and which moved (n,) (Metropolis et al. 1953).

    log_density: of (n, ...), to (n,), up to a constant; -inf where there is none. propose: from states to as many new
    ones, as likely there as back.
    """
    states, height = start, log_density(start)
    for _ in range(steps):
        new = propose(states, draws)
        new_height = log_density(new)
        moved = accepts(new_height - height, draws)
        states = torch.where(moved.unflatten(0, (-1, *(1,) * (states.dim() - 1))), new, states)
        height = torch.where(moved, new_height, height)
        yield states, moved
