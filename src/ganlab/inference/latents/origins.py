"""The samples that an exploration begins with, and pictures of any latent vectors."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from ganlab.errors import UserError
from ganlab.models.captions.base import TextGAN
from ganlab.models.eval_mode import eval_mode
from ganlab.models.images.base import LatentGAN
from ganlab.models.images.labelled import LabelledGAN
from ganlab.randomness import Draws

Inputs = tuple[
    Tensor, ...
]  # latent vectors (n, size), and where the model knows them labels (n,) or captions (n, L)


def require_noise(model: object) -> LatentGAN:
    """The model, as one that draws pictures from noise.

    Raises:
        UserError: it makes pictures of pictures, or points.
    """
    if not isinstance(model, LatentGAN):
        raise UserError(
            "this model makes pictures of pictures and draws no noise, so it has no latent space to explore; "
            "ganlab sample run=... input=FOLDER translates"
        )
    if model.data_kind == "points":
        raise UserError("this model draws points of the plane, which are no pictures to be explored")
    return model


def originals(
    model: LatentGAN, numbers: Sequence[int], *, n: int = 64, seed: int = 0, label: int | None = None
) -> Inputs:
    """What ``model.sample(n, seed=seed, label=label)`` draws the pictures with these numbers from.

    Raises:
        UserError: no numbers, or one that is outside 0 to n - 1.
    """
    if not numbers:
        raise UserError("numbers=[]: name at least one sample, by its place in the draw, from 0 on")
    for number in numbers:
        if not 0 <= number < n:
            raise UserError(
                f"numbers={list(numbers)}: {number} is none of the samples 0 to {n - 1} that n={n} draws; "
                "choose others, or a larger n"
            )
    rows = torch.tensor(list(numbers))
    return tuple(values[rows] for values in model.inputs(n, Draws(seed, "sample"), label))


@torch.no_grad()
def pictures(model: LatentGAN, *inputs: Tensor, averaged: bool = True, batch_size: int = 250) -> Tensor:
    """(n, C, H, W) in [-1, 1] on the CPU, a picture for each latent vector and its condition.

    averaged: draw with the averaged weights, else with those in training.
    """
    parts = model.pictures_of(inputs, averaged=averaged, batch_size=batch_size)
    return torch.cat([part.cpu() for part in parts])


def samples_of(model: LatentGAN, condition: int | str | None, *, n: int, seed: int) -> Tensor:
    """(n, C, H, W), what ``model.sample`` draws: of a class, of a caption, or with None whatever it draws."""
    if isinstance(condition, str) and isinstance(model, TextGAN):
        return model.sample(n, seed=seed, caption=condition)
    return model.sample(n, seed=seed, label=condition)  # type: ignore[arg-type]  # a text only for a TextGAN


@torch.no_grad()
def conditions(model: LatentGAN, chosen: Sequence[int] | Sequence[str]) -> Tensor:
    """(k, size) float: classes as one-hot vectors, captions as what the model's encoder makes of them.

    :func:`pictures` takes them, and anything between two of them, in the place of labels or captions.

    Raises:
        UserError: no such class, or words that the model does not know.
    """
    if isinstance(model, TextGAN):
        for caption in chosen:
            model.book.lexicon.require(str(caption))
        encoder = model.average_painter().encoder
        with eval_mode(encoder):
            return encoder(model.book.ids([*map(str, chosen)]).to(model.device)).float().cpu()
    for label in chosen:
        model.inputs(1, Draws(0), int(label))  # raises for a class that it does not know
    if not isinstance(model, LabelledGAN):
        raise UserError(f"labels={list(chosen)}: this model was trained without labels, and has no classes")
    return one_hot(torch.tensor([*map(int, chosen)]), model.classes).float()
