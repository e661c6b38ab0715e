"""Learning-rate schedules, counted in a player's own updates, or in the run's steps; each makes one of an optimizer."""

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR, LRScheduler

from ganlab.bounds import Count, Share, bounded


@bounded
def constant_then_linear(optimizer: Optimizer, *, updates: Count, constant: Share = 0.5) -> LRScheduler:
    """The optimizer's own rate for a share of all updates, then linearly to 0 (Isola et al. 2017; Zhu et al. 2017).

    updates: of the whole run, or its steps for ``schedules.every``. constant: the share before the rate falls. The
    authors let it fall by a step each epoch; here it falls a little with each update.

    """
    start = constant * updates
    falling = updates - start

    def factor(update: int) -> float:
        return 1.0 if update <= start or not falling else max(0.0, (updates - update) / falling)

    return LambdaLR(optimizer, factor)


@bounded
def halved(optimizer: Optimizer, *, every: Count) -> LRScheduler:
    """Half the rate after each ``every`` updates."""
    return LambdaLR(optimizer, lambda update: 0.5 ** (update // every))
