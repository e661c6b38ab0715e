"""Damage, as hypothesis draws it: the same in every run, and small enough to be part of each."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

MORE = int(os.environ.get("GANLAB_FUZZ", "1"))  # times as many examples, to look further than each run does
CHECKS = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]


def bounded(examples: int) -> settings:
    """Always the same examples, however long each takes; nothing is written beside the tests."""
    return settings(
        max_examples=examples * MORE,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=CHECKS,
    )


@contextmanager
def success_or(error: type[Exception], named: str = "") -> Iterator[None]:
    """What is done within succeeds, or is refused by an ``error`` of one line that holds ``named``."""
    refusal = None
    try:
        yield
    except error as caught:
        refusal = str(caught)
    assert refusal is None or (refusal and named in refusal and "\n" not in refusal), refusal


@st.composite
def damaged(draw: st.DrawFn, whole: bytes, head: int = 200) -> bytes:
    """``whole`` with up to five bytes or pieces changed, half of them in its first ``head`` bytes."""
    content = bytearray(whole)
    for _ in range(draw(st.integers(1, 5))):
        last = max(len(content) - 1, 0)
        at = draw(st.one_of(st.integers(0, min(head, last)), st.integers(0, last)))
        change = draw(st.sampled_from(("set", "set", "flip", "cut", "drop", "double", "zeros", "ones")))
        if change == "set":
            content[at : at + 1] = draw(st.binary(min_size=1, max_size=4))
        elif change == "flip":
            content[at : at + 1] = bytes(byte ^ 1 << draw(st.integers(0, 7)) for byte in content[at : at + 1])
        elif change == "cut":
            del content[at:]
        elif change == "drop":
            del content[at : at + draw(st.integers(1, 40))]
        elif change == "double":
            content[at:at] = content[at : at + draw(st.integers(1, 40))]
        else:
            length = draw(st.sampled_from((2, 4, 8)))
            content[at : at + length] = (b"\0" if change == "zeros" else b"\xff") * length
    return bytes(content)
