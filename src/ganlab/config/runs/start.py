"""The words of a run that begins with the networks of another one: ``start=RUN``."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import ChoiceSweep
from hydra.errors import HydraException
from omegaconf import DictConfig

from ganlab.config import own
from ganlab.config.compose import compose as plain
from ganlab.config.compose.hydra_compose import compose_all
from ganlab.config.compose.overrides import key_of, merge_overrides, quote
from ganlab.config.runs.record import saved_overrides
from ganlab.config.runs.resume import LATEST, find_run, model_of
from ganlab.config.runs.trust import require_trusted_words
from ganlab.config.tree import unresolved
from ganlab.errors import UserError

START = "start"
AUTO = {"resume=auto", "resume='auto'"}
RECIPES = ("experiment", "debug", "sweep")  # keys whose word may set something of the model
CHOOSE_A_MODEL = ("model", "experiment", "sweep")  # keys whose word gives a model instead of the run's


def compose(
    overrides: Sequence[str] = (), config_name: str = "train", *, config_dirs: Sequence[Path] = ()
) -> DictConfig:
    """As :func:`ganlab.config.compose.compose.compose`; with ``start=RUN`` the run's model unless another is chosen.

    Raises:
        UserError: an override that does not fit, and as :func:`with_start`.
    """
    own.add(config_dirs)
    words = with_start(quoted_start(overrides)) if config_name == "train" else overrides
    return plain.compose(words, config_name, config_dirs=config_dirs)


def with_start(words: Sequence[str]) -> list[str]:
    """``words``; where they start from a run, by its path, and with its model unless they choose one.

    A sweep may start from several runs of one model, and from none (null). With resume=auto the run may be gone: what
    has begun needs it no longer, and a new run refuses it.

    Raises:
        UserError: no such run, latest with resume=auto, runs of different models, or what is not trusted of a run from
            elsewhere.
    """
    given = [word for word in words if key_of(word) == START]
    runs = _runs_of(given[-1]) if given else []
    named = [run for run in runs if run is not None]
    if not named:
        return list(words)
    if AUTO & set(words) and any(run.partition(":")[0] == LATEST for run in named):
        raise UserError(
            f"{given[-1]} resume=auto: given again, latest is the run that this command has begun; name the run to "
            "start from by its directory"
        )
    if AUTO & set(words) and not all(Path(run).expanduser().exists() for run in named):
        return list(words)
    paths = [None if run is None else find_run(run) for run in runs]
    word = f"{START}={','.join('null' if path is None else quote(str(path)) for path in paths)}"
    merged = [word if key_of(typed) == START else typed for typed in words]
    if any(key_of(word) in CHOOSE_A_MODEL for word in words):
        return merged
    models = [model_words(path) for path in dict.fromkeys(paths) if path is not None]
    if any(model != models[0] for model in models):
        raise UserError(
            f"{given[-1]}: these runs are of different models; start from those of one, or choose with model=NAME"
        )
    return merge_overrides(models[0], merged)


def quoted_start(words: Sequence[str]) -> list[str]:
    """``words``, with each run of ``start=A,B`` in quotes, because paths hold what Hydra's grammar would read."""
    return [_quoted(word) if key_of(word) == START else word for word in words]


def _quoted(word: str) -> str:
    key, _, value = word.partition("=")
    if not value or any(letter in value for letter in "'\"(["):
        return word
    runs = [value] if Path(value).expanduser().exists() else value.split(",")
    return f"{key}={','.join(run if run == 'null' else quote(run) for run in runs)}"


def _runs_of(word: str) -> list[str | None]:
    try:
        value = OverridesParser.create().parse_override(word).value()
    except HydraException as error:
        raise UserError(f"{word}: a run directory is needed, or latest") from error
    items: list[Any] = value.list if isinstance(value, ChoiceSweep) else [value]
    return [None if item is None else str(getattr(item, "text", item)) for item in items]


def model_words(run_dir: Path) -> list[str]:
    """The words that choose the model that ``run_dir`` has; what follows the data there follows any other data.

    Raises:
        UserError: for what is not trusted of a run from elsewhere.
    """
    saved = saved_overrides(run_dir)
    require_trusted_words(saved, run_dir)
    typed = [word for word in saved if key_of(word).replace("/", ".").split(".")[0] == "model"]
    if any(key_of(word) in RECIPES for word in saved):
        return _with_recipe(saved, typed)
    return typed if any(key_of(word) == "model" for word in typed) else [f"model={model_of(run_dir)}", *typed]


def _with_recipe(saved: Sequence[str], typed: Sequence[str]) -> list[str]:
    """What ``saved`` and a recipe among them choose and set of the model, without the recipe; ``typed`` at the end."""
    whole = compose_all(saved, config_dirs=own.folders())
    choices, name = whole.hydra.runtime.choices, f"model={whole.hydra.runtime.choices.model}"
    usual = compose_all([name], config_dirs=own.folders()).hydra.runtime.choices
    places = {word.partition("=")[0].lstrip("+") for word in typed}
    chosen = [name] + [
        f"{group}={option}"
        for group, option in choices.items()
        if group.startswith("model/") and option not in (None, usual.get(group)) and group not in places
    ]
    typed = [word for word in typed if key_of(word) != "model"]
    have = compose_all([*chosen, *typed], config_dirs=own.folders())
    return [*chosen, *_missing(have, whole, typed), *typed]


def _missing(have: DictConfig, want: DictConfig, typed: Sequence[str]) -> list[str]:
    """What of a recipe, beside its choices, makes the model of ``have`` that of ``want``."""
    before, after = (_leaves(unresolved(cfg.model), "model") for cfg in (have, want))
    known = {key_of(word) for word in typed}
    gone = [
        f"~{key}"
        for key in before
        if key not in after and not _is_below(key, after) and not _holds_more(key, after)
    ]
    changed = [
        f"{'' if key in before or _holds_more(key, before) else '++'}{key}={written(value)}"
        for key, value in after.items()
        if key not in known and before.get(key, before) != value
    ]
    return gone + changed


def _leaves(tree: Any, key: str) -> dict[str, Any]:
    """``{"a.b": value}`` of nested mappings; one whose keys are numbers is a value, for words make texts of them."""
    if not isinstance(tree, dict) or not tree or not all(isinstance(name, str) for name in tree):
        return {key: tree}
    return {
        place: leaf for name, inner in tree.items() for place, leaf in _leaves(inner, f"{key}.{name}").items()
    }


def _is_below(key: str, keys: Iterable[str]) -> bool:
    return any(key.startswith(f"{other}.") for other in keys)


def _holds_more(key: str, keys: Iterable[str]) -> bool:
    return any(other.startswith(f"{key}.") for other in keys)


def written(value: Any) -> str:
    """A value as Hydra's grammar reads it."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{key}:{written(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return f"[{','.join(map(written, value))}]"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return quote(value) if isinstance(value, str) else str(value)
