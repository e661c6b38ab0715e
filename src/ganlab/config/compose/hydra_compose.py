"""Hydra's own composition, and the resolvers that configurations may use."""

from collections.abc import Sequence
from pathlib import Path

import hydra
import hydra.utils
from hydra.conf import HydraConf
from hydra.core.global_hydra import GlobalHydra
from omegaconf import DictConfig, OmegaConf, open_dict

from ganlab.config.compose import paths
from ganlab.config.compose.overrides import quote
from ganlab.config.compose.yaml_files import require_modest_below
from ganlab.config.tree import unresolved


def compose_all(
    overrides: Sequence[str], config_name: str = "train", *, config_dirs: Sequence[Path] = ()
) -> DictConfig:
    """As ``compose``, with the ``hydra`` node, and with Hydra's own exceptions."""
    require_modest_below(config_dirs)
    extra = [f"file://{Path(folder).resolve()}" for folder in config_dirs]
    search = [f"hydra.searchpath=[{','.join(quote(folder) for folder in extra)}]"] if extra else []
    register_resolvers()
    singleton = GlobalHydra.instance()
    outer = singleton.hydra  # set inside a Hydra job
    singleton.clear()
    try:
        with hydra.initialize_config_dir(str(paths.config_dir()), job_name="ganlab", version_base="1.3"):
            return hydra.compose(config_name, [*search, *overrides], return_hydra_config=True)
    finally:
        GlobalHydra.instance().hydra = outer


def split(cfg: DictConfig) -> tuple[DictConfig, HydraConf]:
    """The configuration without its ``hydra`` node, and that node."""
    job = cfg.hydra
    cfg = cfg.copy()
    with open_dict(cfg):
        del cfg["hydra"]
    return cfg, job


def register_resolvers() -> None:
    """What the directory names of a sweep need: ``${ganlab.short:TEXT}`` and ``${ganlab.typed:KEY}``."""
    OmegaConf.register_new_resolver("ganlab.short", short, replace=True)
    OmegaConf.register_new_resolver("ganlab.typed", typed, replace=True)


def typed(key: str, *, _root_: DictConfig) -> str:
    """The text at ``key`` as it is written: what an interpolation in it stands for may be a secret."""
    parent, _, name = key.rpartition(".")
    return str(unresolved(OmegaConf.select(_root_, parent))[name])


def short(text: str, maximum: int = 150) -> str:
    """``text`` as a directory name: no separators, a hash in place of what is beyond ``maximum`` characters."""
    import hashlib
    import re

    name = re.sub(r"[^\w.+=-]+", "_", text).strip("_")
    if len(name) <= maximum:
        return name
    digest = hashlib.blake2b(text.encode(), digest_size=4).hexdigest()
    return f"{name[: maximum - 9]}-{digest}"
