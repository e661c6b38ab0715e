"""The gradients of players: clipped, found to be finite, and their norms as they are seen from outside."""

import math
from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from ganlab.errors import DivergedError
from ganlab.models.players import Players
from ganlab.models.telemetry import Telemetry
from ganlab.torch_internals import norm_of_all


class Gradients(Players, Telemetry):
    """A game that looks at its players' gradients.

    gradient_clip: largest allowed norm of a player's gradient in an update; None leaves gradients alone.
    moved: players whose gradients nobody has looked at since they stepped. norms: of such, from before a resume.
    """

    def __init__(self, *, gradient_clip: float | None, **options: Any) -> None:
        super().__init__(**options)
        self.gradient_clip = gradient_clip
        self.moved: set[str] = set()
        self.norms: dict[str, float] = {}

    def limit_gradient(self, player: str) -> None:
        """Clip the gradient if asked; on a CPU also stop if it is not finite (it is the same on all processes)."""
        parameters = self.parameters_of()[player]
        looks = self.device.type == "cpu"
        if self.gradient_clip is not None:
            clipped = nn.utils.clip_grad_norm_(parameters, self.gradient_clip)
            self.track(f"health/{player}_gradient_norm", clipped)
            norm = clipped.item() if looks else 0.0
        else:
            norm = norm_of_all([p.grad for p in parameters if p.grad is not None]) if looks else 0.0
        if not math.isfinite(norm):
            raise DivergedError(self._diverged(player, "gradient", f"norm {norm:g}"))

    def stop_unless_finite(self, player: str, terms: Mapping[str, Tensor], loss: Tensor) -> None:
        """Raises DivergedError for a loss that is not finite."""
        if math.isfinite(loss.item()):
            return
        values = ", ".join(f"{name}={value.item():g}" for name, value in terms.items())
        raise DivergedError(self._diverged(player, "loss", values))

    def gradient_norms(self) -> dict[str, float]:
        """The norm of the last gradient of each player that has stepped since the last call."""
        norms = self.present_norms()
        self.moved, self.norms = set(), {}
        return norms

    def present_norms(self) -> dict[str, float]:
        """What :meth:`gradient_norms` would give, which then gives it all the same."""
        gradients = {
            player: [p.grad for p in self.parameters_of()[player] if p.grad is not None]
            for player in self.moved
        }
        new = {player: float(nn.utils.get_total_norm(found)) for player, found in gradients.items() if found}
        norms = self.norms | new
        return {player: norms[player] for player in self.parameters_of() if player in norms}

    def _diverged(self, player: str, what: str, values: str) -> str:
        return (
            f"the {player}'s {what} is not finite in step {self.steps} ({values}; learning rate "
            f"{self.learning_rate(player):g}); its weights were not touched. Try a lower model.optimizers.{player}.lr, "
            "model.gradient_clip=1 or precision=32"
        )
