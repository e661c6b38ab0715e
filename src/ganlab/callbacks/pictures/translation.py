"""What a translator makes of the same held-out examples as training goes on, and a gallery of them at the end."""

from collections import defaultdict
from pathlib import Path
from typing import Annotated

from torch import Tensor

from ganlab.bounds import Count, Pictured, Range, bounded
from ganlab.callbacks.pictures.base import Pictures
from ganlab.callbacks.pictures.sheet import sheet
from ganlab.metrics.translation.base import spread
from ganlab.models.translation.base import ImageToImage
from ganlab.report.gallery import Gallery
from ganlab.score_record import in_words, scores_of
from ganlab.sets import ExampleSet
from ganlab.training.trainer import Trainer


class Rows(Pictures[ImageToImage]):
    """Draws a row for each of ``n`` held-out examples: input, output, truth, or what the model shows of its kind.

    At the end ``gallery.html`` in the run directory shows more of them, each with its name.

    every_images: how often. n: rows. gallery: how many examples the page shows; 0 makes none. title: of the page.
    """

    @bounded
    def __init__(
        self,
        *,
        every_images: Count = 5120,
        n: Pictured = 6,
        gallery: Annotated[int, Range(minimum=0, maximum=10_000)] = 48,
        title: str = "ganlab",
    ) -> None:
        super().__init__(every_images=every_images)
        self.n, self.gallery, self.title = n, gallery, title

    def on_train_start(self, trainer: Trainer, pl_module: ImageToImage) -> None:
        held_out, trained_on = (trainer.datamodule.dataset(split) for split in ("test", "train"))
        self.examples: ExampleSet = held_out if len(held_out) else trained_on
        super().on_train_start(trainer, pl_module)

    def picture(self, module: ImageToImage) -> Tensor:
        columns: dict[str, list[Tensor]] = defaultdict(list)
        for index in spread(len(self.examples), self.n).split(1):  # one by one, as a user's own pictures
            for caption, images in module.panels(self.examples.batch(index)).items():
                columns[caption].append(images[0])
        return sheet(columns, f"{module.images:,} images seen")

    def on_train_end(self, trainer: Trainer, pl_module: ImageToImage) -> None:
        super().on_train_end(trainer, pl_module)
        if not trainer.is_global_zero or self.gallery < 1:
            return
        facts = {"images seen": f"{pl_module.images:,}", "scores": in_words(scores_of(trainer.callbacks))}
        gallery = Gallery(Path(trainer.default_root_dir), self.title, {k: v for k, v in facts.items() if v})
        gallery.show(pl_module, self.examples, spread(len(self.examples), self.gallery))
        gallery.write()
