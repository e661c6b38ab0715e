"""What a run directory from elsewhere may do when it is opened: build networks, and nothing else.

A configuration names Python objects, so whoever writes one chooses what runs. The command line and ``--config-dir`` are
the user's own words. The configuration inside a run directory may be anybody's.
"""

import importlib.util
import inspect
import os
import re
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, ListConfig, OmegaConf

from ganlab.config.check import check_node, locate, nodes
from ganlab.config.compose import instantiate
from ganlab.config.record import saved_config
from ganlab.errors import UserError

COMPUTE = ("ganlab.layers.", "ganlab.losses.", "ganlab.networks.", "ganlab.techniques.", "torch.nn.init.")
"""Where functions and classes may be used; of the following only classes, for functions there read and write files."""
BUILD = (
    *COMPUTE,
    "ganlab.callbacks.",
    "ganlab.data.",
    "ganlab.metrics.",
    "ganlab.models.",
    "torch.nn.",
    "torch.optim.",
)
VARIABLE = re.compile(r"\$\{oc\.env:\s*(\w+)\s*(,\s*'\*\*\*'\s*)?\}")  # as save_config leaves them


def instantiate_saved(run_dir: Path, part: str) -> Any:
    """Make what a run's saved configuration describes under the key ``part``: its model or its data; see below."""
    return instantiate_foreign(saved_config(run_dir), part, run_dir)


def instantiate_foreign(cfg: DictConfig, part: str, where: Path) -> Any:
    """Make what ``cfg``, from the folder ``where``, describes under the key ``part``.

    Raises:
        UserError: for what ``require_trusted`` refuses, before anything is imported or made; no such part, or one that
            does not fit its constructor.
    """
    node = OmegaConf.to_container(cfg, resolve=False).get(part)  # type: ignore[union-attr]
    if not isinstance(node, dict) or "_target_" not in node:
        raise UserError(
            f"the configuration in {where} describes no {part}: it is damaged, or of another program"
        )
    require_trusted(node, where)
    for path, inner in nodes(cfg[part], part):
        if "_target_" in inner:
            check_node(path, inner)  # type: ignore[arg-type]
    return instantiate(cfg[part])


def require_trusted(node: Any, run_dir: Path) -> None:
    """Refuse foreign code, and interpolations, behind which anything may hide.

    The environment variable GANLAB_TRUST names packages, with commas between them, whose code may run beside ganlab's,
    PyTorch's networks and the user's own files; and variables of the environment that may be read.

    Raises:
        UserError: names what the run in ``run_dir`` would do, and the word that allows it.
    """
    trust = set(os.environ.get("GANLAB_TRUST", "").split(",")) - {""}
    for key, text in texts(node):
        if key == "_target_":
            package = text.partition(".")[0]
            if package not in trust and not is_harmless(text):
                raise UserError(
                    f"{run_dir} would run {text}, which is neither ganlab's nor in your own folders; if you trust "
                    f"whoever made this run, set GANLAB_TRUST={package} in the environment"
                )
        elif "${" in text:
            variable = VARIABLE.fullmatch(text)
            if variable is None:
                raise UserError(
                    f"{run_dir} holds {text!r} in its configuration, where only plain values are taken"
                )
            if variable[1] not in trust:
                raise UserError(
                    f"{run_dir} would read {variable[1]} from the environment; if you trust whoever made this run, "
                    f"set GANLAB_TRUST={variable[1]} there"
                )


def texts(node: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Every text in the node, as it is written, with the last key above it; every ``_target_``, whatever it is."""
    plain = OmegaConf.to_container(node) if isinstance(node, DictConfig | ListConfig) else node
    if isinstance(plain, dict):
        for name, inner in plain.items():
            yield from texts(inner, str(name))
    elif isinstance(plain, list):
        for inner in plain:
            yield from texts(inner)
    elif isinstance(plain, str) or key == "_target_":
        yield key, str(plain)


def is_harmless(target: str) -> bool:
    """Is this ganlab's or PyTorch's and builds something, or the user's own?

    Both by its name, before it is imported, and by where it was defined: modules also hold what they import.
    """
    package = target.partition(".")[0]
    if not target.startswith(BUILD) and not is_own(package):
        return False
    found = locate("", target)
    home = f"{getattr(found, '__module__', '')}."
    if home.startswith(COMPUTE) or (home.startswith(BUILD) and inspect.isclass(found)):
        return True
    return package != "ganlab" and home.partition(".")[0] == package and is_own(package)


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
