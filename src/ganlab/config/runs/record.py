"""The configuration that a run directory keeps of itself, in ``.hydra/``."""

import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, ListConfig, OmegaConf

from ganlab.config.compose.overrides import key_of, words_of
from ganlab.config.compose.yaml_files import read_yaml
from ganlab.config.secrets import HIDDEN, Secrets
from ganlab.errors import UserError

log = logging.getLogger(__name__)

FOLDER = ".hydra"
TRANSIENT = ("resume", "allow_change", "launcher")  # what belongs to one start of a run, not to the run


def is_transient(word: str) -> bool:
    """Whether an override belongs to one start of a run, and not to the run: ``resume=...``, ``launcher.n=2``."""
    return key_of(word).partition(".")[0] in TRANSIENT


def save_config(cfg: DictConfig, run_dir: Path, overrides: Sequence[str] | None = None) -> None:
    """Write ``.hydra/config.yaml`` (every interpolation resolved), ``overrides.yaml`` and ``hydra.yaml``.

    Each file appears whole or not at all, without secrets. ``overrides`` are needed only where no Hydra job is running;
    there ``hydra.yaml`` is left out.
    """
    folder = run_dir / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    if overrides is None:
        overrides = words_of(HydraConfig.get().overrides.task) if HydraConfig.initialized() else []
    secrets = Secrets(cfg)
    kept = [secrets.override(word) for word in overrides if not is_transient(word)]
    if HydraConfig.initialized():
        # Hydra's annotation is of the structure that the DictConfig has
        hydra_node = OmegaConf.masked_copy(HydraConfig.instance().cfg, ["hydra"])  # type: ignore[arg-type]
        _write(folder / "hydra.yaml", OmegaConf.to_yaml(secrets.hydra(OmegaConf.to_container(hydra_node))))
    _write(folder / "overrides.yaml", OmegaConf.to_yaml(kept))
    _write(folder / "config.yaml", OmegaConf.to_yaml(secrets.config()))
    for key in secrets.plain:
        log.warning(
            "%s is a secret by its name or form, and kept as %s: a resumed run needs it again. Better is "
            "%s='${oc.env:NAME}', which keeps only the variable's name",
            key,
            HIDDEN,
            key,
        )


def hide_in_file(path: Path, secrets: Secrets) -> None:
    """Take secrets out of a YAML file that Hydra has written."""
    if path.is_file():
        tree = OmegaConf.to_container(read_yaml(path), resolve=False)
        if (safe := secrets.hydra(tree)) != tree:
            _write(path, OmegaConf.to_yaml(safe))


def saved_config(run_dir: Path) -> DictConfig:
    """The resolved configuration that ``run_dir`` was last started with.

    Raises:
        UserError: the file is damaged.
    """
    path = run_dir / FOLDER / "config.yaml"
    cfg = read_yaml(path)
    if not isinstance(cfg, DictConfig):
        raise UserError(f"{path} holds no configuration, but a list")
    return cfg


def as_written(node: Any) -> Any:
    """A saved configuration as plain values, to be compared; where one would be read from elsewhere, ``***``."""
    node = OmegaConf.to_container(node, resolve=False) if OmegaConf.is_config(node) else node
    if isinstance(node, dict):
        return {key: as_written(inner) for key, inner in node.items()}
    if isinstance(node, list):
        return [as_written(inner) for inner in node]
    return HIDDEN if isinstance(node, str) and "${" in node else node


def saved_overrides(run_dir: Path) -> list[str]:
    """The overrides that ``run_dir`` was last started with.

    Raises:
        UserError: the file is damaged.
    """
    path = run_dir / FOLDER / "overrides.yaml"
    words = read_yaml(path)
    if not isinstance(words, ListConfig):
        raise UserError(f"{path} holds no list of overrides")
    return [word for word in words_of(words) if not is_transient(word)]


def saved_config_dirs(run_dir: Path) -> list[Path]:
    """The folders given by ``--config-dir`` when ``run_dir`` was last started: to be named, never to be read."""
    sources = _runtime(run_dir).get("config_sources")
    listed = sources if isinstance(sources, list) else []
    folders = [
        source
        for source in listed
        if isinstance(source, dict) and str(source.get("provider")).endswith("command-line")
    ]
    return [Path(str(source.get("path"))) for source in folders]


def saved_choices(run_dir: Path) -> dict[str, str]:
    """Which option of each group ``run_dir`` was started with; empty for a run that Hydra did not start."""
    chosen = _runtime(run_dir).get("choices")
    pairs = chosen.items() if isinstance(chosen, dict) else ()
    return {str(group): option for group, option in pairs if isinstance(option, str)}


def _runtime(run_dir: Path) -> dict[str, Any]:
    """What Hydra has written of how ``run_dir`` was started; empty for a run that it did not start."""
    path = run_dir / FOLDER / "hydra.yaml"
    tree: Any = OmegaConf.to_container(read_yaml(path)) if path.is_file() else {}
    for key in ("hydra", "runtime"):
        tree = tree.get(key) if isinstance(tree, dict) else None
    return tree if isinstance(tree, dict) else {}


def _write(path: Path, text: str) -> None:
    """Through a temporary file in the same folder, because a run may be killed at any moment."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, path)
