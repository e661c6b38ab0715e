"""Sums and differences of latent vectors: what is common to one group of samples, taken from or added to another."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from ganlab.errors import UserError
from ganlab.inference.latents.origins import originals, pictures
from ganlab.inference.latents.show import save_rows
from ganlab.inference.latents.source import Source
from ganlab.models.images.base import LatentGAN
from ganlab.models.images.labelled import LabelledGAN
from ganlab.randomness import Draws

EMPTY = -0.69  # the grey between pictures, where a row is shorter than others


class Answer(NamedTuple):
    """a - b + c, and what it was made of; images (C, H, W) in [-1, 1].

    groups: by name, the pictures of the samples (k, C, H, W), then that of their average (1, C, H, W).
    latent: of the answer (size,).  around: (9, C, H, W), the answer in the middle of others close by.
    """

    groups: dict[str, tuple[Tensor, Tensor]]
    latent: Tensor
    around: Tensor


def arithmetic(
    model: LatentGAN,
    a: Sequence[int],
    b: Sequence[int],
    c: Sequence[int],
    *,
    label: int | None = None,
    spread: float = 0.25,
    n: int = 64,
    seed: int = 0,
    averaged: bool = True,
) -> Answer:
    """mean z of ``a`` - mean z of ``b`` + mean z of ``c`` (Radford et al. 2016, section 6.3.2).

    a, b, c: numbers of the draw ``model.sample(n, seed=seed, label=label)``; three of a kind make a
        steadier answer than one, as the paper found.
    label: the class that all are drawn as, for a model that knows classes.
    spread: the neighbours of the answer lie U(-spread, spread) off it in each dimension; 0.25 in the paper.

    Raises:
        UserError: numbers that the draw does not have, or a model with classes and no label.
    """
    if label is None and isinstance(model, LabelledGAN):
        raise UserError(
            "label=null: a model that knows classes draws a noise in any of them; name the one that all are drawn in"
        )
    groups, means = {}, []
    for name, numbers in (("a", a), ("b", b), ("c", c)):
        inputs = originals(model, numbers, n=n, seed=seed, label=label)
        average = tuple(values[:1] for values in inputs[1:])
        mean = inputs[0].mean(0)
        drawn = pictures(model, *inputs, averaged=averaged)
        groups[name] = drawn, pictures(model, mean[None], *average, averaged=averaged)
        means.append(mean)
    latent = means[0] - means[1] + means[2]
    offsets = Draws(seed, "arithmetic").uniform(9, len(latent), low=-spread, high=spread)
    offsets[4] = 0  # the middle of three rows of three
    condition = tuple(values[:1].expand(9, *values.shape[1:]) for values in inputs[1:])
    return Answer(groups, latent, pictures(model, latent + offsets, *condition, averaged=averaged))


def write(
    source: Source,
    folder: Path,
    *,
    a: Sequence[int],
    b: Sequence[int],
    c: Sequence[int],
    label: int | str | None = None,
    spread: float = 0.25,
    n: int = 64,
    seed: int = 0,
) -> list[str]:
    """``arithmetic.png``: each group with its average at the end; ``answer.png``: a - b + c among its neighbours."""
    answer = arithmetic(source.model, a, b, c, label=source.label(label), spread=spread, n=n, seed=seed)
    widest = max(len(drawn) for drawn, _ in answer.groups.values())
    rows = [
        torch.cat([drawn, drawn.new_full((widest - len(drawn), *drawn.shape[1:]), EMPTY), average])
        for drawn, average in answer.groups.values()
    ]
    save_rows(torch.cat(rows), ["a", "- b", "+ c"], folder / "arithmetic.png")
    save_rows(answer.around, ["", "", ""], folder / "answer.png")
    return ["the averages at the ends of the rows; the answer in the middle of answer.png"]
