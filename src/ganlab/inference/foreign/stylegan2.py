"""The names that NVIDIA's StyleGAN2 code gives to tensors, as those of the networks here."""

import re
from collections.abc import Collection, Mapping
from pathlib import Path

from torch import Tensor

from ganlab.errors import UserError

SYNTHESIS = {  # of a layer there: here
    "weight": "conv.weight",
    "bias": "bias",
    "noise_strength": "strength",
    "noise_const": "noise",
    "affine.weight": "conv.style.weight",
    "affine.bias": "conv.style.bias",
}
TO_IMAGE = {"weight": "weight", "bias": "bias", "affine.weight": "style.weight", "affine.bias": "style.bias"}
WITHOUT_WEIGHTS = "resample_filter"  # computed here


def renamed(state: Mapping[str, Tensor], own: Mapping[str, Tensor], path: Path) -> dict[str, Tensor]:
    """``state`` of a generator or a discriminator there, under the names and in the shapes of ``own``.

    Raises:
        UserError: tensors that have no place here, are missing, or are of another shape.
    """
    is_generator = any(name.startswith("synthesis.") for name in state)
    place = generator_name if is_generator else discriminator_name
    advice = (
        "choose data.image_size, data.channels, and the widths and mapping_layers that it was trained with"
    )
    found: dict[str, Tensor] = {}
    for name, value in state.items():
        if name.endswith(WITHOUT_WEIGHTS):
            continue
        here = place(name, state, own)
        if here not in own:
            raise UserError(f"{path}: {name} has no place in the network here; {advice}")
        if value.numel() != own[here].numel():
            raise UserError(
                f"{path}: {name} is {tuple(value.shape)}, and {here} here is {tuple(own[here].shape)}; {advice}"
            )
        found[here] = value.reshape(own[here].shape)
    if missing := own.keys() - found.keys():
        raise UserError(f"{path} has nothing for {min(missing)}; {advice}")
    return found


def generator_name(name: str, state: Collection[str], own: Collection[str]) -> str:
    """Ours for theirs, or an empty text."""
    if name.startswith("mapping."):
        return mapping_name(name, "mapping")
    if name == "synthesis.b4.const":
        return "synthesis.basis"
    match = re.fullmatch(r"synthesis\.b(\d+)\.(conv0|conv1|torgb)\.(.+)", name)
    if not match:
        return ""
    level, layer, part = int(match[1]).bit_length() - 3, match[2], match[3]
    if layer == "torgb":
        return f"synthesis.to_image.{level}.{TO_IMAGE.get(part, '')}"
    room = "doubling" if layer == "conv0" else "second"
    where = f"{room}.{level - 1}" if level else "first"
    return f"synthesis.{where}.{SYNTHESIS.get(part, '')}"


def discriminator_name(name: str, state: Collection[str], own: Collection[str]) -> str:
    """Ours for theirs, or an empty text."""
    if name.startswith("mapping."):
        return mapping_name(name, "label")
    match = re.fullmatch(r"b(\d+)\.(\w+)\.(weight|bias)", name)
    if not match:
        return ""
    sizes = sorted({int(n[1]) for n in (re.match(r"b(\d+)\.", other) for other in state) if n}, reverse=True)
    block, layer, part = sizes.index(int(match[1])), match[2], match[3]
    # after the first convolution, its activation, the blocks and the deviation of the batch
    last = len(sizes) + 2
    if layer == "out":
        return f"head.{part}"
    if layer in ("conv0", "conv1"):
        inner = {"conv0": "0", "conv1": "3"}[layer]
        residual = f"trunk.{block + 2}.branch.0.weight" in own
        return f"trunk.{block + 2}.{'branch.' * residual}{inner}.{part}"
    where = {
        "fromrgb": "trunk.0",
        "skip": f"trunk.{block + 2}.shortcut.1",
        "conv": f"trunk.{last}",
        "fc": f"trunk.{last + 3}",
    }
    return f"{where.get(layer, '')}.{part}"


def mapping_name(name: str, here: str) -> str:
    """Of a mapping network; ``here``: what it is called in ours."""
    if name == "mapping.w_avg":
        return "w_mean"
    match = re.fullmatch(r"mapping\.(embed|fc(\d+))\.(weight|bias)", name)
    if not match:
        return ""
    layer = "embedding" if match[1] == "embed" else f"layers.{2 * int(match[2])}"
    return f"{here}.{layer}.{match[3]}"
