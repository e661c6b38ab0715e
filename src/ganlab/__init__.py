"""ganlab: train, measure and compare generative adversarial networks.

import ganlab
model = ganlab.load("outputs/dcgan-digits/...")     # ready to sample
images = model.sample(64, seed=0)                   # (64, C, H, W) in [-1, 1]
cfg = ganlab.compose(["model=wgan_gp", "seed=1"])   # the configuration of a list of overrides
"""

# `python -m ganlab` has the current folder on its path as yet: nothing is imported here
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ganlab.config import compose as compose
    from ganlab.inference.load import load as load

__all__ = ["compose", "load"]


def __getattr__(name: str) -> "Any":
    """Import on first use: the command line starts in a second because PyTorch is not loaded here."""
    if name == "compose":
        from ganlab.config import compose

        return compose
    if name == "load":
        from ganlab.inference.load import load

        return load
    raise AttributeError(f"module 'ganlab' has no attribute {name!r}")
