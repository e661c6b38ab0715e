"""The keys of a configuration as a person would set them: what each is, and what it takes."""

import types
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Union, get_args, get_origin

from omegaconf import DictConfig, ListConfig, OmegaConf

from ganlab.bounds import in_words
from ganlab.config.compose.check import HYDRA_KEYS, locate, nodes
from ganlab.config.compose.conform import words
from ganlab.config.compose.signature import parameters_of


@dataclass(frozen=True)
class Key:
    """``path`` as it is typed, ``value`` as YAML writes it; ``expected``: what its constructor takes, in words.

    Nothing is expected where there is no constructor, or one written in C.
    """

    path: str
    value: str
    expected: str


def keys_below(cfg: DictConfig, path: str) -> Iterator[Key]:
    """Those of the node at ``path`` that have a value of their own, and do not follow another key.

    Targets are imported, for the types and ranges of what they take.

    Raises:
        UserError: for a ``_target_`` that cannot be imported.
    """
    for where, node in nodes(OmegaConf.select(cfg, path), path):
        if not isinstance(node, DictConfig):
            continue  # a list is a value
        named = _parameters(where, node) if "_target_" in node else {}
        for key in map(str, node):
            if key in HYDRA_KEYS or OmegaConf.is_interpolation(node, key):
                continue
            value = "???" if OmegaConf.is_missing(node, key) else node[key]
            if not isinstance(value, DictConfig):
                expected = takes(named[key].annotation) if key in named else ""
                yield Key(f"{where}.{key}", as_yaml(value), expected)


def takes(annotation: Any) -> str:
    """What a parameter takes, its range included: ``a whole number of at least 1 or null``."""
    origin = get_origin(annotation)
    if origin is Annotated:
        kind, *marks = get_args(annotation)
        return " and ".join(filter(None, (in_words(kind, mark) for mark in marks))) or takes(kind)
    if origin in (Union, types.UnionType):
        members = list(dict.fromkeys(map(takes, get_args(annotation))))
        return " or ".join([member for member in members if "_target_" not in member] or members)
    return words(annotation)


def as_yaml(value: Any) -> str:
    """A value on one line, as it is typed."""
    if isinstance(value, ListConfig):
        inner = OmegaConf.to_container(value)
        return f"[{', '.join(map(as_yaml, inner))}]" if isinstance(inner, list) else str(inner)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return str(value)


def _parameters(where: str, node: DictConfig) -> dict[str, Any]:
    try:
        return parameters_of(locate(where, node["_target_"]))[0]
    except (TypeError, ValueError):
        return {}
