"""A run that begins with the networks of another one, as a start for other data."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from ganlab.config.runs.resume import find_run
from ganlab.errors import UserError
from ganlab.models.restoring import averages_of, names_of_players, require_checkpoint, shape_of
from ganlab.storage import as_typed
from ganlab.training.checkpoints import newest_valid, read_checkpoint, steps_of

if TYPE_CHECKING:
    from ganlab.models.base import GAN

log = logging.getLogger(__name__)

State = dict[str, Any]
NAMED = 3  # of the weights that begin anew


def begin_from(model: "GAN", run_dir: Path | None) -> None:
    """Begin a new run with the networks of another one, or, where there is None, alone.

    Raises:
        UserError: as :func:`start_from`, or the model cannot begin alone.
    """
    if run_dir is None:
        model.require_start(None)
    else:
        start_from(model, run_dir)


def start_from(model: "GAN", run_dir: Path) -> None:
    """Put the weights of the run's players, and their averages, into the model; nothing else of the run.

    A weight that has another shape there, as the first layer has for pictures with more channels, begins anew, and so
    does a network that the run does not have. The log says which.

    Raises:
        UserError: this is no run, it has no checkpoint yet, or it trains other networks; or a layer is frozen that
            would begin anew; or the model cannot begin so.
        StorageError: its checkpoint is damaged.
    """
    where = as_typed(find_run(run_dir))
    path, damaged = newest_valid(run_dir / "checkpoints")
    if path is None:
        why = (
            f"all its checkpoints are damaged ({damaged[0].name}, ...)"
            if damaged
            else "it has no checkpoint yet"
        )
        raise UserError(f"start={where}: {why}; start from another run")
    checkpoint = read_checkpoint(path)
    require_checkpoint(checkpoint)
    weights, state = checkpoint["state_dict"], model.state_dict()
    names = names_of_players(model)
    notes = [_take_over(name, state, weights, where) for name in names]
    if not any(_below(name, weights) for name in names):
        there = ", ".join(sorted({key.partition(".")[0] for key in weights}))
        raise UserError(
            f"start={where}: a run of another family, with the networks {there}; this model has {', '.join(names)}"
        )
    model.require_start([key for name in names for key in _anew(_below(name, state), weights)])
    _take_over_averages(model, state, weights)
    model.load_state_dict(state)
    frozen = _frozen(model, weights, where)
    notes += [f"{frozen:,} of its weights stay as they are"] if frozen else []
    log.info("starting from %s after its step %d: %s", where, steps_of(path), "; ".join(notes))


def _take_over(name: str, state: State, weights: Mapping[str, Any], where: Path) -> str:
    """Put what fits of a network into ``state``; in words what was taken over."""
    own, found = _below(name, state), _below(name, weights)
    if not found:
        return f"{name} begins anew, for that run has none"
    fitting = [key for key in own if _fits(own[key], found.get(key))]
    if not any(own[key].dim() > 1 for key in fitting):
        raise UserError(
            f"start={where}: its {name} is another network, of which nothing fits; leave model out, or choose the "
            "networks that it has"
        )
    state |= {key: found[key] for key in fitting}
    anew = _anew(own, found)
    if not anew:
        return f"{name} is taken over"
    shown = ", ".join(
        f"{key} ({shape_of(found.get(key))} there, {shape_of(own[key])} here)" for key in anew[:NAMED]
    )
    more = f" and {len(anew) - NAMED} more" if len(anew) > NAMED else ""
    return f"{name} is taken over but for {shown}{more}, which begin anew"


def _anew(own: State, found: Mapping[str, Any]) -> list[str]:
    """Those of a network's weights that are not found, or in another shape."""
    return [
        key for key, value in own.items() if isinstance(value, Tensor) and not _fits(value, found.get(key))
    ]


def _take_over_averages(model: "GAN", state: State, weights: Mapping[str, Any]) -> None:
    """An average begins at the run's; where that has none, or another shape, at the weights that it follows."""
    for average, network in averages_of(model).items():
        mine = f"{average}.average."
        for key in [key for key in state if key.startswith(mine)]:
            followed = state[f"{network}.{key.removeprefix(mine)}"]
            state[key] = weights[key] if _fits(followed, weights.get(key)) else followed


def _frozen(model: "GAN", weights: Mapping[str, Any], where: Path) -> int:
    """How many of the discriminator's weights stay; raises UserError for one that would stay untrained."""
    kept = {
        key: parameter
        for key, parameter in model.named_parameters()
        if "discriminator" in key.partition(".")[0] and not parameter.requires_grad
    }
    for key, parameter in kept.items():
        if not _fits(parameter, weights.get(key)):
            raise UserError(
                f"freeze: {key} would stay untrained, for in {where} it is {shape_of(weights.get(key))} and here "
                f"{shape_of(parameter)}; leave freeze out"
            )
    return sum(parameter.numel() for parameter in kept.values())


def _below(name: str, state: Mapping[str, Any]) -> State:
    return {key: value for key, value in state.items() if key.startswith(f"{name}.")}


def _fits(own: object, found: object) -> bool:
    return isinstance(own, Tensor) and isinstance(found, Tensor) and own.shape == found.shape


def freeze_first(model: "GAN", layers: int) -> None:
    """Let the first layers of the discriminator stay as they are (FreezeD: Mo et al. 2020, section 2).

    Of a game with several discriminators, those of each. A layer is a convolution, or another module with a weight
    matrix, and the norm behind it.

    Raises:
        UserError: there is no discriminator, or it has no layers left that learn.
    """
    if not layers:
        return
    networks = [network for name, network in model.named_children() if "discriminator" in name]
    if not networks:
        raise UserError(f"freeze={layers}: this model has no discriminator; leave freeze out")
    for network in networks:
        found = layers_of(network)
        if layers >= len(found):
            raise UserError(
                f"freeze={layers}: {type(network).__name__} has {len(found)} layers, and at least the last must learn; "
                f"choose at most {len(found) - 1}"
            )
        for layer in found[:layers]:
            for parameter in layer:
                parameter.requires_grad_(False)


def layers_of(network: nn.Module) -> list[list[nn.Parameter]]:
    """The parameters of each layer, in the order in which the network has its modules."""
    owned: dict[str, list[nn.Parameter]] = {}
    for name, parameter in network.named_parameters():
        owner = name.partition(".parametrizations.")[0]  # spectral normalization keeps its weight below
        owned.setdefault(owner if owner != name else name.rpartition(".")[0], []).append(parameter)
    layers: list[list[nn.Parameter]] = []
    for parameters in owned.values():
        is_begun = bool(layers) and not all(map(_is_vector, layers[-1]))
        if not layers or (is_begun and not all(map(_is_vector, parameters))):
            layers.append([])
        layers[-1] += parameters
    return layers


def _is_vector(parameter: nn.Parameter) -> bool:
    return parameter.dim() < 2
