"""What every kind of picture shares: when one is due, where it is written, who is shown it."""

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from torch import Tensor

from ganlab.bounds import Count, bounded
from ganlab.callbacks.base import Game, GameCallback
from ganlab.callbacks.interval import crossed
from ganlab.errors import UserError
from ganlab.loggers.tracker import ShowsPictures
from ganlab.pixels import save_animation, save_png
from ganlab.training.order import Order
from ganlab.training.trainer import Trainer
from ganlab.types import Batch, Observation


class Pictures(GameCallback[Game]):
    """Writes ``samples/<images seen>.png``, each as :meth:`picture` draws it, and ``samples/animation.gif`` at the end.

    The same pictures go to the loggers that show some, as the series ``samples``.

    every_images: how often.
    """

    order = Order.SCORE

    @bounded
    def __init__(self, *, every_images: Count) -> None:
        self.every_images = every_images

    def picture(self, module: Game) -> Tensor:
        """(3, H, W) uint8: what is shown of the module as it is now; always of one size."""
        raise NotImplementedError

    def on_train_start(self, trainer: Trainer, pl_module: Game) -> None:
        self.folder = Path(trainer.default_root_dir) / "samples"
        if trainer.is_global_zero:
            require_folder(self.folder)
        self.writer = ThreadPoolExecutor(max_workers=1)  # encoding a large PNG takes a second
        self.pending: list[Future] = []
        if pl_module.steps == 0:
            self.draw(trainer, pl_module)

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: Game, outputs: Observation, batch: Batch, batch_idx: int
    ) -> None:
        if crossed(self.every_images, pl_module, batch) or pl_module.steps == trainer.max_steps:
            self.draw(trainer, pl_module)

    def on_train_end(self, trainer: Trainer, pl_module: Game) -> None:
        self.writer.shutdown(wait=True)
        for written in self.pending:
            written.result()  # a PNG that could not be written is an error, also in a thread
        if trainer.is_global_zero:
            save_animation(sorted(self.folder.glob("[0-9]*.png")), self.folder / "animation.gif")

    def on_exception(self, trainer: Trainer, pl_module: Game, exception: BaseException) -> None:
        if self.__dict__.get("writer"):
            self.writer.shutdown(wait=True)

    def draw(self, trainer: Trainer, module: Game) -> None:
        if not trainer.is_global_zero:
            return
        picture = self.picture(module)
        path = self.folder / f"{module.images:010d}.png"
        self.pending = [write for write in self.pending if not write.done() or write.exception()]
        self.pending.append(self.writer.submit(save_png, picture, path))
        for logger in trainer.loggers:
            if isinstance(logger, ShowsPictures):
                pixels = picture.permute(1, 2, 0).contiguous().numpy()
                logger.log_picture("samples", pixels, images=module.images, step=module.steps)


def enlarged(picture: Tensor) -> Tensor:
    """(3, H, W), each pixel repeated by the whole number that makes a small grid about 600 pixels wide."""
    scale = max(1, 600 // picture.shape[2])
    return picture.repeat_interleave(scale, 1).repeat_interleave(scale, 2)


def require_folder(path: Path) -> None:
    """Make the folder; raises UserError where something else is in its place."""
    try:
        path.mkdir(exist_ok=True)
    except OSError as error:
        raise UserError(f"{path} cannot be a folder for pictures ({error.strerror}): move it away") from error
