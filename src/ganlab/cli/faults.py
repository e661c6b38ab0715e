"""What a fault becomes on the screen."""

import sys
import traceback

from ganlab.errors import GanlabError


def tell(error: GanlabError, debug: bool, prefix: str = "ganlab") -> None:
    """The fault as one sentence on stderr; its traceback above it for ``--debug``."""
    from ganlab.config.secrets import conceal

    if debug:
        tell_bug(error)
    print(f"{prefix}: {conceal(str(error))}", file=sys.stderr, flush=True)


def tell_bug(error: BaseException) -> None:
    """The traceback on stderr, without secrets."""
    from ganlab.config.secrets import conceal

    print(conceal("".join(traceback.format_exception(error))), end="", file=sys.stderr, flush=True)
