"""What each part of the input does: categories and codes of InfoGAN, classes or captions and noises, as a table."""

from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from ganlab.errors import UserError
from ganlab.inference.latents.origins import conditions, pictures
from ganlab.inference.latents.show import save_rows
from ganlab.inference.latents.source import Source
from ganlab.models.captions.base import TextGAN
from ganlab.models.captions.phrasebook import evenly
from ganlab.models.images.base import LatentGAN
from ganlab.models.images.labelled import LabelledGAN
from ganlab.randomness import Draws
from ganlab.techniques.priors import Codes


class Table(NamedTuple):
    """images: (rows * columns, C, H, W) in [-1, 1], row by row.  rows: what each row shows."""

    images: Tensor
    rows: list[str]


def codes(
    model: LatentGAN,
    *,
    code: int | None = None,
    columns: int = 10,
    reach: float = 2.0,
    rows: int = 10,
    seed: int = 0,
    averaged: bool = True,
) -> Table:
    """A row for each class, caption or category, with the same noises in each; or one code from end to end.

    code: a continuous code of InfoGAN, from 0 on: it runs from -reach to reach, beyond the -1 to 1 of training
        (figure 2), while the noise stays. None: categories against noises.
    rows: how many classes or captions at most.

    Raises:
        UserError: the model knows neither classes nor captions nor codes, or no such code.
    """
    if isinstance(model.prior, Codes):
        return _of_codes(model, model.prior, code, columns, reach, seed, averaged)
    if code is not None:
        raise UserError(
            f"code={code}: this model has no continuous codes; leave code out, or train model=infogan"
        )
    if isinstance(model, TextGAN):
        names: list[str] = list(dict.fromkeys(evenly(model.book.captions, rows)))
        given = conditions(model, names)
    elif isinstance(model, LabelledGAN):
        given = conditions(model, range(min(rows, model.classes)))
        names = [str(label) for label in range(len(given))]
    else:
        raise UserError(
            "this model knows neither classes nor captions nor codes; "
            "ganlab explore directions shows what its noise does"
        )
    z = model.prior(Draws(seed, "sample"), columns).repeat(len(names), 1)
    return Table(pictures(model, z, given.repeat_interleave(columns, 0), averaged=averaged), names)


def _of_codes(
    model: LatentGAN, prior: Codes, code: int | None, columns: int, reach: float, seed: int, averaged: bool
) -> Table:
    if code is not None and not 0 <= code < prior.continuous:
        raise UserError(f"code={code}: this model has the continuous codes 0 to {prior.continuous - 1}")
    noise = prior(Draws(seed, "sample"), columns if code is None else 1)
    z = noise.repeat(prior.categories, 1) if code is None else noise.repeat(prior.categories * columns, 1)
    chosen = torch.eye(prior.categories).repeat_interleave(columns, 0)
    z[:, prior.noise : prior.noise + prior.categories] = chosen
    if code is not None:
        z[:, prior.noise + prior.categories + code] = torch.linspace(-reach, reach, columns).repeat(
            prior.categories
        )
    return Table(
        pictures(model, z, averaged=averaged), [f"category {place}" for place in range(prior.categories)]
    )


def write(
    source: Source,
    folder: Path,
    *,
    code: int | None = None,
    columns: int = 10,
    rows: int = 10,
    reach: float = 2.0,
    seed: int = 0,
) -> list[str]:
    """``codes.png``: a row for each class, caption or category."""
    table = codes(source.model, code=code, columns=columns, rows=rows, reach=reach, seed=seed)
    save_rows(table.images, [source.name_of(name) for name in table.rows], folder / "codes.png")
    return [f"{len(table.rows)} rows of {columns} pictures"]
