from pathlib import Path

from ganlab.bounds import Count, bounded
from ganlab.callbacks.base import GameCallback


class Diary(GameCallback):
    """A line in ``diary.txt`` of the run directory, every ``every_steps`` steps: who is winning?"""

    @bounded
    def __init__(self, *, every_steps: Count = 50) -> None:
        self.every_steps = every_steps

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx) -> None:
        if pl_module.steps % self.every_steps or not trainer.is_global_zero:  # one process writes
            return
        logged = pl_module.published  # what was logged last, by its key in metrics.csv
        losses = f"D {logged['discriminator/loss']:.3f}, G {logged['generator/loss']:.3f}"
        with open(Path(trainer.default_root_dir) / "diary.txt", "a", encoding="utf-8") as file:
            print(f"{pl_module.images:,} images: {losses}", file=file)
