"""Samples, or pictures that were projected, moved along a direction that was found before."""

import json
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from ganlab.errors import StorageError, UserError
from ganlab.inference.latents import projected
from ganlab.inference.latents.origins import Inputs, originals, pictures
from ganlab.inference.latents.show import save_rows
from ganlab.inference.latents.source import Source
from ganlab.models.images.base import LatentGAN
from ganlab.nearest import did_you_mean, listing

FILE = "directions.safetensors"
AMOUNTS = (-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0)


def edit(
    model: LatentGAN,
    direction: Tensor,
    numbers: Sequence[int] = (),
    amounts: Sequence[float] = AMOUNTS,
    *,
    n: int = 64,
    seed: int = 0,
    label: int | None = None,
    averaged: bool = True,
) -> Tensor:
    """(samples, amounts, C, H, W): samples of a draw with so much of ``direction`` (size,) added to their noise.

    An amount of 0 is the sample itself.

    Raises:
        UserError: numbers that the draw does not have, or a direction of another size than the noise.
    """
    inputs = originals(model, numbers or range(min(8, n)), n=n, seed=seed, label=label)
    return moved(model, inputs, direction, amounts, averaged=averaged)


def moved(
    model: LatentGAN,
    inputs: Inputs,
    direction: Tensor,
    amounts: Sequence[float] = AMOUNTS,
    *,
    averaged: bool = True,
) -> Tensor:
    """As :func:`edit`, of latent vectors (samples, size) with their condition.

    Raises:
        UserError: a direction of another size than theirs.
    """
    z, *condition = inputs
    if len(direction) != z.shape[1]:
        raise UserError(f"a direction of {len(direction)} numbers, and this model's noise has {z.shape[1]}")
    others = z[:, None] + torch.tensor(list(amounts))[:, None] * direction
    beside = [values.repeat_interleave(len(amounts), 0) for values in condition]
    drawn = pictures(model, others.flatten(0, 1), *beside, averaged=averaged)
    return drawn.unflatten(0, (len(z), len(amounts)))


def read(path: Path, direction: int | str) -> tuple[str, Tensor]:
    """The name and the numbers (size,) of one direction, by its number or name.

    Raises:
        UserError: there is no such file or direction.
        StorageError: the file is damaged.
    """
    if not path.is_file():
        raise UserError(f"there is no {path}: find directions first, with ganlab explore directions run=...")
    try:
        with safe_open(path, "pt") as file:
            names = [str(name) for name in json.loads((file.metadata() or {})["names"])]
            vectors = file.get_tensor("vectors")
    except (SafetensorError, LookupError, ValueError, TypeError) as error:
        raise StorageError(f"{path} holds no directions ({error}); find them again") from error
    if str(direction) in names:
        place = names.index(str(direction))
    elif str(direction).isdecimal() and int(direction) < len(names):
        place = int(direction)
    else:
        raise UserError(
            f"direction={direction}: there is no such direction{did_you_mean(str(direction), names)}; "
            f"there are {listing(names)}"
        )
    return names[place], vectors[place]


def write(
    source: Source,
    folder: Path,
    *,
    directions: Path | None = None,
    direction: int | str = 0,
    amounts: Sequence[float] = AMOUNTS,
    numbers: Sequence[int] = (),
    latents: Path | None = None,
    label: int | str | None = None,
    n: int = 64,
    seed: int = 0,
) -> list[str]:
    """``edit.png``: a row for each sample, a column for each amount.

    latents: of ``project``, whose pictures are moved in the place of samples, each behind the user's own.
    """
    path = directions or source.run_dir / "generated" / f"{source.checkpoint}-directions" / FILE
    name, vector = read(path.expanduser(), direction)
    if latents is not None:
        if label is not None:
            raise UserError(
                f"label={label}: a projected picture has the class that it was found with; leave label out"
            )
        names, targets, inputs = projected.read(latents.expanduser(), source.model, numbers)
        images = torch.cat([targets[:, None], moved(source.model, inputs, vector, amounts)], dim=1)
    else:
        images = edit(source.model, vector, numbers, amounts, n=n, seed=seed, label=source.label(label))
        names = [f"number {number}" for number in numbers or range(len(images))]
    save_rows(images.flatten(0, 1), names, folder / "edit.png")
    first = "" if latents is None else "your picture, and what was found "
    return [f"{first}along direction {name}, by {', '.join(f'{amount:g}' for amount in amounts)}"]
