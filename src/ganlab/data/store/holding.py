"""Where a set of images is held: decoded in memory where it fits, else in its files."""

import logging

from ganlab.data.base import Splits
from ganlab.data.store.files import FileImages
from ganlab.data.store.pyramid import Pyramid

log = logging.getLogger(__name__)


def in_memory_if_small(train: FileImages, test: FileImages, memory_limit: int) -> Splits:
    """Both sets decoded if together they take at most ``memory_limit`` MB, else left in their files."""
    size = (len(train) + len(test)) * train.bytes_per_image
    if size > memory_limit * 1e6:
        log.info("%.0f MB of pixels stay in their files (data.memory_limit=%s)", size / 1e6, memory_limit)
        return Splits(Pyramid(train, memory_limit), test)
    kept = Splits(train.into_memory("decoding"), test.into_memory("decoding held-out images"))
    train.corrupt.check()
    return kept
