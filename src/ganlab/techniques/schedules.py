"""Numbers that change as training goes on, as functions of the images seen."""

import math
from collections.abc import Callable
from typing import Annotated, Any

from torch import Tensor, nn

from ganlab.bounds import Count, Range, Weight, bounded
from ganlab.errors import UserError

Schedule = Callable[[int], float]  # of the images seen


class Cosine:
    """From ``start`` to ``end`` along half a cosine, while ``images`` images are seen; ``end`` from then on.

    Huang et al. 2024 (R3GAN, appendix) let all their schedules run like this. Counted in images, a schedule does not
    depend on batch size, number of processes or resume.
    """

    @bounded
    def __init__(self, *, start: Weight, end: Weight, images: Count) -> None:
        self.start, self.end, self.images = start, end, images

    def __call__(self, images: int) -> float:
        done = min(1.0, images / self.images)
        return self.end + (self.start - self.end) * (1 + math.cos(math.pi * done)) / 2


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
        self.state = {"total": 0.0, "count": 0, "until": window}  # of the present window
        self.state |= {"lowest": math.inf, "since": 0, "product": 1.0}

    def forward(self, measure: Tensor, images: int) -> float:
        state = self.state
        state["total"] += measure.item()
        state["count"] += 1
        if images < state["until"]:
            return 1.0
        mean = state["total"] / state["count"]
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
