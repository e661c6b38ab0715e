"""Pictures that were projected, as a file: what ``project`` found, for ``edit`` to move."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from ganlab.errors import StorageError, UserError
from ganlab.inference.latents.origins import pictures
from ganlab.models.images.base import LatentGAN
from ganlab.pixels import from_uint8, to_uint8
from ganlab.randomness import Draws

FILE = "latents.safetensors"


class Projected(NamedTuple):
    """names: of the user's pictures.  targets: (n, C, H, W), those in [-1, 1].

    inputs: their latent vectors (n, size), and where the model knows them labels (n,).
    """

    names: list[str]
    targets: Tensor
    inputs: tuple[Tensor, ...]


def save(found: Projected, space: str, path: Path) -> None:
    """As ``latents``, ``targets`` and where there are labels ``condition``; names and the space beside them."""
    parts = {"latents": found.inputs[0], "targets": to_uint8(found.targets)}
    if len(found.inputs) > 1:
        parts["condition"] = found.inputs[1]
    tensors = {name: values.contiguous() for name, values in parts.items()}
    save_file(tensors, path, {"space": space, "names": json.dumps(found.names)})


def read(path: Path, model: LatentGAN, numbers: Sequence[int] = ()) -> Projected:
    """Those with these numbers, or all.

    Raises:
        UserError: there is no such file or number; its latent vectors are styles, or those of another model.
        StorageError: the file is damaged, or another one.
    """
    path = path / FILE if path.is_dir() else path
    if not path.is_file():
        raise UserError(
            f"latents={path}: there is no such file; ganlab explore project run=... input=... writes it"
        )
    try:
        with safe_open(path, "pt") as file:
            told = file.metadata() or {}
            names, space = [str(name) for name in json.loads(told["names"])], told["space"]
            parts = [file.get_tensor(name) for name in ("latents", "condition") if name in file.keys()]  # noqa: SIM118  # no dict
            targets = from_uint8(file.get_tensor("targets"))
        if len({len(names), len(targets), *map(len, parts)}) > 1:
            raise ValueError("it has not as many names as pictures and latent vectors")
    except (SafetensorError, LookupError, ValueError, TypeError) as error:
        raise StorageError(f"{path} holds no projected pictures ({error}); project them again") from error
    if space != "z":
        raise UserError(
            f"latents={path}: these are styles (space={space}), and directions are those of the noise; project with "
            "space=z"
        )
    _require_own(path, model, targets, parts)
    if beyond := [number for number in numbers if not 0 <= number < len(names)]:
        raise UserError(
            f"numbers={list(numbers)}: {path} has pictures 0 to {len(names) - 1}, and no {beyond[0]}"
        )
    rows = [*(numbers or range(len(names)))]
    return Projected([names[row] for row in rows], targets[rows], tuple(values[rows] for values in parts))


def _require_own(path: Path, model: LatentGAN, targets: Tensor, inputs: Sequence[Tensor]) -> None:
    """Raises UserError unless the model draws pictures such as ``targets`` from such inputs."""
    other = UserError(f"latents={path}: these were found with another model; project with this one")
    expected = model.inputs(1, Draws(0))
    if [each.shape[1:] for each in inputs] != [each.shape[1:] for each in expected]:
        raise other
    for label in {int(label) for labels in inputs[1:] for label in labels}:
        model.inputs(1, Draws(0), label)  # raises for one that is none of its classes
    if pictures(model, *expected).shape[1:] != targets.shape[1:]:
        raise other
