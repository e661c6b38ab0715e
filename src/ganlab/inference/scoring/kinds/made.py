"""Images that are not in files of the user's: those of a data set, and those that a trained model draws."""

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor

from ganlab.config import compose, instantiate
from ganlab.config.compose.check import check_targets, check_values
from ganlab.config.runs.trust import instantiate_saved
from ganlab.errors import UserError
from ganlab.inference.load import load
from ganlab.inference.scoring.kinds.base import Pictures, Side
from ganlab.models.images.base import LatentGAN
from ganlab.models.images.labelled import LabelledGAN
from ganlab.pixels import to_uint8
from ganlab.randomness import Draws
from ganlab.sets import ImageSet

log = logging.getLogger(__name__)

SPLITS = ("train", "test")
SINGLE = ("images", "labelled", "captions")  # kinds of data whose sets are of images


class DataSide(Side):
    """One split of a data set; ``other`` is the other one."""

    def __init__(self, title: str, images: ImageSet, other: "DataSide | None" = None) -> None:
        super().__init__()
        self.title, self.images, self.other, self.classes = title, images, other, images.classes

    def __len__(self) -> int:
        return len(self.images)

    def pictures(self, order: Sequence[int], batch_size: int) -> Iterator[Pictures]:
        for start in range(0, len(order), batch_size):
            places = list(order[start : start + batch_size])
            yield Pictures(self.images.images(torch.tensor(places)), places)

    def labels(self) -> Tensor | None:
        return self.images.labels(torch.arange(len(self.images)))

    def fingerprint(self) -> str:
        return self.images.fingerprint()


def named_data(word: str) -> DataSide:
    """What ``data:NAME:SPLIT`` says, with more keys of the data after it: ``data:celeba:train:root=/mnt/celeba``.

    Raises:
        UserError: another form, no such data set, or one that is no images by themselves.
    """
    _, name, split, *settings = word.split(":", 3) if word.count(":") > 1 else (*word.split(":"), "")
    if split not in SPLITS or not name:
        raise UserError(
            f"{word}: expected data:NAME:SPLIT, as in data:cifar10:train or data:digits:test (ganlab list data)"
        )
    words = [f"data.{setting}" for part in settings for setting in part.split(",") if setting]
    cfg = compose([f"data={name}", *words])
    if cfg.kinds.get("data", "images") not in SINGLE:
        raise UserError(
            f"{word}: this data is of {cfg.kinds.data}, not of single images; see ganlab list data"
        )
    check_values(cfg.data, "data")
    check_targets(cfg.data, "data")
    return split_of(instantiate(cfg.data), name, split)


def split_of(data: Any, name: str, split: str) -> DataSide:
    """One split of a data module, with the other beside it, where that has images."""
    data.prepare()
    sets = {part: data.dataset(part) for part in SPLITS}
    if not isinstance(sets[split], ImageSet):
        raise UserError(f"{name} was trained on {data.kind}, not on single images: name the real ones")
    other = SPLITS[1 - SPLITS.index(split)]
    beside = DataSide(f"data={name}, {other} split", sets[other]) if len(sets[other]) else None
    return DataSide(f"data={name}, {split} split", sets[split], beside)


def data_of_run(run_dir: Path, split: str) -> DataSide:
    """What a run was trained on."""
    return split_of(instantiate_saved(run_dir, "data"), run_dir.name, split)


class Generated(Side):
    """``n`` samples of a run or of an export, drawn with ``seed``, again and again the same.

    Raises:
        UserError: a model that draws nothing from noise.
    """

    lasting: ClassVar[bool] = False

    def __init__(
        self,
        folder: Path,
        *,
        n: int,
        seed: int,
        averaged: bool,
        checkpoint: Literal["best", "last"],
        device: torch.device,
    ) -> None:
        super().__init__()
        model = load(folder, checkpoint, str(device))
        if not isinstance(model, LatentGAN) or model.data_kind == "points":
            raise UserError(
                f"{folder} draws no pictures from noise: write what it makes with ganlab sample, and score that folder"
            )
        self.model, self.n, self.seed, self.averaged = model, n, seed, averaged
        self.classes = tuple(map(str, range(model.classes))) if isinstance(model, LabelledGAN) else ()
        self.title = f"{folder}, {checkpoint} checkpoint, {model.sampled_from(averaged)}, seed {seed}"

    def __len__(self) -> int:
        return self.n

    def labels(self) -> Tensor | None:
        """The classes that a conditional model was asked for."""
        if not isinstance(self.model, LabelledGAN):
            return None
        return self.model.inputs(self.n, Draws(self.seed, "sample"))[1]

    def pictures(self, order: Sequence[int], batch_size: int) -> Iterator[Pictures]:
        start, clipped, values = 0, 0, 0
        inputs = [rows[list(order)] for rows in self.model.inputs(self.n, Draws(self.seed, "sample"))]
        for images in self.model.pictures_of(inputs, averaged=self.averaged, batch_size=batch_size):
            broken = int((~images.isfinite().flatten(1).all(1)).sum())
            if broken:
                raise UserError(
                    f"{self.title}: {broken} of the first {start + len(images)} images have pixels that are NaN or "
                    "infinite, so there is no score: choose another checkpoint"
                )
            clipped, values = clipped + int((images.abs() > 1.05).sum()), values + images.numel()
            yield Pictures(to_uint8(images), list(order[start : start + len(images)]))
            start += len(images)
        if clipped > 0.01 * values:
            log.warning(
                "%s: %.0f%% of the pixels lay outside [-1, 1] and were clipped",
                self.title,
                100 * clipped / values,
            )
