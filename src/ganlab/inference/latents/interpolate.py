"""A way through the latent space: between samples, classes or captions."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple, TypedDict, Unpack

import torch
from torch import Tensor

from ganlab.errors import UserError
from ganlab.inference.latents.origins import conditions, originals, pictures, samples_of
from ganlab.inference.latents.paths import curve_of, lerp, way
from ganlab.inference.latents.show import save_rows, save_steps
from ganlab.inference.latents.source import Source
from ganlab.models.captions.base import TextGAN
from ganlab.models.captions.phrasebook import evenly
from ganlab.models.images.base import LatentGAN
from ganlab.models.images.labelled import LabelledGAN

ROWS = 10  # classes or captions that are shown unless some are named


class Ways(TypedDict, total=False):
    """Where a way leads; see :func:`interpolate`."""

    numbers: Sequence[int]
    along: Literal["noise", "class", "caption"]
    captions: Sequence[str]
    curve: Literal["auto", "lerp", "slerp"]
    n: int
    seed: int


class Walk(NamedTuple):
    """Pictures on the way.

    images: (rows, steps, C, H, W) in [-1, 1].  rows: what each row shows.  legs: the steps that begin or end a leg.
    """

    images: Tensor
    rows: list[str]
    legs: list[int]


def interpolate(
    model: LatentGAN,
    numbers: Sequence[int] = (),
    *,
    along: Literal["noise", "class", "caption"] = "noise",
    labels: Sequence[int] = (),
    captions: Sequence[str] = (),
    frames: int = 8,
    curve: Literal["auto", "lerp", "slerp"] = "auto",
    loop: bool = False,
    n: int = 64,
    seed: int = 0,
) -> Walk:
    """Pictures on the way from sample to sample, or, with the same noise, from class to class or caption to caption.

    numbers: samples of the draw ``model.sample(n, seed=seed)``; the first four unless given. Along noise they are
        passed, in a row for each of ``labels`` or ``captions``; else these are passed, in a row for each number.
    curve: of the noise; auto: the great circle for a normal prior, else the straight line. Classes, as one-hot vectors,
        and captions, as embeddings, are joined by straight lines.
    frames: pictures on each leg, both ends included. loop: back to the first, too.

    Raises:
        UserError: for numbers, labels or captions that the model or the draw does not have, and a way without two ends.
    """
    numbers = numbers or range(4)
    z = originals(model, numbers, n=n, seed=seed)[0]
    chosen = _chosen(model, labels, captions)
    if along == "noise":
        path = way(z, frames, curve_of(curve, model.prior), loop=loop)
        rows = [*map(str, chosen)] or [""]
        inputs = [path.repeat(len(rows), 1)] + (
            [_each(conditions(model, chosen), len(path))] if chosen else []
        )
    elif chosen and along == ("caption" if isinstance(model, TextGAN) else "class"):
        path = way(conditions(model, chosen), frames, lerp, loop=loop)
        rows = [*map(str, numbers)]
        inputs = [_each(z, len(path)), path.repeat(len(z), 1)]
    else:
        raise UserError(f"along={along}: this model knows no such thing; try along=noise")
    images = pictures(model, *inputs).unflatten(0, (len(rows), len(path)))
    legs = list(range(0, len(path), frames - 1))
    for place, one in enumerate(chosen or [None]):  # in another batch a picture may differ in its last bits
        ends = samples_of(model, one, n=n, seed=seed)[[*numbers]]
        images[(place, legs) if along == "noise" else (slice(None), legs[place])] = ends
    return Walk(images, rows, legs)


def _chosen(
    model: LatentGAN, labels: Sequence[int], captions: Sequence[str]
) -> Sequence[int] | Sequence[str]:
    """The named classes or captions; the first of the model's where none is named, and none where it knows none.

    Raises:
        UserError: for those of another kind of model.
    """
    if isinstance(model, TextGAN):
        if labels:
            raise UserError(f"labels={list(labels)}: this model draws captions; say what with captions=[...]")
        return captions or list(dict.fromkeys(evenly(model.book.captions, ROWS)))
    if captions:
        raise UserError(f"captions={list(captions)}: this model was not trained on captions; leave them out")
    return labels or (range(min(ROWS, model.classes)) if isinstance(model, LabelledGAN) else ())


def _each(rows: Tensor, times: int) -> Tensor:
    return rows.repeat_interleave(times, 0)


def write(
    source: Source,
    folder: Path,
    *,
    labels: Sequence[int | str] = (),
    frames: int = 8,
    loop: bool = False,
    video: Literal["gif", "mp4", "none"] = "gif",
    **options: Unpack[Ways],
) -> list[str]:
    """``interpolation.png``, a row for each leg, class or caption, and the animation; returns what to say of them."""
    walk = interpolate(source.model, labels=source.labels(labels), frames=frames, loop=loop, **options)
    images, names = walk.images, [source.name_of(name) for name in walk.rows]
    if len(images) == 1:  # a row for each leg, both ends included
        closed = torch.cat([images[0], images[0][:1]]) if loop else images[0]
        images = closed.unfold(0, frames, frames - 1).movedim(-1, 1)
        names = [""] * len(images)
    save_rows(images.flatten(0, 1), names, folder / "interpolation.png")
    if video != "none":
        save_steps(walk.images, folder / f"interpolation.{video}")
    return [f"{walk.images.shape[1]} steps in {len(walk.images)} rows"]
