"""Directions of a latent space along which something happens, found without labels, and edits along them."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from ganlab.errors import UserError
from ganlab.inference.latents.edit import FILE
from ganlab.inference.latents.origins import originals, pictures
from ganlab.inference.latents.show import save_rows
from ganlab.inference.latents.source import Source
from ganlab.models.eval_mode import eval_mode
from ganlab.models.images.base import LatentGAN
from ganlab.randomness import Draws


class Directions(NamedTuple):
    """vectors: (k, size), each of length 1, the strongest first.  strength: (k,), in units of the method.

    SeFa: how far the first layer's output moves with a step of 1.  GANSpace: the share of the variance of the
    activations that lies along each.
    """

    vectors: Tensor
    strength: Tensor


def directions(
    model: LatentGAN,
    *,
    method: Literal["sefa", "ganspace"] = "sefa",
    k: int = 8,
    n: int = 1000,
    seed: int = 0,
    averaged: bool = True,
) -> Directions:
    """The ``k`` latent directions that change the first layer of the generator most.

    sefa: the eigenvectors of A^T A, A the first affine map that z goes through (Shen, Zhou 2021, equation 6): closed
        form, no data and no draws.
    ganspace: principal components of that layer's activations on ``n`` draws, and the latent directions that explain
        them best by least squares (Härkönen et al. 2020, section 2.1). It follows where z really lies.

    Raises:
        UserError: for more directions than z has dimensions; sefa: for a generator that does not begin with an affine
            map.
    """
    z, *condition = model.inputs(n, Draws(seed, "directions"))
    if not 1 <= k <= z.shape[1]:
        raise UserError(f"k={k}: z has {z.shape[1]} dimensions, so there are 1 to {z.shape[1]} directions")
    one = [values[:1] for values in condition]  # the same for all: only what comes of z may differ
    if method == "sefa":
        found, strength = sefa(first_map(model, z.shape[1], *one, averaged=averaged))
    else:
        found, strength = ganspace(z, first_outputs(model, z, *one, averaged=averaged))
    return Directions(found[:k], strength[:k])


def sefa(weight: Tensor) -> tuple[Tensor, Tensor]:
    """All directions (size, size) of an affine map (outputs, size), and how far a step along each moves the output."""
    values, vectors = torch.linalg.eigh(weight.double().T @ weight.double())
    return _signed(vectors.T.flip(0)).float(), values.flip(0).clamp_min(0).sqrt().float()


def ganspace(z: Tensor, activations: Tensor) -> tuple[Tensor, Tensor]:
    """Directions (min(n, size), size) in z (n, size), and the share of variance of (n, outputs) along each."""
    centred = activations.double() - activations.double().mean(0)
    variances, scores = torch.linalg.eigh(centred @ centred.T)  # (n, n): there are fewer draws than outputs
    variances, scores = variances.flip(0).clamp_min(0), scores.flip(1)
    rank = min(z.shape[1], int((variances > 1e-12 * variances[0]).sum()))
    coordinates = scores[:, :rank]  # of one variance each: a direction has no length
    found = torch.linalg.lstsq(coordinates, z.double() - z.double().mean(0)).solution
    share = variances[:rank] / variances.sum()
    return _signed(found / found.norm(dim=1, keepdim=True)).float(), share.float()


def strip(
    model: LatentGAN,
    vectors: Tensor,
    number: int,
    *,
    reach: float = 3.0,
    steps: int = 7,
    n: int = 64,
    seed: int = 0,
    label: int | None = None,
    averaged: bool = True,
) -> Tensor:
    """(k, steps, C, H, W): one sample, moved from -reach to reach along each of (k, size) directions."""
    inputs = originals(model, [number], n=n, seed=seed, label=label)
    amounts = torch.linspace(-reach, reach, steps)
    moved = (inputs[0] + amounts[None, :, None] * vectors[:, None]).flatten(0, 1)
    condition = [values.expand(len(moved), *values.shape[1:]) for values in inputs[1:]]
    return pictures(model, moved, *condition, averaged=averaged).unflatten(0, (len(vectors), steps))


def first_map(model: LatentGAN, size: int, *condition: Tensor, averaged: bool = True) -> Tensor:
    """(outputs, size): the matrix of the affine map that z goes through first, up to a factor.

    Column i is half of what changes when z_i turns from 1 to -1 while all others are 1. That is exact for an affine map
    wherever z stands in its input, and also where z is first brought to a fixed length, as in ProGAN.

    Raises:
        UserError: it is not affine.
    """
    z = torch.ones(size + 1, size)
    z[torch.arange(size), torch.arange(size)] = -1
    outputs = first_outputs(model, torch.cat([z, -z[-1:]]), *condition, averaged=averaged).double()
    columns, opposite = (outputs[-2] - outputs[:-2]) / 2, (outputs[-2] - outputs[-1]) / 2
    if not torch.allclose(columns.sum(0), opposite, rtol=1e-3, atol=1e-4 * float(opposite.abs().max())):
        raise UserError(
            "this generator does not begin with an affine map of z, so it has no directions in closed form; "
            "try method=ganspace"
        )
    return columns.T


@torch.no_grad()
def first_outputs(model: LatentGAN, z: Tensor, *condition: Tensor, averaged: bool = True) -> Tensor:
    """(n, outputs) on the CPU, of the first layer with weights that z (n, size) reaches; condition: (1, ...) each."""
    network = model.average.current() if averaged else model.generator
    outputs: list[Tensor] = []

    def keep(layer: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        if not outputs and len(output) == len(z) and not torch.equal(output[0], output[-1]):
            outputs.append(output.flatten(1).float().cpu())

    leaves = [part for part in network.modules() if not [*part.children()] and [*part.parameters()]]
    handles = [leaf.register_forward_hook(keep) for leaf in leaves]
    try:
        with eval_mode(network):
            every = (z, *(values.expand(len(z), *values.shape[1:]) for values in condition))
            model.drawn(network, *(values.to(model.device) for values in every))
    finally:
        for handle in handles:
            handle.remove()
    return outputs[0]


def _signed(vectors: Tensor) -> Tensor:
    """Each row with its largest component positive, so that a direction has one sign on every machine."""
    largest = vectors.gather(1, vectors.abs().argmax(1, keepdim=True))
    return vectors * largest.sign()


def write(
    source: Source,
    folder: Path,
    *,
    method: Literal["sefa", "ganspace"] = "sefa",
    k: int = 8,
    number: int = 0,
    label: int | str | None = None,
    reach: float = 3.0,
    steps: int = 7,
    names: Sequence[str] = (),
    n: int = 64,
    seed: int = 0,
) -> list[str]:
    """``directions.png``, a strip for each, and ``directions.safetensors``, from which ``edit`` takes them."""
    found = directions(source.model, method=method, k=k)
    if len(names) > k or len({*names}) < len(names):
        raise UserError(f"names={list(names)}: at most k={k} directions can be named, each otherwise")
    called = [*names, *(str(place) for place in range(len(names), k))]
    images = strip(
        source.model,
        found.vectors,
        number,
        reach=reach,
        steps=steps,
        n=n,
        seed=seed,
        label=source.label(label),
    )
    save_rows(images.flatten(0, 1), called, folder / "directions.png")
    tensors = {name: values.contiguous() for name, values in found._asdict().items()}
    save_file(tensors, folder / FILE, metadata={"names": json.dumps(called), "method": method})
    return [f"to move samples along one: ganlab explore edit run={source.run_dir} direction={called[0]}"]
