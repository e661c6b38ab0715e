"""YAML files from anybody: read only if they are of a modest size, also once their aliases are written out."""

import os
from collections.abc import Iterable
from pathlib import Path

import yaml
from omegaconf import DictConfig, ListConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from ganlab.errors import UserError

LARGEST = 1_000_000  # bytes of a file
MOST = 100_000  # mappings, lists and values of one
DEEPEST = 100  # levels


def read_yaml(path: Path) -> DictConfig | ListConfig:
    """What a YAML file holds, interpolations as they are written.

    Raises:
        UserError: the file is not there, is no mapping or list in YAML, or grows out of bounds.
    """
    require_modest(path)
    try:
        return OmegaConf.load(path)
    except (OSError, ValueError, yaml.YAMLError, OmegaConfBaseException) as error:
        raise UserError(f"{path} cannot be read as a configuration: {_first_line(error)}") from error


def require_modest_below(folders: Iterable[Path]) -> None:
    """``require_modest`` for every YAML file below ``folders``."""
    for folder in folders:
        for path in sorted([*Path(folder).rglob("*.yaml"), *Path(folder).rglob("*.yml")]):
            require_modest(path)


def require_modest(path: Path) -> None:
    """Refuse a file that would fill the memory: aliases of aliases double with each line.

    Raises:
        UserError: more than ``LARGEST`` bytes, ``MOST`` values or ``DEEPEST`` levels, or a file that cannot be read.
    """
    try:
        size = os.stat(path).st_size
        if size > LARGEST:
            raise UserError(f"{path} has {size:,} bytes, and a configuration at most {LARGEST:,}")
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is no text in UTF-8 ({_first_line(error)})") from error
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        values = _values(root, {}, 0)
    except yaml.YAMLError:
        return  # whoever reads it tells what is wrong, and where
    except RecursionError:
        values = MOST + 1
    if values > MOST:
        raise UserError(
            f"{path} becomes more than {MOST:,} values, or {DEEPEST} levels deep: write fewer aliases (*name)"
        )


def _values(node: yaml.Node | None, known: dict[int, int], depth: int) -> int:
    """How many values a node becomes when every alias in it is written out."""
    if depth > DEEPEST:
        return MOST + 1
    if not isinstance(node, yaml.CollectionNode):
        return 1
    if id(node) not in known:
        known[id(node)] = MOST + 1  # for an alias of itself, within itself
        parts = (
            [part for pair in node.value for part in pair]
            if isinstance(node, yaml.MappingNode)
            else node.value
        )
        known[id(node)] = 1 + sum(_values(part, known, depth + 1) for part in parts)
    return known[id(node)]


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
