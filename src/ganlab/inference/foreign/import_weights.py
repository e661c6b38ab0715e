"""Weights of widely used PyTorch code, from pix2pix to BigGAN, as a run directory of ganlab."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import lightning
import torch
from omegaconf import DictConfig
from torch import Tensor, nn

from ganlab.config import check, instantiate, save_config
from ganlab.errors import UserError
from ganlab.inference.foreign import biggan
from ganlab.inference.foreign.pickles import SNAPSHOT, read_stored
from ganlab.inference.foreign.stylegan2 import renamed
from ganlab.models.images.base import LatentGAN
from ganlab.network_types import Translation
from ganlab.training.checkpoints import AtomicCheckpointIO, checkpoint_name, require_file, why_unreadable

WITHIN = (
    "params_ema",
    "params",
    "state_dict",
)  # where BasicSR and StudioGAN keep a network, the averaged one first
ADVICE = "choose the model/generator, its width and depth, and the channels that {file} was trained with"
Layers = dict[str, dict[str, Tensor]]  # a layer's place in its network -> its tensors by name


def import_weights(
    cfg: DictConfig, files: Mapping[str, Path], run_dir: Path, overrides: list[str]
) -> list[str]:
    """Build the model of ``cfg``, read a file into each network that ``files`` names, and write ``run_dir``.

    A file under the name "" is the first generator's.

    The directory is that of a run which has not begun: it can be sampled, and trained on with resume=... Returns the
    names of the networks that no file was given for; these keep their random weights.

    Raises:
        UserError: the directory exists, the model has no such network, or a file holds another network.
    """
    if run_dir.exists() and any(run_dir.iterdir()):
        raise UserError(f"{run_dir} is not empty; choose another output=DIRECTORY")
    check(cfg)
    model = instantiate(cfg.model)
    playing = [network for player in model.players().values() for network in player]
    networks = {
        name: part
        for name, part in model.named_children()
        if isinstance(part, Translation) or any(part is one for one in playing)
    }
    first = next(name for name, part in networks.items() if part is model.players()["generator"][0])
    files = {name or first: path for name, path in files.items()}
    for name, path in files.items():
        if name not in networks:
            raise UserError(f"{name}={path}: this model has the networks {', '.join(networks)}")
        networks[name].load_state_dict(weights_for(name, networks[name], path))
    if isinstance(model, LatentGAN):
        model.average.follow(model.generator)  # the file's weights, and not those that it was made with
    optimizers, schedules = model.configure_optimizers()
    state: dict[str, Any] = {
        "state_dict": model.state_dict(),
        "optimizer_states": [optimizer.state_dict() for optimizer in optimizers],
        "lr_schedulers": [schedule.state_dict() for schedule in schedules],
        "epoch": 0,
        "global_step": 0,
        "pytorch-lightning_version": lightning.__version__,
    }
    model.on_save_checkpoint(state)
    save_config(cfg, run_dir, overrides)
    AtomicCheckpointIO().save_checkpoint(state, run_dir / "checkpoints" / checkpoint_name(0))
    return [name for name in networks if name not in files]


def weights_for(name: str, network: nn.Module, path: Path) -> dict[str, Tensor]:
    """The tensors in a file for the network of this name, under the names of ``network``."""
    if path.suffix == SNAPSHOT:
        return renamed(read_stored(path, name), network.state_dict(), path)
    state = read(path)
    return (
        biggan.renamed(state, network.state_dict(), path)
        if biggan.is_known(state)
        else converted(state, network, path)
    )


def read(path: Path) -> dict[str, Tensor]:
    """The tensors in a file of PyTorch or of safetensors, by name; nothing in it is run.

    Raises:
        UserError: the file is missing, damaged, or holds anything but tensors by name.
    """
    require_file(path)
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            state: Any = load_file(path)
        else:
            state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged file can raise nearly any
        raise UserError(f"{path} cannot be read as tensors by name ({why_unreadable(error)})") from None
    if isinstance(state, Mapping):
        state = next((state[key] for key in WITHIN if key in state), state)
    if not isinstance(state, Mapping) or not all(isinstance(value, Tensor) for value in state.values()):
        raise UserError(f"{path} holds no tensors by name; a state dict is needed, as in latest_net_G.pth")
    return dict(state)


def converted(state: Mapping[str, Tensor], network: nn.Module, path: Path) -> dict[str, Tensor]:
    """``state``, of the same network under other names, under the names of ``network``.

    A network that knows the ``published_names`` of its parts is found under them. Of others, layers with weights
    correspond in their order: by the numbers in their names there, and as they were made here.
    Running statistics are taken where the layer here has some. Those of instance norms in old files, which nobody uses,
    and those of batch norms that take the present batch's, are left out.

    Raises:
        UserError: another number of layers, or a layer of another shape.
    """
    if names := getattr(network, "published_names", ()):
        return by_name(state, network, names, path)
    there = [
        layer for layer in layers(dict(sorted(state.items(), key=_in_order))).items() if "weight" in layer[1]
    ]
    here = list(layers(network.state_dict()).items())
    advice = ADVICE.format(file=path.name)
    if len(there) != len(here):
        raise UserError(
            f"{path} has {len(there)} layers with weights, and the network here {len(here)}; {advice}"
        )
    result = {}
    for (their_name, theirs), (name, own) in zip(there, here, strict=True):
        for key, value in own.items():
            found = theirs.get(key)
            if found is None or found.shape != value.shape:
                shape = "absent" if found is None else tuple(found.shape)
                raise UserError(
                    f"{path}: {their_name}.{key} is {shape}, and {name}.{key} here is {tuple(value.shape)}; {advice}"
                )
            result[f"{name}.{key}"] = found
    return result


def by_name(
    state: Mapping[str, Tensor], network: nn.Module, names: Sequence[tuple[str, str]], path: Path
) -> dict[str, Tensor]:
    """``state`` with the patterns of ``names`` replaced in its keys, as far as ``network`` has them; see ``converted``.

    Raises:
        UserError: a tensor is absent or of another shape.
    """
    theirs: dict[str, tuple[str, Tensor]] = {}
    for key, value in state.items():
        name = key.removeprefix("module.")
        for pattern, own in names:
            name = re.sub(pattern, own, name)
        theirs[name] = key, value
    result = {}
    for name, own in network.state_dict().items():
        key, found = theirs.get(name, (name, own if name.endswith("num_batches_tracked") else None))
        if found is None or found.shape != own.shape:
            shape = "absent" if found is None else tuple(found.shape)
            raise UserError(
                f"{path}: {key} is {shape}, and {name} here is {tuple(own.shape)}; {ADVICE.format(file=path.name)}"
            )
        result[name] = found
    return result


def layers(state: Mapping[str, Tensor]) -> Layers:
    """The tensors of each layer together, in the order in which layers first appear."""
    found: Layers = {}
    for key, value in state.items():
        layer, _, name = key.rpartition(".")
        found.setdefault(layer, {})[name] = value
    return found


def _in_order(item: tuple[str, Tensor]) -> list[tuple[int, str]]:
    """model.2 comes before model.10."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in item[0].split(".")]
