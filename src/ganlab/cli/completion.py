"""``ganlab completion``: the script of a shell, and what such a script asks at each press of the tab key."""

import shlex
from collections.abc import Sequence
from pathlib import Path

from ganlab.cli.candidates import candidates
from ganlab.errors import UserError

SCRIPTS = Path(__file__).parent / "shells"
QUERY = "query"


def run(words: list[str], config_dirs: Sequence[Path] = ()) -> int:
    """Print the script of the shell that is named, or for ``query LINE`` a candidate on each line."""
    if words[:1] == [QUERY]:
        found = candidates(split(" ".join(words[1:])), config_dirs)
        print("\n".join(found), end="\n" * bool(found))
        return 0
    shells = sorted(path.name for path in SCRIPTS.iterdir())
    if len(words) != 1 or words[0] not in shells:
        raise UserError(
            f"{' '.join(['ganlab completion', *words])}: name your shell, one of {', '.join(shells)}"
        )
    print((SCRIPTS / words[0]).read_text(encoding="utf-8"), end="")
    return 0


def split(line: str) -> list[str]:
    """The words of a line after the program; the last is the one being typed, perhaps empty."""
    try:
        words = shlex.split(line)
    except ValueError:  # within quotes
        words = line.split()
    return [*words[1:], *([""] if not line or line[-1].isspace() else [])] or [""]
