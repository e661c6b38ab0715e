"""A configuration as plain dicts, nested or flat."""

from typing import Any, cast

from omegaconf import DictConfig, OmegaConf


def flatten(tree: Any, prefix: str = "") -> dict[str, Any]:
    """``{"a.b": value}`` of nested mappings; lists and empty mappings are values."""
    if not isinstance(tree, dict) or not tree:
        return {prefix: tree}
    flat: dict[str, Any] = {}
    for key, value in tree.items():
        flat.update(flatten(value, f"{prefix}.{key}" if prefix else str(key)))
    return flat


def plain(cfg: DictConfig) -> dict[str, Any]:
    """The configuration as a dict, interpolations resolved."""
    return cast("dict[str, Any]", OmegaConf.to_container(cfg, resolve=True))


def unresolved(cfg: DictConfig) -> dict[str, Any]:
    """The configuration as a dict, interpolations as they are written."""
    return cast("dict[str, Any]", OmegaConf.to_container(cfg, resolve=False))
