"""Learning-rate schedules, counted in a player's own updates, or in the run's steps; each makes one of an optimizer."""

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR, LRScheduler

from ganlab.errors import UserError


def constant_then_linear(optimizer: Optimizer, *, updates: int, constant: float = 0.5) -> LRScheduler:
    """The optimizer's own rate for a share of all updates, then linearly to 0 (Isola et al. 2017; Zhu et al. 2017).

    updates: of the whole run, or its steps for ``schedules.every``. constant: the share before the rate falls. The
    authors let it fall by a step each epoch; here it falls a little with each update.

    Raises:
        UserError: no update at all, or a share outside [0, 1].
    """
    if updates < 1 or not 0 <= constant <= 1:
        raise UserError(
            f"model.schedules: updates={updates} constant={constant}: expected at least 1 update and a share of "
            "0 to 1; try constant=0.5"
        )
    start = constant * updates
    falling = updates - start

    def factor(update: int) -> float:
        return 1.0 if update <= start or not falling else max(0.0, (updates - update) / falling)

    return LambdaLR(optimizer, factor)


def halved(optimizer: Optimizer, *, every: int) -> LRScheduler:
    """Half the rate after each ``every`` updates.

    Raises:
        UserError: ``every`` below 1.
    """
    if every < 1:
        raise UserError(f"model.schedules: every={every}: expected a number of updates, at least 1")
    return LambdaLR(optimizer, lambda update: 0.5 ** (update // every))
