"""Pictures through a trained translator: a user's own, or the examples that were held out."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor

from ganlab.config.runs.trust import instantiate_saved
from ganlab.errors import UserError
from ganlab.inference.data_of import data_of
from ganlab.inference.export.read import config_of, names_in
from ganlab.inference.load import load
from ganlab.inference.masks import Masks, with_hole
from ganlab.inference.output import fresh_folder
from ganlab.inference.picture_files import (
    Format,
    Found,
    find_pictures,
    read_label_map,
    read_picture,
    require_apart,
    targets,
    write_picture,
)
from ganlab.memory_budget import lacks_memory
from ganlab.metrics.translation.base import spread
from ganlab.models.translation.base import ImageToImage
from ganlab.pixels import coloured_regions
from ganlab.report.gallery import Gallery
from ganlab.types import Translator

log = logging.getLogger(__name__)

Checkpoint = Literal["last", "best"]


class Written(NamedTuple):
    """page: of the gallery. done, skipped: how many pictures."""

    page: Path
    done: int
    skipped: int


def translate_pictures(
    run_dir: Path,
    source: Path,
    *,
    direction: str | None = None,
    reference: Path | None = None,
    mask: str | None = None,
    tile: int | None = None,
    form: Format = "keep",
    n: int = 64,
    seed: int = 0,
    checkpoint: Checkpoint = "last",
    alpha: float | None = None,
    output: Path | None = None,
) -> Written:
    """Translate a picture file, or every one below a folder; names, sizes and formats stay, EXIF turns are made.

    A picture that cannot be read or translated is told of in the log and skipped.

    direction: one of the model's; its first unless given. mask: of what is to be filled; see :class:`Masks`.
    reference: a picture of the domain that ``direction`` names, in whose style all are translated.
    tile: translate squares of so many pixels. n: pictures shown in the gallery; all are translated.
    alpha: see :meth:`~ganlab.models.translation.base.ImageToImage.interpolated`.
    output: default ``<run_dir>/generated/<checkpoint>-<name of what was given>`` and what was chosen besides.

    Raises:
        UserError: for what cannot be translated at all, before anything is written; and if no picture could be.
    """
    if tile is not None and tile < 1:
        raise UserError(f"tile={tile}: expected a number of pixels, for instance tile=512")
    found = find_pictures("input", source, leave_out=output or run_dir / "generated")
    masks, model = None if mask is None else Masks(mask), load_translator(run_dir, checkpoint)
    require_sense(model, direction := direction or model.directions[0], mask)
    name = f"{checkpoint}-{source.resolve().stem}" + (f"-{direction}" if len(model.directions) > 1 else "")
    name += f"-{reference.stem if reference else f'seed{seed}'}" if model.has_styles else ""
    folder = output or run_dir / "generated" / f"{name}{suffix(alpha)}"
    where, given = targets(found, folder, form), [*found, *(masks.found if masks else [])]
    require_apart(source, folder, [one.path for one in given], where.values())
    channels = channels_of(model, run_dir, direction)
    options = {"direction": direction, "seed": seed, "tile": tile, **styled(model, reference, channels)}
    with model.interpolated(alpha), fresh_folder(folder, run_dir):
        gallery = Gallery(folder, source.name or str(source), facts_of(model, run_dir, direction, alpha))
        faults = _translate_all(model, found, where, channels, masks, options, gallery, n)
        require_some(source, found, faults)
        return Written(gallery.write(), len(found) - len(faults), len(faults))


def require_some(source: Path, found: Sequence[Found], faults: Sequence[str]) -> None:
    """Raises UserError where no picture could be translated."""
    if len(faults) < len(found):
        return
    many = f"none of the {len(found)} pictures in {source} could be translated; the first: "
    raise UserError(many * (len(found) > 1) + faults[0])


def _translate_all(
    model: Translator,
    found: Sequence[Found],
    where: Mapping[Path, Path],
    channels: int,
    masks: Masks | None,
    options: dict[str, Any],
    gallery: Gallery,
    n: int,
) -> list[str]:
    """Write every translation, and show the first n; returns what was wrong with those that were skipped."""
    from tqdm import tqdm

    faults: list[str] = []
    for one in tqdm(found, desc="translating", unit="picture", disable=None):
        try:
            shown = translated(model, one, channels, masks, options)
        except (UserError, RuntimeError, MemoryError) as error:
            faults.append(reason_for(error, one.path))
            log.warning("skipped: %s", faults[-1])
            continue
        write_picture(shown["output"], where[one.path])
        if len(gallery.examples) < n:
            gallery.add(str(one.below), shown, {"input": one.path, "output": where[one.path]})
    return faults


def reason_for(error: Exception, path: Path) -> str:
    """The sentence for a picture that is skipped; raises what is no fault of a picture."""
    if isinstance(error, UserError):
        return str(error)
    if lacks_memory(error):
        return f"{path} is too large for the memory; try tile=512"
    raise error


def translated(
    model: Translator, one: Found, channels: int, masks: Masks | None, options: dict[str, Any]
) -> dict[str, Tensor]:
    """What a gallery shows of one picture: (C, H, W) by caption, ``output`` among them. options: of ``convert``."""
    if model.data_kind == "semantic":
        label_map = read_label_map(one.path)
        return {"input": coloured_regions(label_map)[0], "output": model.convert(label_map, **options)[0]}
    picture = read_picture(one.path, channels)
    if masks is None:
        return {"input": picture[0], "output": model.convert(picture, **options)[0]}
    mask = masks.of(one, *picture.shape[2:])
    output_picture = model.convert(with_hole(picture, mask), mask=mask, **options)[0]
    return {"input": with_hole(picture, mask)[0], "output": output_picture}


def write_held_out(
    model: Translator,
    run_dir: Path,
    n: int,
    *,
    checkpoint: Checkpoint,
    alpha: float | None = None,
    output: Path | None = None,
    data: Any = None,
) -> Path:
    """A gallery of at most n held-out examples of the run's own data, or of ``data``; returns its page.

    output: default ``<run_dir>/generated/<checkpoint>-held-out[-alpha<alpha>]``.

    Raises:
        UserError: the data is missing, or holds nothing out.
    """
    examples = data_of(run_dir, model, data).dataset("test")
    if len(examples) == 0:
        raise UserError(f"{run_dir} held out no examples; give pictures of your own with input=FOLDER")
    folder = output or run_dir / "generated" / f"{checkpoint}-held-out{suffix(alpha)}"
    gallery = Gallery(folder, "held-out examples", facts_of(model, run_dir, alpha=alpha))
    with model.interpolated(alpha), fresh_folder(folder, run_dir):
        gallery.show(model, examples, spread(len(examples), n))
        return gallery.write()


def load_translator(run_dir: Path, checkpoint: Checkpoint) -> Translator:
    """The run's model; raises UserError for one that makes pictures of noise."""
    model = load(run_dir, checkpoint, device="cuda" if torch.cuda.is_available() else "cpu")
    if not isinstance(model, Translator):
        raise UserError(
            f"input=: {run_dir} holds a model that makes pictures of noise, and translates none; leave input out"
        )
    return model


def require_sense(model: Translator, direction: str, mask: str | None) -> None:
    """Raises UserError for a direction that the model does not have, a mask too many, or one that lacks."""
    if direction not in model.directions:
        raise UserError(
            f"direction={direction}: this model has direction={' and direction='.join(model.directions)}"
        )
    fills_holes = model.data_kind == "inpainting"
    if fills_holes and mask is None:
        raise UserError(
            "this model fills holes: say where, with mask=FILE (white is missing), mask=FOLDER or mask=center"
        )
    if mask is not None and not fills_holes:
        raise UserError(f"mask={mask}: this model translates whole pictures; leave mask out")


def styled(model: Translator, reference: Path | None, channels: int) -> dict[str, Tensor]:
    """What ``convert`` is told of a reference besides; raises UserError for none, and where the model takes none."""
    if reference is not None and not model.has_styles:
        raise UserError(f"reference={reference}: only starganv2 takes a style from a picture; leave it out")
    if reference is not None and not reference.is_file():
        raise UserError(f"reference={reference}: no such file; expected a picture of the domain")
    return {} if reference is None else {"reference": read_picture(reference, channels)}


def channels_of(model: Translator, run_dir: Path, direction: str) -> int:
    """Of the pictures that the model takes: its network says so, else the data of its run, which need not be there."""
    if isinstance(model, ImageToImage):
        return model.networks()[direction].in_channels
    shapes = instantiate_saved(run_dir, "data").shape
    inputs = {"a_to_b": "a", "b_to_a": "b"}.get(direction)
    key = inputs or next(key for key in ("source", "label_map", "low", "image") if key in shapes)
    return shapes[key][0]


def suffix(alpha: float | None) -> str:
    """The end of a folder's name."""
    return "" if alpha is None else f"-alpha{alpha:g}"


def facts_of(
    model: Any, run_dir: Path, direction: str = "output", alpha: float | None = None
) -> dict[str, str]:
    """What the gallery says below its title."""
    facts = {**names_in(config_of(run_dir)), "images seen": f"{model.images:,}"}
    if direction != "output":
        facts["direction"] = direction.replace("_", " ")
    return facts if alpha is None else {**facts, "alpha": f"{alpha:g}"}
