"""What makes the scores of two runs comparable: the data they see, and how they are measured."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from omegaconf import DictConfig

from ganlab.config.tree import flatten, plain

MEASURED = ("data", "metrics")  # the nodes that decide what a score is a score of
FREE = {  # keys of these that decide how fast or from where, or how a model trains, and not what is measured
    "facts",
    "batch_size",
    "seed",
    "workers",
    "memory_limit",
    "cache",
    "flip",
    "load_size",
    "on_missing",
    "on_corrupt",
    "download",
    "weights",
}


def protocol_of(tree: Mapping[str, Any]) -> dict[str, Any]:
    """``{"data.image_size": 32, ...}`` of a configuration as plain dicts: all that its scores depend on."""
    flat = flatten({key: tree[key] for key in MEASURED if key in tree})
    return {key: value for key, value in flat.items() if not FREE & set(key.split("."))}


def protocol_id(cfg: DictConfig) -> str:
    """Eight hexadecimal digits that runs share whose scores can be compared; trackers group and filter by it."""
    text = json.dumps(protocol_of(plain(cfg)), sort_keys=True, default=str)
    return hashlib.blake2b(text.encode(), digest_size=4).hexdigest()
