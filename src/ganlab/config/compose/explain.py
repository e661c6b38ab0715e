"""What Hydra, OmegaConf and YAML complain about, in one sentence with the nearest valid names."""

import re
from collections.abc import Sequence
from pathlib import Path

from hydra.errors import HydraException, MissingConfigException, OverrideParseException
from omegaconf.errors import OmegaConfBaseException
from yaml import MarkedYAMLError, YAMLError

from ganlab.config.compose import paths
from ganlab.config.compose.hydra_compose import compose_all
from ganlab.config.compose.mistakes import habit
from ganlab.config.compose.overrides import key_of
from ganlab.config.tree import flatten, unresolved
from ganlab.nearest import did_you_mean, either, listing, nearest

BAD_INPUT = (HydraException, OmegaConfBaseException, YAMLError, ValueError, TypeError)
"""What composing raises for a user's mistake; TypeError for numbers in the place of a group's name."""


def explain(
    error: Exception,
    words: Sequence[str] = (),
    *,
    config_name: str = "train",
    config_dirs: Sequence[Path] = (),
) -> str:
    """One sentence for an exception that composing ``words`` raised, on one line whatever the words hold."""
    message = _explain(error, words, config_name=config_name, config_dirs=config_dirs)
    return " ".join(message.splitlines())


def _explain(error: Exception, words: Sequence[str], *, config_name: str, config_dirs: Sequence[Path]) -> str:
    if isinstance(error, OverrideParseException):
        return _unreadable(error)
    if isinstance(error, MissingConfigException):
        return _no_such_option(error)
    text = _message(error)
    if found := re.search(r"Could not override '([^']+)'", text):
        return unknown_key(found[1], words, config_name=config_name, config_dirs=config_dirs)
    if found := re.search(r"(?:argument|parameters) '(.+?)'", text) if "multirun" in text else None:
        return _several_values(found[1])
    if found := re.search(r"Could not delete from config\. '([^']+)' does not exist", text):
        return unknown_key(found[1], words, config_name=config_name, config_dirs=config_dirs)
    if found := re.search(r"An item is already at '([^']+)'", text):
        return f"+{found[1]}: this key exists already; give it without the plus"
    if "Config group override must be" in text or isinstance(error, TypeError):
        return _no_choice(words, [paths.config_dir(), *map(Path, config_dirs)])
    marked = error if isinstance(error, MarkedYAMLError) else error.__cause__
    if isinstance(marked, MarkedYAMLError):
        return _bad_yaml(marked)
    if found := re.search(r"Error merging override (\S+)", text):
        cause = str(error.__cause__ or "").splitlines()
        return f"{found[1]} does not fit{f': {cause[0]}' if cause else ''}"
    return text.splitlines()[0] if text else type(error).__name__


def _several_values(word: str) -> str:
    key, _, value = word.partition("=")
    if "interval(" in value:
        return open_interval(word)
    listed = "" if "(" in value else f", or write '{key}=[{value}]' for a list"
    return f"{word} gives several values: add -m to run one after the other{listed}"


def open_interval(word: str) -> str:
    """The sentence for an interval where nobody chooses values from it."""
    return f"{word} leaves open which values: add search=tpe or search=random, or give values"


def unknown_key(
    key: str, words: Sequence[str], *, config_name: str = "train", config_dirs: Sequence[Path] = ()
) -> str:
    """The sentence for a key that the configuration does not have."""
    if key.partition("@")[0] == "model/optimizer":
        return (
            f"{key}: no such group; give model/optimizers=sgd for both players or "
            "model/optimizer@model.optimizers.generator=sgd for one (with a + before it where it is another player)"
        )
    if key == "model/optimizers":  # known to the command line alone: it comes after the recipe
        return f"override /{key}: a recipe says - /{key}/sgd first among its defaults"
    if key.startswith("search.") and "search" not in map(key_of, words):
        return f"{key}: choose a method first, as in search=tpe"
    if "/" in key:
        groups = known_groups([paths.config_dir(), *map(Path, config_dirs)])
        if key in groups:  # of other models
            return f"{key}: not every model has such a part to choose, and this one has none; leave it out"
        return f"{key}: no such group{did_you_mean(key, groups)}"
    known = known_keys(words, config_name, config_dirs)
    meant = habit(key) if key.count(".") < 2 else None
    if meant and (meant in known or not re.fullmatch(r"[\w.]+", meant)):
        return f"{key}: no such key; did you mean {meant}?"
    suggestions = suggest(key, known)
    if suggestions:
        return f"{key}: no such key; did you mean {either(suggestions)}?"
    parent = _parent(key, known)
    there = children(parent, known)
    if not there:
        return f"{key}: no such key; {parent} is a value, and has no keys"
    where = f"{parent} has" if parent else "there is"
    return f"{key}: no such key; {where} {listing(there)} (every key: ganlab --cfg job)"


def known_groups(folders: Sequence[Path]) -> set[str]:
    """Every group that has options: model, model/loss, ..."""
    files = (path.relative_to(folder) for folder in folders for path in folder.glob("*/**/*.yaml"))
    return {path.parent.as_posix() for path in files}


def suggest(key: str, known: set[str], maximum: int = 3) -> list[str]:
    """Existing keys that ``key`` may have meant: a part of the path misspelt, or the same name deeper."""
    parent = _parent(key, known)
    first, *rest = key[len(parent) + 1 if parent else 0 :].split(".")
    spelt = [_joined(parent, sibling) for sibling in nearest(first, children(parent, known), maximum)]
    whole = [_joined(name, *rest) for name in spelt if _joined(name, *rest) in known]
    if whole:
        return whole
    leaf = rest[-1] if rest else first
    leaves = {name.rpartition(".")[2] for name in known}
    close = [leaf] if leaf in leaves else nearest(leaf, leaves, 1)
    deeper = sorted(
        (name for name in known if name.rpartition(".")[2] in close), key=lambda name: _distance(name, key)
    )
    ends_alike = [name for name in deeper if name.endswith(f".{key}")] if rest else []
    return ends_alike[:maximum] or list(dict.fromkeys([*spelt, *deeper]))[:maximum]


def children(parent: str, known: set[str]) -> set[str]:
    """The names directly below ``parent``; at the top below ""."""
    start = len(parent) + 1 if parent else 0
    return {name[start:].partition(".")[0] for name in known if not parent or name.startswith(f"{parent}.")}


def known_keys(
    words: Sequence[str], config_name: str = "train", config_dirs: Sequence[Path] = ()
) -> set[str]:
    """Every dotted key, inner ones too, of the configuration that the group choices among ``words`` give."""
    folders = [paths.config_dir(), *map(Path, config_dirs)]
    choices = [word for word in words if _is_group(key_of(word), folders)]
    try:
        cfg = compose_all(choices, config_name, config_dirs=config_dirs)
    except BAD_INPUT:
        cfg = compose_all([], config_name, config_dirs=config_dirs)
    keys: set[str] = set()
    for leaf in flatten(unresolved(cfg)):
        parts = leaf.split(".")
        keys.update(".".join(parts[: depth + 1]) for depth in range(len(parts)))
    if any(key_of(word).startswith("hydra") for word in words):
        return keys
    return {key for key in keys if key.partition(".")[0] != "hydra"}


def _unreadable(error: OverrideParseException) -> str:
    word = error.override
    if "=" not in word and not word.startswith("~"):
        return f"{word!r}: options are written key=value, for instance model=dcgan seed=3"
    key, _, value = word.partition("=")
    return f"{word!r} cannot be read: put values with special characters in quotes, as in \"{key}='{value}'\""


def _no_such_option(error: MissingConfigException) -> str:
    """A group has no option of that name: ``model=cyclgan``."""
    group, _, name = (error.missing_cfg_file or "").rpartition("/")
    if not group:
        return _message(error).splitlines()[0]
    options = error.options or []
    close = nearest(name, options)
    hint = f"did you mean {either(close)}? There is" if close else "there is"
    message = f"{group}={name}: no such {group}"
    return f"{message}; {hint} {listing(options)}" if options else message


def _no_choice(words: Sequence[str], folders: Sequence[Path]) -> str:
    """A group was given null or a number in place of a name: ``model=null``."""
    for word in words:
        group, _, value = word.partition("=")
        options = {path.stem for folder in folders for path in (folder / key_of(group)).glob("*.yaml")}
        if options and value not in options:
            return f"{word}: a name is needed; there is {listing(options)}"
    return "a group such as model needs a name, for instance model=dcgan"


def _is_group(key: str, folders: Sequence[Path]) -> bool:
    return bool(key) and any((folder / key).is_dir() for folder in folders)


def _bad_yaml(error: MarkedYAMLError) -> str:
    mark = error.problem_mark or error.context_mark
    place = f"{mark.name}, line {mark.line + 1}: " if mark else ""
    return f"{place}{error.problem or error.context}"


def _message(error: Exception) -> str:
    """Hydra sometimes raises an empty exception and keeps the words in its cause."""
    return str(error).strip() or str(error.__cause__ or "").strip()


def _parent(key: str, known: set[str]) -> str:
    """The longest leading part of ``key`` that exists."""
    parts = key.split(".")[:-1]
    while parts and ".".join(parts) not in known:
        parts.pop()
    return ".".join(parts)


def _joined(*parts: str) -> str:
    return ".".join(part for part in parts if part)


def _distance(name: str, key: str) -> tuple[bool, int, str]:
    """Keys in the same top-level group first, then shallow ones."""
    return name.partition(".")[0] != key.partition(".")[0], name.count("."), name
