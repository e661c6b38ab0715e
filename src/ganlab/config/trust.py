"""What a run directory from elsewhere may do when it is opened: build networks, and nothing else.

A configuration names Python objects, so whoever writes one chooses what runs. The command line and ``--config-dir`` are
the user's own words. The configuration inside a run directory may be anybody's.
"""

import importlib.util
import os
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, ListConfig, OmegaConf

from ganlab.config.compose import instantiate
from ganlab.errors import UserError

PARTS = ("callbacks", "data", "layers", "losses", "metrics", "models", "networks", "techniques")
ALLOWED = (*(f"ganlab.{part}." for part in PARTS), "torch.nn.", "torch.optim.")


def instantiate_saved(node: Any, run_dir: Path) -> Any:
    """Make the object that a node of a run's saved configuration describes.

    The environment variable GANLAB_TRUST names packages, with commas between them, whose code may run beside ganlab's,
    PyTorch's networks and the user's own files.

    Raises:
        UserError: for a target of another package, before anything is imported or made.
    """
    trust = os.environ.get("GANLAB_TRUST", "").split(",")
    for target in targets(node):
        package = target.partition(".")[0]
        if not target.startswith(ALLOWED) and package not in trust and not is_own(package):
            raise UserError(
                f"{run_dir} would run {target}, which is neither ganlab's nor in your own folders; if you trust "
                f"whoever made this run, set GANLAB_TRUST={package} in the environment"
            )
    return instantiate(node)


def targets(node: Any) -> Iterator[str]:
    """Every ``_target_`` in the node."""
    plain = OmegaConf.to_container(node) if isinstance(node, DictConfig | ListConfig) else node
    if isinstance(plain, dict):
        if "_target_" in plain:
            yield str(plain["_target_"])
        plain = list(plain.values())
    if isinstance(plain, list):
        for inner in plain:
            yield from targets(inner)


def is_own(package: str) -> bool:
    """Is this code of the user's: a module that Python finds, but neither its own nor an installed one?"""
    if package == "ganlab":  # whose other parts read and write files
        return False
    try:
        spec = importlib.util.find_spec(package)
    except (ImportError, ValueError):
        return False
    if spec is None or spec.origin is None or spec.origin in ("built-in", "frozen"):
        return False
    paths = sysconfig.get_paths()
    installed = [Path(paths[name]).resolve() for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    return not any(Path(spec.origin).resolve().is_relative_to(folder) for folder in installed)
