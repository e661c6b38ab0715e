"""Styles of two samples in one picture: what each part of a style generator's layers decides."""

from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path

import torch
from torch import Tensor

from ganlab.errors import UserError
from ganlab.inference.latents.origins import originals
from ganlab.inference.latents.show import save_rows
from ganlab.inference.latents.source import Source
from ganlab.models.eval_mode import eval_mode
from ganlab.models.images.base import LatentGAN
from ganlab.network_types import StyledGenerator

PARTS = ("coarse", "middle", "fine")


def mixing(
    model: LatentGAN,
    numbers: Sequence[int],
    others: Sequence[int],
    layers: range,
    *,
    n: int = 64,
    seed: int = 0,
    label: int | None = None,
) -> Tensor:
    """(numbers, others, C, H, W) in [-1, 1]: each of ``numbers`` with the styles of each of ``others`` in ``layers``.

    numbers, others: of the draw, as in ``model.sample(n, seed=seed, label=label)`` (Karras et al. 2019, section 3.1 and
    figure 3). No layers: the numbers' own pictures; all: the others'.

    Raises:
        UserError: this generator draws without styles, or has no such samples or layers.
    """
    network = styled(model)
    if layers and not 0 <= layers[0] <= layers[-1] < network.layers:
        raise UserError(
            f"layers {layers[0]} to {layers[-1]}: this generator has the layers 0 to {network.layers - 1}"
        )
    own = styles(model, *originals(model, numbers, n=n, seed=seed, label=label))
    foreign = styles(model, *originals(model, others, n=n, seed=seed, label=label))
    mixed = own[:, None].repeat(1, len(others), 1, 1)  # (numbers, others, layers, size)
    mixed[:, :, list(layers)] = foreign[None][:, :, list(layers)]
    drawn = [drawn_of(model, part).cpu() for part in mixed.flatten(0, 1).split(250)]
    return torch.cat(drawn).unflatten(0, (len(numbers), len(others)))


def styled(model: LatentGAN) -> StyledGenerator:
    """The averaged generator, as one that has styles; raises UserError for any other."""
    network = model.average.current()
    if not isinstance(network, StyledGenerator):
        raise UserError("this generator draws from its noise alone and has no styles w; model=stylegan2 has")
    return network


@torch.no_grad()
def styles(model: LatentGAN, z: Tensor, *condition: Tensor) -> Tensor:
    """(n, layers, size): the same w for each layer, of latent vectors (n, latent_size) and their labels."""
    network = styled(model)
    with eval_mode(network):
        w = network.mapping(*(values.to(model.device) for values in (z, *condition)))
    return w[:, None].expand(-1, network.layers, -1)


@torch.no_grad()
def drawn_of(model: LatentGAN, chosen: Tensor) -> Tensor:
    """(n, C, H, W) of styles (n, layers, size)."""
    network = styled(model)
    with eval_mode(network):
        return model.drawn_of_styles(network, chosen).float()


def thirds(layers: int) -> dict[str, range]:
    """Coarse, middle and fine layers of so many: the first, second and last third."""
    ends = [round(layers * third / 3) for third in range(4)]
    return {name: range(*pair) for name, pair in zip(PARTS, pairwise(ends), strict=True)}


def write(
    source: Source,
    folder: Path,
    *,
    numbers: Sequence[int] = (0, 1, 2, 3),
    others: Sequence[int] = (4, 5, 6, 7, 8, 9),
    layers: Sequence[int] = (),
    label: int | str | None = None,
    n: int = 64,
    seed: int = 0,
) -> list[str]:
    """``mixing-coarse.png``, ``-middle``, ``-fine``, or of ``layers``, first and last, ``mixing.png``.

    Above each column stands the sample whose styles it takes, at the left of each row the one that has them replaced.
    """
    if len(layers) not in (0, 2):
        raise UserError(f"layers={list(layers)}: expected the first and the last, as layers=[0,2]")
    model, number = source.model, source.label(label)
    chosen = {"": range(layers[0], layers[1] + 1)} if layers else thirds(styled(model).layers)
    of_draw = partial(mixing, model, n=n, seed=seed, label=number)
    rows = of_draw(numbers, numbers[:1], range(0))[:, 0]
    columns = of_draw(others, others[:1], range(0))[:, 0]
    said = []
    for name, part in chosen.items():
        mixed = of_draw(numbers, others, part)
        top = torch.cat([-torch.ones_like(columns[:1]), columns])  # a corner that is nobody's
        sheet = torch.cat([top, torch.cat([rows[:, None], mixed], dim=1).flatten(0, 1)])
        file = folder / f"mixing{'-' * bool(name)}{name}.png"
        save_rows(sheet, ["styles of", *(f"number {row}" for row in numbers)], file)
        said.append(f"layers {part[0]} to {part[-1]} of the columns' samples: {file.name}")
    return said
