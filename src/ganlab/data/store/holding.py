"""Where a set of images is held: decoded in memory where it fits, else in its files."""

import logging
from collections.abc import Sequence

from ganlab.data.base import Splits
from ganlab.data.store.decoded import keep_decoded
from ganlab.data.store.files import FileImages
from ganlab.data.store.pyramid import Pyramid

log = logging.getLogger(__name__)


def in_memory_if_small(train: FileImages, test: FileImages, memory_limit: int, cache: float = 0.0) -> Splits:
    """Both sets decoded if together they take at most ``memory_limit`` MB, else left in their files or in a cache."""
    size = (len(train) + len(test)) * train.bytes_per_image
    if size > memory_limit * 1e6:
        stay_in_files((train, test), size / 1e6, memory_limit, cache)
        return Splits(Pyramid(train, memory_limit), test)
    kept = Splits(train.into_memory("decoding"), test.into_memory("decoding held-out images"))
    train.corrupt.check()
    return kept


def stay_in_files(sets: Sequence[FileImages], megabytes: float, memory_limit: int, cache: float) -> None:
    """Say so; with a ``cache`` of so many GB, decode once for all runs what has one size."""
    log.info("%.0f MB of pixels stay in their files (data.memory_limit=%s)", megabytes, memory_limit)
    if cache and all(images.of_one_size for images in sets):
        keep_decoded(sets, cache)
        sets[0].corrupt.check()
    elif cache:
        log.warning("data.cache=%g: pictures in their own sizes are not kept decoded", cache)
