"""Pictures, or points, from a trained model."""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor

from ganlab.config.compose.hydra_compose import short
from ganlab.errors import UserError
from ganlab.inference.captions import write_captions, write_pictures
from ganlab.inference.class_names import class_names, number_of
from ganlab.inference.load import load
from ganlab.inference.output import fresh_folder
from ganlab.inference.translate import write_held_out
from ganlab.models.captions.base import TextGAN
from ganlab.models.images.base import LatentGAN
from ganlab.models.standing import standing_statistics
from ganlab.pixels import to_uint8
from ganlab.types import Mix, Translator


class Controls(NamedTuple):
    """How a model draws from its noise; None is as training left it.

    truncation: see ``LatentGAN.truncated``. mix: see ``StyledGAN.mixed``.
    standing_statistics: see :func:`~ganlab.models.standing.standing_statistics`.
    """

    truncation: float | None = None
    mix: Mix | None = None
    standing_statistics: int | None = None

    def chosen(self) -> list[tuple[str, float | str]]:
        """By name those that are not as in training."""
        return [(key, value) for key, value in self._asdict().items() if value is not None]

    @contextmanager
    def of(self, model: LatentGAN) -> Iterator[None]:
        """What the model draws within is drawn so; raises UserError for what it has not."""
        standing = standing_statistics(
            model, self.standing_statistics
        )  # entered last: of the noise that is drawn
        with model.truncated(self.truncation), model.mixed(self.mix), standing:
            yield


AS_TRAINED = Controls()


def write_samples(
    run_dir: Path,
    *,
    n: int = 64,
    seed: int = 0,
    label: int | str | None = None,
    controls: Controls = AS_TRAINED,
    caption: str | None = None,
    alpha: float | None = None,
    checkpoint: Literal["last", "best"] = "last",
    output: Path | None = None,
    batch_size: int = 250,
    numbered: bool = False,
    data: Any = None,
) -> Path:
    """Write ``n`` samples as single PNGs and the first of them (at most 400) as ``grid.png``; returns their folder.

    Points are written as ``points.csv``. Of a model that translates pictures, n held-out examples are shown in a
    gallery, whose page is returned.

    label: only this class: its number, or its name where the data had names.
    controls: how the noise is drawn from. alpha: see ``ImageToImage.interpolated``.
    caption: what to draw, for a model that reads; see :func:`~ganlab.inference.captions.write_captions`.
    numbered: ``grid.png`` shows their numbers. data: the examples of an export that translates; a run has its own.
    output: default ``<run_dir>/generated/<checkpoint>-seed<seed>`` and what was chosen besides; what an earlier command
        wrote there from this run is replaced.

    Raises:
        UserError: a run that cannot be loaded, an n below 1, an unknown label, or a folder that cannot be taken.
    """
    if n < 1:
        raise UserError(f"n={n}: expected a number of samples, at least 1")
    model = load(run_dir := Path(run_dir), checkpoint, device="cuda" if torch.cuda.is_available() else "cpu")
    require_sense(model, label, caption, alpha, controls)
    if isinstance(model, Translator):
        return write_held_out(model, run_dir, n, checkpoint=checkpoint, alpha=alpha, output=output, data=data)
    number, of_class = (None, "") if label is None else _class_of(label, run_dir, model)
    name = f"{checkpoint}-seed{seed}{of_class}{_chosen(controls, caption)}"
    folder = Path(output or run_dir / "generated" / name)
    with controls.of(model), fresh_folder(folder, run_dir):
        if caption is not None and isinstance(model, TextGAN):
            return write_captions(model, caption, folder, n=n, seed=seed, batch_size=batch_size)
        samples = model.sample(n, seed=seed, label=number, batch_size=batch_size)
        return write_drawn(samples, folder, numbered=numbered)


def _class_of(label: int | str, run_dir: Path, model: Any) -> tuple[int, str]:
    """Its number, and what a folder's name says: that and, where the class has another name, its name."""
    names = class_names(run_dir, model.data_kind)
    number = number_of(label, names, model)
    others = [short(name) for name in names[number:][:1] if name != str(number)]
    return number, "-label" + "_".join([str(number), *others])


def _chosen(controls: Controls, caption: str | None) -> str:
    """The end of a folder's name."""
    parts = [
        key + (f"{value:g}" if isinstance(value, float) else str(value)) for key, value in controls.chosen()
    ]
    parts += [] if caption is None else [short(caption)]
    return "".join(f"-{part}" for part in parts)


def write_drawn(samples: Tensor, folder: Path, *, numbered: bool = False) -> Path:
    """(n, C, H, W) in [-1, 1] as pictures and a grid of them, (n, 2) as ``points.csv``; returns the folder."""
    if samples.dim() == 2:
        write_points(samples, folder / "points.csv")
        return folder
    return write_pictures(
        to_uint8(samples), folder, min(20, max(1, round(min(len(samples), 400) ** 0.5))), numbered
    )


def require_sense(
    model: object,
    label: int | str | None,
    caption: str | None,
    alpha: float | None,
    controls: Controls,
) -> None:
    """Raises UserError where a label, a caption, alpha or what draws noise is asked of a model that knows none."""
    if alpha is not None and not isinstance(model, Translator):
        raise UserError(f"alpha={alpha:g}: this model makes pictures of noise; leave alpha out")
    if caption is not None and label is not None:
        raise UserError(
            f"label={label} caption={caption!r}: a model knows classes or captions; leave one of them out"
        )
    if caption is not None and not isinstance(model, TextGAN):
        raise UserError(f"caption={caption!r}: this model was not trained on captions; leave caption out")
    for key, value in (("label", label), *controls.chosen()):
        if value is not None and isinstance(model, Translator):
            raise UserError(
                f"{key}={value}: this model translates pictures and knows no classes and no noise; leave {key} out"
            )


def write_points(points: Tensor, path: Path) -> None:
    """(N, 2) as a table of x and y."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", newline="") as file:
        csv.writer(file).writerows([("x", "y"), *points.tolist()])
