"""Lines that are printed to be pasted."""

import shlex
import sys
from collections.abc import Iterable
from itertools import pairwise

from ganlab.config import own


def to_paste(*words: str, trust: Iterable[str] = ()) -> str:
    """``ganlab WORDS`` as this user calls it, with this command's ``--config-dir``, in quotes where a shell needs them.

    trust: what GANLAB_TRUST has to name for it, beside the user's own code.
    """
    names = sorted(set(trust))
    variable = [f"GANLAB_TRUST={','.join(names)}"] if names else []
    return " ".join([*variable, program(), *map(shlex.quote, [*words, *own.flags()])])


def program() -> str:
    """``python -m ganlab``, where it was called so, with Python as it was called; else ``ganlab``."""
    called = sys.orig_argv
    for position, pair in enumerate(pairwise(called)):
        if pair == ("-m", "ganlab"):
            return shlex.join(called[: position + 2])
    return "ganlab"
