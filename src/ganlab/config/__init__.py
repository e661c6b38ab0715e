"""Composing, checking and recording configurations; besides ``ganlab.cli`` the only part that knows Hydra."""

from ganlab.config.compose.check import check
from ganlab.config.compose.compose import compose, instantiate
from ganlab.config.compose.paths import config_dir
from ganlab.config.runs.record import save_config, saved_config

__all__ = ["check", "compose", "config_dir", "instantiate", "save_config", "saved_config"]
