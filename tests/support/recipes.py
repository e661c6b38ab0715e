"""The recipes of conf/experiment by the kind of data that their models need."""

import re

from ganlab.config import config_dir
from ganlab.config.compose.catalogue import catalogue


def recipes(*kinds: str) -> set[str]:
    """The names of the recipes whose model needs data of one of these kinds."""
    models = catalogue()["model"]
    found = set()
    for path in (config_dir() / "experiment").glob("*.yaml"):
        chosen = re.search(r"override /model: (\w+)", path.read_text(encoding="utf-8"))
        if models[chosen[1] if chosen else "dcgan"].kind in kinds:
            found.add(path.stem)
    return found
