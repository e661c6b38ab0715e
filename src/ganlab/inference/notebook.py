"""What ``import ganlab`` offers in a notebook: a trained model with its tools, its data, pictures on the page."""

from collections.abc import Sequence
from pathlib import Path
from types import MethodType
from typing import TYPE_CHECKING, Any, Literal, Union

from torch import Tensor

from ganlab.inference import load as plain
from ganlab.inference.latents import (
    arithmetic,
    codes,
    directions,
    edit,
    interpolate,
    mixing,
    neighbours,
    project,
)
from ganlab.models import standing
from ganlab.models.images.base import LatentGAN
from ganlab.pixels import grid, to_uint8

if TYPE_CHECKING:
    from PIL.Image import Image

    from ganlab.models.translation.base import ImageToImage

LARGE = 640  # pixels: smaller pictures are enlarged to about so many


class Explored(LatentGAN):
    """A model that draws pictures from noise, as :func:`load` gives it: the tools of ``latents`` are its methods.

    ``with model.standing_statistics(100):`` is :func:`~ganlab.models.standing.standing_statistics`.

    Only what they are called stands here; a loaded model stays an instance of its own class.
    """

    interpolate = interpolate.interpolate
    arithmetic = arithmetic.arithmetic
    directions = directions.directions
    edit = edit.edit
    mixing = mixing.mixing
    project = project.project
    codes = codes.codes
    neighbours = neighbours.neighbours
    standing_statistics = standing.standing_statistics


TOOLS = [name for name in vars(Explored) if not name.startswith("_")]


def load(
    run: str | Path,
    checkpoint: Literal["last", "best"] = "last",
    device: str = "cpu",
    *,
    config_dirs: Sequence[str | Path] = (),
) -> Union[Explored, "ImageToImage"]:
    """The model of a run in eval mode: ``model(z)`` and ``model.sample(n)``, or, if it translates, ``model(image)``.

    One that draws pictures from noise has the tools of :mod:`ganlab.inference.latents` as methods, from
    ``model.interpolate([3, 7])`` to ``model.neighbours(load_data(run))``.
    run: a run directory, latest or latest:MODEL, what ``ganlab export`` has written, or its address on the Hub of
    Hugging Face, hf://user/name or hf://user/name@REVISION. config_dirs: folders with modules of your own, as
    ``--config-dir`` takes them: what lies there may run because a run names it, from now on in this process.

    Raises:
        UserError: if this is no run directory, holds no such checkpoint, or would run code that is not trusted.
        StorageError: if the checkpoint is damaged.
    """
    model: Any = plain.load(_found(run), checkpoint, device, config_dirs=config_dirs)
    if isinstance(model, LatentGAN) and model.data_kind != "points":
        for name in TOOLS:
            setattr(model, name, MethodType(vars(Explored)[name], model))
    return model


def load_data(run: str | Path, *, config_dirs: Sequence[str | Path] = ()) -> Any:
    """The data that a run was trained on, found and read: ``dataset("train")`` and ``dataset("test")`` are its splits.

    Raises:
        UserError: this is no run directory, it would run code that is not trusted, or the data is gone.
    """
    from ganlab.config import own
    from ganlab.config.runs.resume import find_run
    from ganlab.config.runs.trust import instantiate_saved

    own.add(config_dirs)
    data = instantiate_saved(find_run(run), "data")
    data.prepare()
    return data


def picture(images: Tensor, columns: int | None = None) -> "Image":
    """Images (..., C, H, W) in [-1, 1] as one picture, row by row, which a notebook shows; small ones enlarged.

    columns: as many as the last dimension before C holds, and of (n, C, H, W) 8, unless given.
    """
    from PIL import Image

    columns = columns or (images.shape[-4] if images.dim() > 4 else 8)
    sheet = Image.fromarray(
        grid(to_uint8(images.flatten(0, -4)), columns).permute(1, 2, 0).contiguous().numpy()
    )
    scale = max(1, LARGE // max(sheet.size))
    return sheet.resize((scale * sheet.width, scale * sheet.height), Image.Resampling.NEAREST)


def _found(run: str | Path) -> str | Path:
    from ganlab.config.runs.resume import LATEST, find_run

    return find_run(run) if str(run).partition(":")[0] == LATEST else run
