"""What a fault becomes on the screen."""

import json
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ganlab.errors import GanlabError, StorageError, UserError
from ganlab.training.environment import repeats_others

# what networks and games raise that were not made for one another
OF_A_MISFIT = (TypeError, AttributeError, ValueError, RuntimeError, LookupError)


def in_a_sentence(error: Exception, words: Sequence[str], model: Any, run_dir: Path) -> Exception:
    """A fault of the machine, or of a choice, told as one found before training; anything else as it is.

    ``words`` are the overrides of the job whose node ``model`` and directory ``run_dir`` are.
    """
    if isinstance(error, GanlabError):
        return error
    from ganlab.config.compose.overrides import key_of
    from ganlab.config.runs.harmless import texts
    from ganlab.memory_budget import lacks_memory, memory_sentence

    cause = error.__cause__ or error
    parts = [word for word in words if key_of(word).startswith("model/")]
    targets = [name for key, name in texts(model) if key == "_target_"]
    fault: GanlabError
    if lacks_memory(error):
        fault = StorageError(memory_sentence(error))
    elif (
        parts
        and isinstance(cause, OF_A_MISFIT)
        and all(name.startswith(("ganlab.", "torch.")) for name in targets)
        and not _has_trained(run_dir)
    ):
        said = (str(cause).splitlines() or [type(error).__name__])[0]
        fault = UserError(
            f"{', '.join(parts)}: this does not go together with the rest of the model ({said}); leave it out, or "
            "choose another; --debug shows where it ended"
        )
    else:
        return error
    fault.__cause__ = error
    return fault


def _has_trained(run_dir: Path) -> bool:
    """Has the run got beyond its first step?"""
    try:
        return int(json.loads((run_dir / "results.json").read_text())["steps"]) > 1
    except (OSError, ValueError, LookupError, TypeError):
        return any((run_dir / "checkpoints").glob("*.ckpt"))


def report_error(error: GanlabError, debug: bool, prefix: str = "ganlab") -> None:
    """The fault as one sentence on stderr, its traceback above it for ``--debug``; a user's mistake once a machine."""
    from ganlab.config.secrets import conceal

    if isinstance(error, UserError) and repeats_others():
        return
    if debug:
        report_bug(error)
    print(f"{prefix}: {conceal(str(error))}", file=sys.stderr, flush=True)


def report_bug(error: BaseException) -> None:
    """The traceback on stderr, without secrets."""
    from ganlab.config.secrets import conceal

    print(conceal("".join(traceback.format_exception(error))), end="", file=sys.stderr, flush=True)
