"""A checkpoint put into a model that may have been configured otherwise since it was written."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from ganlab.errors import GanlabError, StorageError, UserError
from ganlab.models.optimizer_numbers import numbers_of
from ganlab.techniques.ema import EMA

State = dict[str, Any]
MOMENTS = {"exp_avg", "exp_avg_sq", "momentum_buffer", "square_avg", "sum"}  # as large as their parameter
HOW_IT_RUNS = ("fused", "foreach", "capturable", "differentiable", "maximize")  # flags that change no state


class Game(Protocol):
    """What is asked of a model that goes on: a module, with players who have optimizers and perhaps schedules."""

    def players(self) -> Mapping[str, Sequence[nn.Module]]: ...

    def optimizers_by_player(self) -> Mapping[str, Optimizer]: ...

    def schedules_by_player(self) -> Mapping[str, LRScheduler]: ...

    def named_modules(self) -> Iterator[tuple[str, nn.Module]]: ...

    def state_dict(self) -> State: ...

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> object: ...

    def on_load_checkpoint(self, checkpoint: State) -> None: ...


class Misfit(UserError):
    """The players' networks are not those of the checkpoint."""


def restore(model: Game, checkpoint: State) -> None:
    """Put a checkpoint into the model, and into its optimizers and schedules if the checkpoint still has theirs.

    Raises:
        Misfit: it is of other networks. StorageError: it is no checkpoint of a run, or damaged.
        UserError: a later version has written it.
    """
    try:
        model.on_load_checkpoint(checkpoint)
        model.load_state_dict(checkpoint["state_dict"])
        if "optimizer_states" in checkpoint:
            _put_in(model.optimizers_by_player(), checkpoint["optimizer_states"])
            _put_in(model.schedules_by_player(), checkpoint["lr_schedulers"])
    except GanlabError:
        raise
    except Exception as error:  # a file may hold anything
        reason = (str(error).splitlines() or [""])[0]
        raise StorageError(f"it cannot be put into the model ({type(error).__name__}: {reason})") from error


def _put_in(parts: Mapping[str, Optimizer | LRScheduler], states: Sequence[State]) -> None:
    for part, state in zip(parts.values(), states, strict=True):
        part.load_state_dict(state)


def require_checkpoint(checkpoint: Any, *also: str) -> None:
    """Raises StorageError for what no run has written: without weights, progress, or what ``also`` names."""
    lacking = [key for key in ("state_dict", "ganlab", *also) if not _holds(checkpoint, key)]
    if lacking:
        raise StorageError(f"it is no checkpoint of a run: it holds no {' and no '.join(lacking)}")
    progress = checkpoint["ganlab"]
    for key in ("schema", "steps", "images"):
        if not isinstance(progress.get(key), int):
            raise StorageError(f"it is no checkpoint of a run: it does not say its {key}")
    if not all(isinstance(progress.get(key), dict) for key in ("counts", "sums", "additions")):
        raise StorageError("it is no checkpoint of a run: it holds no counts of its progress")
    states, players = checkpoint.get("optimizer_states", ()), progress.get("numbers", {})
    if also and players and len(states) != len(players):
        raise StorageError(f"it holds {len(states)} optimizers for the players {', '.join(players)}")


def _holds(checkpoint: object, key: str) -> bool:
    kind = list if key in ("optimizer_states", "lr_schedulers") else dict
    return isinstance(checkpoint, dict) and isinstance(checkpoint.get(key), kind)


def require_fit(model: Game, weights: Mapping[str, Any]) -> None:
    """Raises Misfit, which names a weight, unless ``weights`` has every one of the players' networks in its shape."""
    own, ours = model.state_dict(), tuple(f"{name}." for name in names_of_players(model))
    for key in sorted(key for key in weights.keys() | own.keys() if key.startswith(ours)):
        there, here = (shape_of(values.get(key)) for values in (weights, own))
        if there != here:
            raise Misfit(f"{key} is {there} in the checkpoint and {here} in this model")


def names_of_players(model: Game) -> list[str]:
    """Where the players' modules lie in the model."""
    playing = {id(part) for parts in model.players().values() for part in parts}
    return [name for name, part in model.named_modules() if id(part) in playing]


def fitted_weights(model: Game, weights: Mapping[str, Any]) -> tuple[State, list[str]]:
    """What ``model`` loads of a checkpoint's state dict, and in words what begins anew.

    The players' networks must be the same. What else there is (an average, an augmentation's strength) begins anew
    where the checkpoint has none of its kind, an average at the present weights; what only the checkpoint has is left
    out.

    Raises:
        Misfit: the networks are others.
    """
    require_fit(model, weights)
    fitting, changed, followed = {}, set(), averages_of(model)
    for key, value in model.state_dict().items():
        if key in weights and shape_of(weights[key]) == shape_of(value):
            fitting[key] = weights[key]
            continue
        part, _, rest = key.partition(".average.")  # of EMA
        source = weights.get(f"{followed.get(part)}.{rest}")
        fitting[key] = source if shape_of(source) == shape_of(value) else value
        changed.add(key.partition(".")[0])
    dropped = {key.partition(".")[0] for key in weights if key not in fitting} - changed
    notes = [f"the checkpoint holds no such {name}: it begins now" for name in sorted(changed)]
    return fitting, notes + [f"the checkpoint's {name} is no longer used" for name in sorted(dropped)]


def averages_of(model: Game) -> dict[str, str]:
    """The name of the network that each average follows, by the average's."""
    names = {id(part): name for name, part in model.named_modules()}
    averages = {name: part for name, part in model.named_modules() if isinstance(part, EMA)}
    return {name: names[id(average.source[0])] for name, average in averages.items()}


def shape_of(value: object) -> str:
    """Of a weight in words; also of what is none."""
    if isinstance(value, Tensor):
        return str(tuple(value.shape))
    return "absent" if value is None else "no tensor"


def kind_of(optimizer: Optimizer) -> str:
    """What decides which state it keeps: ``Adam``, ``Adam(amsgrad)``, ``RMSprop(momentum)``."""
    flags = {
        key
        for group in optimizer.param_groups
        for key, value in group.items()
        if (value is True and key not in HOW_IT_RUNS) or (key == "momentum" and value)
    }
    return type(optimizer).__name__ + (f"({', '.join(sorted(flags))})" if flags else "")


def fit_optimizers(model: Game, checkpoint: State) -> list[str]:
    """Order the checkpoint's optimizers and schedules as the model's players are; in words what begins anew.

    The state of an optimizer of another kind, or of other parameters, begins anew, and so does a schedule that a player
    did not have. ``checkpoint`` is changed.
    """
    progress, notes = checkpoint["ganlab"], []
    numbers = progress.get("numbers", {})
    players = list(numbers) or list(model.optimizers_by_player())
    states = dict(zip(players, checkpoint["optimizer_states"], strict=False))
    schedules = _schedules(model, progress, checkpoint["lr_schedulers"])
    kept = {}
    for player, optimizer in model.optimizers_by_player().items():
        was = progress.get("optimizers", {}).get(player)
        of_a_kind = was in (None, kind_of(optimizer)) and _named_alike(numbers.get(player), optimizer)
        if player in states and of_a_kind and _same_parameters(states[player], optimizer):
            kept[player] = states[player]
            continue
        kept[player] = optimizer.state_dict()
        numbers.pop(player, None)
        before = f" (it was {was})" if was and was != kind_of(optimizer) else ""
        notes.append(f"the {player}'s optimizer, {kind_of(optimizer)}, begins anew{before}")
    for player, schedule in model.schedules_by_player().items():
        if player not in schedules:
            schedules[player] = schedule.state_dict()
            _take_rate(kept[player], model.optimizers_by_player()[player], numbers.get(player))
            notes.append(f"the {player}'s learning-rate schedule begins now")
    for player in schedules.keys() - model.schedules_by_player().keys():
        if player in kept:
            _take_rate(kept[player], model.optimizers_by_player()[player], numbers.get(player))
            notes.append(f"the {player}'s learning rate no longer follows a schedule")
    checkpoint["optimizer_states"] = list(kept.values())
    checkpoint["lr_schedulers"] = [schedules[player] for player in model.schedules_by_player()]
    return notes


def _schedules(model: Game, progress: State, states: list[State]) -> dict[str, State]:
    """The checkpoint's schedules by player; an earlier checkpoint does not say whose they are."""
    players = progress.get("schedules")
    if players is None:
        players = list(model.schedules_by_player())
        states = states if len(states) == len(players) else []
    return dict(zip(players, states, strict=False))


def _named_alike(numbers: list[State] | None, optimizer: Optimizer) -> bool:
    """Whether it takes numbers of the same names: an earlier checkpoint tells kinds apart by no more."""
    return not numbers or numbers[0].keys() == numbers_of(optimizer)[0].keys() - {"initial_lr"}


def _same_parameters(state: Any, optimizer: Optimizer) -> bool:
    """Whether the state is of the same groups of parameters, in their shapes."""
    try:
        groups, moments = state["param_groups"], state["state"]
        sizes = [len(group["params"]) for group in groups]
        if sizes != [len(group["params"]) for group in optimizer.param_groups]:
            return False
        parameters = [p for group in optimizer.param_groups for p in group["params"]]
        places = [place for group in groups for place in group["params"]]
        shapes = {place: p.shape for place, p in zip(places, parameters, strict=True)}
        return all(
            values[name].shape == shapes[place]
            for place, values in moments.items()
            for name in MOMENTS & values.keys()
        )
    except (LookupError, TypeError, AttributeError) as error:
        raise StorageError(
            f"an optimizer's state in it is damaged ({type(error).__name__}: {error})"
        ) from error


def _take_rate(state: State, optimizer: Optimizer, numbers: list[State] | None) -> None:
    """Let the rate be the configured one: what a schedule made of it ends, or begins, here."""
    for place, (group, own) in enumerate(zip(state["param_groups"], optimizer.param_groups, strict=True)):
        group.pop("initial_lr", None)
        group |= {key: own[key] for key in ("lr", "initial_lr") if key in own}
        if numbers:
            numbers[place]["lr"] = own.get("initial_lr", own["lr"])
