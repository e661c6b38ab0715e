"""Composing, checking and recording configurations; besides ``ganlab.cli`` the only part that knows Hydra.

compose/   from words to a checked configuration, and from a node of it to an object
runs/      what a run directory keeps of its configuration, and what one from elsewhere may do; stands above compose/
own        whose code may run: the user's own; secrets    what is never written down
tree       configurations as plain dicts; hydra_internals    what is taken from within Hydra
explore    the keys of the tools of ``ganlab explore``; score: of ``ganlab score``; these six stand below the two rooms
"""

from ganlab.config.compose.build import instantiate
from ganlab.config.compose.check import check
from ganlab.config.compose.paths import config_dir
from ganlab.config.runs.record import save_config, saved_config
from ganlab.config.runs.settled import Settled, settled
from ganlab.config.runs.start import compose

__all__ = [
    "Settled",
    "check",
    "compose",
    "config_dir",
    "instantiate",
    "save_config",
    "saved_config",
    "settled",
]
