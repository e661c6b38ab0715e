"""ganlab: train, measure and compare generative adversarial networks.

import ganlab
cfg = ganlab.compose(["model=wgan_gp", "seed=1"])   # the configuration of a list of overrides
ganlab.train(cfg, "outputs/mine")                   # a run, as the command line would make it
model = ganlab.load("outputs/mine")                 # ready to sample
images = model.sample(64, seed=0)                   # (64, C, H, W) in [-1, 1]
ganlab.picture(images)                              # on the page
walk = model.interpolate([3, 7, 12])                # and the other tools of ganlab explore
"""

# `python -m ganlab` has the current folder on its path as yet: nothing is imported here
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ganlab.config import compose as compose
    from ganlab.inference.notebook import load as load
    from ganlab.inference.notebook import load_data as load_data
    from ganlab.inference.notebook import picture as picture
    from ganlab.training.run import train as train

__all__ = ["compose", "load", "load_data", "picture", "train"]
_HOMES = {
    "compose": "ganlab.config",
    "load": "ganlab.inference.notebook",
    "load_data": "ganlab.inference.notebook",
    "picture": "ganlab.inference.notebook",
    "train": "ganlab.training.run",
}


def __getattr__(name: str) -> "Any":
    """Import on first use: the command line starts in a second because PyTorch is not loaded here."""
    if name not in _HOMES:
        raise AttributeError(f"module 'ganlab' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})
