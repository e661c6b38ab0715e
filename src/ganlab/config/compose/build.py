"""From a node of a configuration to the object that it describes."""

from typing import Any

import hydra
import hydra.utils
from hydra.errors import InstantiationException
from omegaconf import DictConfig, OmegaConf

from ganlab.errors import GanlabError, UserError

# of constructors and of PyTorch
REFUSALS = (ValueError, ImportError, RuntimeError, ArithmeticError, MemoryError)


def instantiate(node: Any, *args: Any, **kwargs: Any) -> Any:
    """Make the object that ``node`` describes; lists and mappings arrive as plain Python ones.

    ``args`` and ``kwargs`` are passed on to its ``_target_``: what is known only at run time.

    Raises:
        UserError: for a value that a constructor refuses, or that leads to tensors which cannot be made or do not fit
            into the memory; and for a package not installed.
    """
    from ganlab.memory_budget import Budget

    if isinstance(
        node, DictConfig
    ):  # Hydra would resolve lists in place, and a settled configuration is read-only
        node = OmegaConf.to_container(node, resolve=True)
    try:
        with Budget(str(node.get("_target_", "this")) if isinstance(node, dict) else "this"):
            return hydra.utils.instantiate(node, *args, _convert_="all", **kwargs)
    except InstantiationException as error:
        cause = error.__cause__
        if isinstance(cause, GanlabError):
            raise cause from error
        if cause is None or isinstance(cause, REFUSALS):
            raise UserError((str(cause or error).splitlines() or [type(cause).__name__])[0]) from error
        raise
