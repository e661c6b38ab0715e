"""What a fault becomes on the screen."""

import sys
import traceback

from ganlab.errors import GanlabError


def report_error(error: GanlabError, debug: bool, prefix: str = "ganlab") -> None:
    """The fault as one sentence on stderr; its traceback above it for ``--debug``."""
    from ganlab.config.secrets import conceal

    if debug:
        report_bug(error)
    print(f"{prefix}: {conceal(str(error))}", file=sys.stderr, flush=True)


def report_bug(error: BaseException) -> None:
    """The traceback on stderr, without secrets."""
    from ganlab.config.secrets import conceal

    print(conceal("".join(traceback.format_exception(error))), end="", file=sys.stderr, flush=True)
