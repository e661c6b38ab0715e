"""The constructor is the schema: every node with ``_target_`` is compared with what its target takes."""

import importlib
import math
import pkgutil
import re
import typing
from collections.abc import Callable, Iterator
from dataclasses import MISSING, fields
from typing import Any

from omegaconf import Container, DictConfig, ListConfig, OmegaConf, open_dict, read_write
from omegaconf.errors import InterpolationToMissingValueError, OmegaConfBaseException

from ganlab.bounds import require_within
from ganlab.config import own
from ganlab.config.compose.conform import Mismatch, conform
from ganlab.config.compose.schema import Train
from ganlab.config.compose.signature import parameters_of
from ganlab.config.secrets import HIDDEN
from ganlab.config.tree import unresolved
from ganlab.errors import UserError
from ganlab.nearest import did_you_mean, listing

HYDRA_KEYS = {"_target_", "_args_", "_partial_", "_recursive_", "_convert_"}
Key = str | int


def check(cfg: DictConfig, schema: type = Train) -> None:
    """Refuse missing values, unknown keys and wrong types, each with the key's full path in the sentence.

    Values whose meaning is plain are converted in place (1e4 for a whole number becomes 10000): ``conform``.
    Targets are imported, so this is for commands that need them anyway; ``check_top`` imports nothing.

    Raises:
        UserError: for the first key that does not fit.
    """
    check_values(cfg)
    check_top(cfg, schema)
    check_parts(cfg)
    check_targets(cfg)


def check_parts(cfg: DictConfig) -> None:
    """Every callback, logger and set of scores says what it is, or is null."""
    for group in ("callbacks", "logger", "metrics"):
        for name, node in (cfg.get(group) or {}).items():
            if isinstance(node, DictConfig) and "_target_" not in node:
                key = f"{group}.{name}"
                raise UserError(
                    f"{key} does not say what it is: {key}._target_ is needed, the dotted name of a class"
                )


def check_targets(cfg: Container, path: str = "") -> None:
    """Every node with ``_target_`` in ``cfg``, which is found at ``path``, against the signature of its target."""
    for where, node in nodes(cfg, path):
        if isinstance(node, DictConfig) and "_target_" in node:
            check_node(where, node)


def check_values(cfg: Container, path: str = "") -> None:
    """Every value is there, every interpolation resolves, every float is finite; ``cfg`` is found at ``path``."""
    for home, node in nodes(cfg, path):
        for key in _keys(node):
            where = _join(home, key)
            value = read(where, node, key)
            if value == HIDDEN:
                raise UserError(
                    f"{where} was not written down, being a secret: give it again, best as {where}='${{oc.env:NAME}}'"
                )
            if isinstance(value, float) and not math.isfinite(value):
                raise UserError(f"{where}={value}: a finite number is needed")


def read(where: str, node: Container, key: Key) -> Any:
    """``node[key]``; a missing value or an interpolation that does not resolve is a ``UserError``."""
    if OmegaConf.is_missing(node, key):
        raise UserError(f"{where} has no value yet: give it, for instance {where}=...")
    try:
        return node[key]
    except InterpolationToMissingValueError as error:
        source = str(error).splitlines()[0].rpartition("value: ")[2]
        raise UserError(
            f"{where} is taken from {source}, which has no value yet: give {source}=..."
        ) from error
    except OmegaConfBaseException as error:
        message = str(error).splitlines()[0]
        if unset := re.search(r"Environment variable '(.*)' not found", message):
            message = f"the variable {unset[1]} of the environment is not set: set it, or give {where}=..."
        elif absent := re.match(r"Interpolation key '(.*)' not found", message):
            message = f"it is taken from {absent[1]}, which is no key here: give {where}=..., or choose another part"
        raise UserError(f"{where}: {message}") from error


def origin(where: str, node: DictConfig, key: str) -> str:
    """The key that a person would set: ``where``, or the one that it takes its value from, as ``${data.channels}``."""
    if not OmegaConf.is_interpolation(node, key):
        return where
    written = unresolved(node)[key]
    source = re.fullmatch(r"\$\{(\w+(\.\w+)*)\}", written)
    return source[1] if source else where


def check_top(cfg: DictConfig, schema: type = Train) -> None:
    """The keys at the top, and the types of their values, against the dataclass ``schema``."""
    types, keys = {field.name: field for field in fields(schema)}, list(cfg)
    for key in keys:
        if key not in types:
            raise UserError(f"{key}: no such key{did_you_mean(str(key), types)}")
    hints = typing.get_type_hints(schema, include_extras=True)
    for name, field in types.items():
        if name in keys and not OmegaConf.is_missing(cfg, name):
            _conform(name, cfg, name, hints[name], default=field.default, resolve=False)
        elif name not in keys and field.default is MISSING and field.default_factory is MISSING:
            raise UserError(f"{name} is missing: choose one with {name}=NAME (see ganlab list)")


def check_node(path: str, node: DictConfig) -> None:
    """One node against the signature of its target."""
    target = locate(path, node["_target_"])
    try:
        named, open_ended = parameters_of(target)
    except (TypeError, ValueError):
        return  # written in C: it checks for itself
    present = [str(key) for key in node if key not in HYDRA_KEYS]
    for key in present:
        if key in named:
            parameter = named[key]
            _conform(_join(path, key), node, key, parameter.annotation, default=parameter.default)
        elif not open_ended:
            raise UserError(
                f"{_join(path, key)}: {node['_target_']} has no parameter {key!r}{did_you_mean(key, named)}"
            )
    if node.get("_partial_") or node.get("_args_"):
        return
    absent = [name for name, p in named.items() if p.default is p.empty and name not in present]
    if absent:
        raise UserError(
            f"{_join(path, absent[0])}: {node['_target_']} needs {listing(absent)}, and it is not given"
        )


def locate(path: str, target: Any) -> Callable[..., Any]:
    """Import what ``_target_`` names."""
    where = _join(path, "_target_")
    if not isinstance(target, str) or not all(target.split(".")):
        raise UserError(f"{where}={target}: the dotted name of a class or function is needed")
    try:
        _import_home(target)
        found = pkgutil.resolve_name(target)
    except Exception as error:  # a user's module can fail in any way
        raise UserError(f"{where}={target} cannot be imported: {_reason(target, error)}") from error
    if not callable(found):
        raise UserError(
            f"{where}={target}: a class or function is needed, and this is a {type(found).__name__}"
        )
    return found


def nodes(cfg: Any, path: str = "") -> Iterator[tuple[str, Container]]:
    """Every mapping and list with its dotted path, outer ones first; missing ones are passed over."""
    if not isinstance(cfg, Container):
        return
    yield path, cfg
    for key in _keys(cfg):
        if not OmegaConf.is_missing(cfg, key):
            yield from nodes(cfg[key], _join(path, key))


def _keys(node: Container) -> list[Key]:
    return list(range(len(node))) if isinstance(node, ListConfig) else list(node)


def _join(path: str, key: Key) -> str:
    return f"{path}.{key}" if path else str(key)


def _conform(
    where: str, node: DictConfig, key: str, annotation: Any, *, default: Any = None, resolve: bool = True
) -> None:
    value = read(where, node, key)
    value = OmegaConf.to_container(value, resolve=resolve) if OmegaConf.is_config(value) else value
    source = origin(where, node, key)
    try:
        fitting = conform(value, annotation)
    except Mismatch as error:
        place = ".".join(map(str, (source, *error.path)))
        kind = "" if error.kind_suits else f", not {_kind(error.value)}"
        purpose = f" (for {where})" if source != where else ""
        raise UserError(f"{place}={_shown(error.value)}: expected {error}{kind}{purpose}") from error
    require_within(source, fitting, annotation, default)
    if repr(fitting) != repr(value):  # 1 and 1.0 are equal, and not the same
        with read_write(node), open_dict(node):
            node[key] = fitting


def _reason(target: str, error: Exception) -> str:
    """The nearest name in the module that was found, or what the import said."""
    message = (str(error).splitlines() or [type(error).__name__])[0]
    if isinstance(error, MemoryError) or "failed to map segment" in message:
        return f"{message} (there is too little memory to load PyTorch; see ulimit -v)"
    module, _, name = target.rpartition(".")
    try:
        siblings = [word for word in vars(pkgutil.resolve_name(module)) if not word.startswith("_")]
    except ModuleNotFoundError as missing:
        return message + own.unseen(missing.name or "")
    except Exception:
        return message
    return message if name in siblings else f"{module} has no {name!r}{did_you_mean(name, siblings)}"


def _import_home(target: str) -> None:
    """Import the modules in a dotted name; ``pkgutil`` takes one that fails for one that is not there."""
    parts = target.split(".")
    for end in range(1, len(parts)):
        module = ".".join(parts[:end])
        try:
            importlib.import_module(module)
        except ModuleNotFoundError as error:
            if f"{module}.".startswith(f"{error.name}."):
                return  # a class, or a typing mistake
            raise


def _shown(value: Any, maximum: int = 60) -> str:
    text = "null" if value is None else str(value)
    return text if len(text) <= maximum else f"{text[: maximum - 3]}..."


def _kind(value: Any) -> str:
    kinds = {
        bool: "true or false",
        int: "a whole number",
        float: "a fraction",
        list: "this list",
        dict: "this mapping",
    }
    return kinds.get(type(value), "null" if value is None else "this text")
