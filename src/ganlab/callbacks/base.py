"""A callback of a game: Lightning's hooks, with the trainer, the module and the batch of this house."""

from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from ganlab.models.base import GAN
from ganlab.training.order import Order
from ganlab.training.trainer import Trainer
from ganlab.types import Batch, Observation

# Lightning's hooks take any module; those below, which take a game, are all that a checker sees
if TYPE_CHECKING:
    Callback = object
else:
    from lightning.pytorch import Callback

Game = TypeVar("Game", bound=GAN)


class GameCallback(Callback, Generic[Game]):
    """A Lightning callback that watches a ``Game``: any :class:`GAN`, or the kind of game that it is made for.

    Each hook does nothing here. ``outputs`` is what ``training_step`` lets callbacks see.
    """

    order: ClassVar[float] = Order.MIDDLE  # of all callbacks at the end of a step, lower ones first

    def setup(self, trainer: Trainer, pl_module: Game, stage: str) -> None: ...

    def on_fit_start(self, trainer: Trainer, pl_module: Game) -> None: ...

    def on_train_start(self, trainer: Trainer, pl_module: Game) -> None: ...

    def on_train_batch_start(
        self, trainer: Trainer, pl_module: Game, batch: Batch, batch_idx: int
    ) -> None: ...

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: Game, outputs: Observation, batch: Batch, batch_idx: int
    ) -> None: ...

    def on_train_end(self, trainer: Trainer, pl_module: Game) -> None: ...

    def on_exception(self, trainer: Trainer, pl_module: Game, exception: BaseException) -> None: ...

    def on_save_checkpoint(self, trainer: Trainer, pl_module: Game, checkpoint: dict[str, Any]) -> None: ...

    def on_load_checkpoint(self, trainer: Trainer, pl_module: Game, checkpoint: dict[str, Any]) -> None: ...

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint keeps of this callback."""
        return {}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None: ...
