"""What a configuration from elsewhere would do, piece by piece, and which of it is harmless by itself."""

import inspect
import re
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

import hydra.utils
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException
from omegaconf import DictConfig, ListConfig, OmegaConf

from ganlab.config import own
from ganlab.config.compose import paths
from ganlab.config.compose.check import locate
from ganlab.config.hydra_internals import is_own_plugin
from ganlab.errors import UserError

COMPUTE = ("ganlab.layers.", "ganlab.losses.", "ganlab.networks.", "ganlab.techniques.", "torch.nn.init.")
"""Where functions and classes may be used; of the following only classes, for functions there read and write files."""
BUILD = (
    *COMPUTE,
    "ganlab.callbacks.",
    "ganlab.data.",
    "ganlab.loggers.services.",
    "ganlab.loggers.tensorboard.",
    "ganlab.loggers.wandb.",
    "ganlab.metrics.",
    "ganlab.models.",
    "ganlab.training.trainer.",
    "torch.nn.",
    "torch.optim.",
)
NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+", re.ASCII)
VARIABLE = re.compile(r"\$\{oc\.env:\s*(\w+)\s*(,\s*'\*\*\*'\s*)?\}")  # as save_config leaves them
PIECE = re.compile(r"\$\{([^${}]*)\}")
REFERENCE = re.compile(r"\.*(?!hydra\b)[A-Za-z_]\w*(\.\w+)*", re.ASCII)  # to another key of the configuration
READ = re.compile(r"oc\.env:\s*(\w+)\s*(,.*)?", re.ASCII)
CHOICE = re.compile(r"(?!.*\.\.)\w[\w.+-]*(/\w[\w.+-]*)*")  # of a group: no way out of its folder


class Want(NamedTuple):
    """What a run directory would do. name: what GANLAB_TRUST would have to name for it; None: nothing allows it."""

    name: str | None
    what: str


def wants(node: Any) -> Iterator[Want]:
    """Everything in a configuration that is not harmless by itself."""
    for key, text in texts(node):
        if key == "_target_":
            if not is_harmless(text):
                yield target_wanted(text)
        elif variable := VARIABLE.fullmatch(text):
            yield _variable_wanted(variable[1])
        elif "${" in text:
            yield Want(None, f"holds {text!r} in its configuration, where only plain values are taken")


def wants_of_word(word: str) -> Iterator[Want]:
    """Everything in an override that is not harmless by itself."""
    override = _parsed(word)
    key, package = override.key_or_group, override.package or ""
    if {"hydra", "_global_"} & set(re.split(r"[./@:]", f"{key}@{package}")):
        yield Want(None, f"holds {word!r}: what is Hydra's own is not taken from a run directory")
    elif override.is_sweep_override():
        yield Want(None, f"holds {word!r}: one value is needed")
    elif is_group(key):
        options = override.value()
        for option in options if isinstance(options, list) else [options]:
            if option is not None and not CHOICE.fullmatch(str(option)):
                yield Want(None, f"holds {word!r}, which names no option of {key}")
    else:
        for last, text in texts({re.split(r"[.@:]", key)[-1]: override.value()}):
            if last == "_target_":
                if not is_harmless(text):
                    yield target_wanted(text)
            else:
                yield from _of_interpolations(text, word)


def _of_interpolations(text: str, word: str) -> Iterator[Want]:
    rest, key = PIECE.sub("", text), _parsed(word).key_or_group
    for inner in PIECE.findall(text):
        if variable := READ.fullmatch(inner):
            unless = f" for {key}, which no file keeps if it is a secret, unless you give {key}=... yourself"
            yield Want(variable[1], _variable_wanted(variable[1]).what + unless)
        elif not REFERENCE.fullmatch(inner):
            rest += "${"
    if "${" in rest:
        yield Want(
            None, f"holds {word!r}, whose meaning is not taken from a run directory: give {key}=... yourself"
        )


def target_wanted(target: str) -> Want:
    """The refusal asks to trust a whole package only where it can be the user's own."""
    if not NAME.fullmatch(target):
        return Want(None, f"would run {target!r}, which is no dotted name of a class or function")
    package = target.partition(".")[0]
    common = package in ("ganlab", "torch", *sys.stdlib_module_names)
    return Want(
        target if common else package,
        f"would run {target}, which is neither ganlab's nor in a --config-dir of this command",
    )


def _variable_wanted(name: str) -> Want:
    return Want(name, f"would read {name} from the environment")


def _parsed(word: str) -> Override:
    try:
        return OverridesParser.create().parse_override(word)
    except HydraException as error:
        raise UserError(
            f"{word!r}, saved by a run, is no override: its .hydra/overrides.yaml is damaged"
        ) from error


def chooses_option(word: str) -> bool:
    """Does an override choose among a group's options, rather than set a key?"""
    return is_group(_parsed(word).key_or_group)


def is_group(key: str) -> bool:
    """Is this the name of a folder of options, ganlab's or one's own?"""
    return any((folder / key).is_dir() for folder in (paths.config_dir(), *own.folders()))


def untrusted_targets(cfg: DictConfig) -> set[str]:
    """What a composed configuration would run, Hydra's own node included."""
    found = {text for key, text in texts(cfg) if key == "_target_"}
    return {target for target in found if not is_own_plugin(target) and not is_harmless(target)}


def texts(node: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Every text in the node, as it is written, with the last key above it; every ``_target_``, whatever it is."""
    plain = OmegaConf.to_container(node) if isinstance(node, DictConfig | ListConfig) else node
    if isinstance(plain, dict):
        for name, inner in plain.items():
            yield from texts(inner, str(name))
    elif isinstance(plain, list) and key != "_target_":
        for inner in plain:
            yield from texts(inner)
    elif isinstance(plain, str) or key == "_target_":
        yield key, str(plain)


def is_harmless(target: str) -> bool:
    """Is this ganlab's or PyTorch's and builds something, or the user's own?

    Both by its name, before it is imported, and by where it was defined: modules also hold what they import.
    """
    if not NAME.fullmatch(target):
        return False
    named_own = own.is_own(target)
    if not target.startswith(BUILD) and not named_own:
        return False
    found = locate("", target)
    try:
        made = hydra.utils.get_object(target)
    except Exception:
        return False
    if made != found:  # Hydra, which will make it, finds something else under this name
        return False
    home = f"{getattr(found, '__module__', '')}."
    if home.startswith(COMPUTE) or (home.startswith(BUILD) and inspect.isclass(found)):
        return True
    return named_own and home.partition(".")[0] != "ganlab" and own.is_own(home[:-1])
