"""Composing, checking and recording configurations; besides ``ganlab.cli`` the only part that knows Hydra."""

from ganlab.config.check import check
from ganlab.config.compose import compose, instantiate
from ganlab.config.paths import config_dir
from ganlab.config.record import save_config, saved_config

__all__ = ["check", "compose", "config_dir", "instantiate", "save_config", "saved_config"]
