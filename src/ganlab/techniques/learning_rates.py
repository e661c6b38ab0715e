"""Learning-rate schedules, counted in a player's own updates, or in the run's steps; each makes one of an optimizer."""

import math
from typing import Annotated, Any

from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR, LRScheduler

from ganlab.bounds import Count, Range, Share, Weight, bounded
from ganlab.errors import UserError


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


class NoDecay(nn.Module):
    """Identity: the learning rate stays what the optimizer and its schedule make it."""

    def forward(self, measure: Tensor, images: int) -> float:
        """What the learning rate is multiplied by, given the latest ``measure`` (), after ``images`` images."""
        return 1.0


class DecayWhenStalled(NoDecay):
    """Multiplies by ``factor`` when a measure to be minimised has found no new low for ``patience`` images.

    The rule of Berthelot et al. 2017 (BEGAN, section 4.1), who halve the rate when the convergence measure stalls. The
    measure of one batch is noisy: its mean over ``window`` images is what counts. ``floor``: no factor below that in
    all. State is saved, so that a resumed run decays where an uninterrupted one does.

    Raises:
        UserError: for a patience shorter than the window.
    """

    @bounded
    def __init__(
        self,
        *,
        factor: Annotated[float, Range(above=0, below=1)] = 0.5,
        patience: Count = 50_000,
        window: Count = 5_000,
        floor: Weight = 0.01,
    ) -> None:
        super().__init__()
        if window > patience:
            raise UserError(f"window={window}: expected at most as many images as patience={patience}")
        self.factor, self.patience, self.window, self.floor = factor, patience, window, floor
        self.state: dict[str, Any] = {"total": 0.0, "count": 0, "until": window}  # of the present window
        self.state |= {"lowest": math.inf, "since": 0, "product": 1.0}

    def forward(self, measure: Tensor, images: int) -> float:
        state = self.state
        # a tensor, read once in a window, so that no step waits for it
        state["total"] = state["total"] + measure.detach()
        state["count"] += 1
        if images < state["until"]:
            return 1.0
        mean = float(state["total"]) / state["count"]
        state |= {"total": 0.0, "count": 0, "until": images + self.window}
        if mean < state["lowest"]:
            state |= {"lowest": mean, "since": images}
        if images - state["since"] < self.patience or state["product"] * self.factor < self.floor:
            return 1.0
        state |= {"since": images, "product": state["product"] * self.factor}
        return self.factor

    def get_extra_state(self) -> dict[str, Any]:
        return dict(self.state)

    def set_extra_state(self, state: dict[str, Any]) -> None:
        self.state = dict(state)
