"""The names that BigGAN-PyTorch and StudioGAN give to tensors of BigGAN and SAGAN, as those of the networks here."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from torch import Tensor
from torch.nn.functional import normalize

from ganlab.errors import UserError

Names = Sequence[tuple[str, str]]  # a pattern, and what takes its place

STUDIOGAN: Names = (  # StudioGAN's, as BigGAN-PyTorch's
    (r"^linear0\.", "linear."),
    (r"\.conv2d0\.", ".conv_sc."),
    (r"\.conv2d([12])\.", r".conv\1."),
    (r"\.bn([12])\.bn\.running_", r".bn\1.stored_"),
    (r"\.conv1x1_attn\.", ".o."),
    (r"\.conv1x1_(\w+)\.", r".\1."),
    (r"\.sigma$", ".gamma"),
    (r"^bn4\.running_", "output_layer.0.stored_"),
    (r"^bn4\.weight$", "output_layer.0.gain"),
    (r"^bn4\.", "output_layer.0."),
    (r"^conv2d5\.", "output_layer.2."),
    (r"\.weight_orig$", ".weight"),
    (r"\.weight_([uv])$", r".\g<1>0"),
)
GENERATOR: Names = (  # BigGAN-PyTorch's, as ours
    (r"^shared\.", "embedding."),
    (r"^linear\.", "project.0."),
    (r"^blocks\.(\d+)\.0\.conv([12])\.", r"upward.blocks.\1.conv_\2."),
    (r"^blocks\.(\d+)\.0\.conv_sc\.", r"upward.blocks.\1.shortcut."),
    (r"^blocks\.(\d+)\.0\.bn([12])\.stored_", r"upward.blocks.\1.norm_\2.norm.running_"),
    (r"^blocks\.(\d+)\.0\.bn([12])\.gain\.", r"upward.blocks.\1.norm_\2.gain."),
    (r"^blocks\.(\d+)\.0\.bn([12])\.bias\.", r"upward.blocks.\1.norm_\2.offset."),
    (r"^blocks\.(\d+)\.1\.", r"upward.attention.\1."),
    (r"^output_layer\.0\.stored_", "upward.output.0.running_"),
    (r"^output_layer\.0\.gain$", "upward.output.0.weight"),
    (r"^output_layer\.", "upward.output."),
)
SPECTRAL: Names = (
    (r"\.weight$", ".parametrizations.weight.original"),
    (r"\.([uv])0$", r".parametrizations.weight.0._\1"),
)
ATTENTION = r"blocks\.(\d+)\.0\.conv1x1_"  # of StudioGAN
NO_WEIGHTS = r"\.(num_batches_tracked|sv\d+|accumulation_counter)$"  # counted there, and not needed
ADVICE = (
    "choose the model (biggan, or sagan where each norm has classes of its own), data.image_size, classes, and the "
    "sizes, width, multipliers and attention that it was trained with"
)
EPSILON = 1e-4 - 1e-5  # StudioGAN's batch norms add so much more to variances


def is_known(state: Mapping[str, Tensor]) -> bool:
    """Whether these are the names of one of the two codes."""
    return is_studiogan(state) or any(
        re.search(r"^(module\.)?blocks\.0\.0\.conv1\.u0$", name) for name in state
    )


def is_studiogan(state: Mapping[str, Tensor]) -> bool:
    return any(re.search(r"^(module\.)?blocks\.0\.0\.conv2d1\.", name) for name in state)


def renamed(state: Mapping[str, Tensor], own: Mapping[str, Tensor], path: Path) -> dict[str, Tensor]:
    """``state`` of a generator or a discriminator there, under the names and in the shapes of ``own``.

    StudioGAN's discriminator is not the one here: in its blocks ReLU overwrites what shortcuts read.

    Raises:
        UserError: it is StudioGAN's discriminator, or tensors have no place here, are missing, or of another shape.
    """
    is_generator = any(name.startswith("upward.") for name in own)
    if is_studiogan(state) and any(re.search(r"^(module\.)?linear1\.", name) for name in state):
        raise UserError(
            f"{path} is a discriminator of StudioGAN, whose shortcuts read their input after its ReLU; those here read "
            "it before, and its scores would be others: import the generator alone"
        )
    names = GENERATOR if is_generator else _discriminator(own)
    found: dict[str, Tensor] = {}
    for name, common in _in_common(state).items():
        here = _own_name(_replaced(common, names), own)
        if here not in own:
            raise UserError(f"{path}: {name} has no place in the network here; {ADVICE}")
        shapes = tuple(state[name].shape), tuple(own[here].shape)
        if state[name].squeeze().shape != own[here].squeeze().shape:
            raise UserError(f"{path}: {name} is {shapes[0]}, and {here} here is {shapes[1]}; {ADVICE}")
        found[here] = state[name].reshape(own[here].shape) + _added(here, state)
    counted = {name: value for name, value in own.items() if name.endswith("num_batches_tracked")}
    found |= counted | _second_vectors(found)
    if missing := own.keys() - found.keys():
        raise UserError(f"{path} has nothing for {min(missing)}; {ADVICE}")
    return found


def _in_common(state: Mapping[str, Tensor]) -> dict[str, str]:
    """The names of what has a place here, each with the one that it has in BigGAN-PyTorch."""
    common = {name: name.removeprefix("module.") for name in state if not re.search(NO_WEIGHTS, name)}
    if not is_studiogan(state):
        return common
    attention = [int(found[1]) for found in (re.match(ATTENTION, name) for name in common.values()) if found]

    def numbered(match: re.Match[str]) -> str:  # there attention is a block of its own
        block = int(match[1])
        before = len({place for place in attention if place < block})
        return f"blocks.{block - before - 1}.1." if block in attention else f"blocks.{block - before}.0."

    numbers = {name: re.sub(r"^blocks\.(\d+)\.0\.", numbered, theirs) for name, theirs in common.items()}
    return {name: _replaced(theirs, STUDIOGAN) for name, theirs in numbers.items()}


def _replaced(name: str, names: Names) -> str:
    for pattern, other in names:
        name = re.sub(pattern, other, name)
    return name


def _own_name(name: str, own: Mapping[str, Tensor]) -> str:
    """Where a layer is spectrally normalized, its weight and the singular vectors have longer names."""
    longer = _replaced(name, SPECTRAL)
    return longer if longer in own else name


def _added(here: str, state: Mapping[str, Tensor]) -> float:
    if here.endswith("running_var") and is_studiogan(state):
        return EPSILON
    return float(here.endswith("gain.weight"))  # of classes: there what is added to 1, here the gain itself


def _second_vectors(found: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Singular vectors as BigGAN-PyTorch, which keeps one alone, makes them of it in each pass."""
    vectors = {}
    for name in found:
        layer, matched, _ = name.partition("0._u")
        if matched and f"{layer}0._v" not in found:
            matrix = found[f"{layer}original"].flatten(1)
            vectors[f"{layer}0._v"] = v = normalize(found[name] @ matrix, dim=0)
            vectors[name] = normalize(matrix @ v, dim=0)
    return vectors


def _discriminator(own: Mapping[str, Tensor]) -> Names:
    """BigGAN-PyTorch's names as those of a discriminator here, where attention stands between blocks."""
    names = [(r"^linear\.", "head."), (r"^embed\.", "embedding.")]
    found = (re.match(r"trunk\.(\d+)\.branch\.(\d+)\.", name) for name in own)
    convolutions = sorted({(int(match[1]), int(match[2])) for match in found if match})
    for block, place in enumerate(sorted({place for place, _ in convolutions})):
        inner = [conv for other, conv in convolutions if other == place]
        pooled = any(name.startswith(f"trunk.{place}.shortcut.1.") for name in own)
        names += [
            (rf"^blocks\.{block}\.0\.conv1\.", f"trunk.{place}.branch.{inner[0]}."),
            (rf"^blocks\.{block}\.0\.conv2\.", f"trunk.{place}.branch.{inner[-1]}."),
            (rf"^blocks\.{block}\.0\.conv_sc\.", f"trunk.{place}.shortcut.{'1.' * pooled}"),
            (rf"^blocks\.{block}\.1\.", f"trunk.{place + 1}."),
        ]
    return names
