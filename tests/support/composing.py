"""Hydra composes the same choices once per process; what a test sets on top is set on a copy."""

import os
import pickle
import re
from pathlib import Path

from hydra._internal.config_loader_impl import ConfigLoaderImpl, get_overrides_dirname
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.core.utils import JobRuntime
from hydra.types import RunMode
from omegaconf import DictConfig

from ganlab.config.compose.paths import config_dir

CONF = config_dir()
PLACES = ("hydra.run.dir", "hydra.sweep.dir", "hydra.sweep.subdir", "hydra.mode")
compose = ConfigLoaderImpl._load_configuration_impl


def is_value(word: str) -> bool:
    """Whether it chooses no file: Hydra sets it when all files are merged."""
    key = (re.match(r"([\w.]+)=", word) or ("", ""))[1]
    return key in PLACES or (bool(key) and not key.startswith("hydra") and not (CONF / key).is_dir())


class Remembered:
    """In the place of ``compose``: each set of choices once; in Hydra's order of faults."""

    def __init__(self) -> None:
        self.known: dict[tuple, bytes] = {}

    def __call__(
        self, loader, config_name, overrides, run_mode, from_shell=True, validate_sweep_overrides=True
    ) -> DictConfig:
        sources = [(source.provider, source.path) for source in loader.config_search_path.get_path()]
        more = any("hydra.searchpath" in word for word in overrides)  # folders of a test, whose files change
        if more or run_mode != RunMode.RUN or not validate_sweep_overrides or not is_own(sources):
            return compose(loader, config_name, overrides, run_mode, from_shell, validate_sweep_overrides)
        parsed = OverridesParser.create().parse_overrides(overrides)
        loader.validate_sweep_overrides_legal(parsed, run_mode, from_shell)
        choices = [word for word in overrides if not is_value(word)]
        key = (*sources, config_name, *choices, JobRuntime.instance().get("name"))
        if key not in self.known:
            self.known[key] = pickle.dumps(compose(loader, config_name, choices, run_mode, from_shell))
        return on_top(pickle.loads(self.known[key]), parsed)


def is_own(sources: list[tuple]) -> bool:
    """Whether a search path is the repository's, to which nobody has added a folder."""
    places = [Path(path.removeprefix("file://")) for provider, path in sources if provider == "main"]
    return places == [CONF] and {provider for provider, _ in sources} == {"hydra", "main", "schema"}


def on_top(cfg: DictConfig, parsed: list[Override]) -> DictConfig:
    """``cfg``, which its choices have made, with the values among all words and what Hydra notes of these."""
    ConfigLoaderImpl._apply_overrides_to_config([word for word in parsed if is_value(word.input_line)], cfg)
    hydra = cfg.hydra
    of_task = [word for word in parsed if not word.is_hydra_override()]
    hydra.overrides.task = [word.input_line for word in of_task]
    hydra.overrides.hydra = [word.input_line for word in parsed if word.is_hydra_override()]
    hydra.runtime.cwd = os.getcwd()
    settings = hydra.job.config.override_dirname
    hydra.job.override_dirname = get_overrides_dirname(
        of_task, list(settings.exclude_keys), settings.item_sep, settings.kv_sep
    )
    return cfg
