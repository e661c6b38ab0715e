"""The command line: ``ganlab [COMMAND] ...``, and what a fault becomes on the screen.

A command is imported when it is asked for, so that help and mistakes are answered at once.
"""

import os
import re
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from ganlab.cli import folders
from ganlab.cli.faults import report_bug, report_error
from ganlab.errors import GanlabError, Interrupted, UserError
from ganlab.training.environment import require_sound_environment

COMMANDS = {  # and the module of each, imported when it is asked for
    "train": "train",
    "sample": "sample",
    "evaluate": "evaluate",
    "score": "score",
    "doctor": "doctor",
    "list": "listing",
    "zoo": "zoo",
    "completion": "completion",
    "import-weights": "import_weights",
    "pack": "pack",
    "explore": "explore",
    "export": "export",
    "push": "push",
    "demo": "demo",
    "report": "report",
    "compare": "compare",
    "dashboard": "dashboard",
}
# root=shards/{000..999}.tar, whose braces Hydra would take for its own
RANGE = re.compile(r"^([\w.+]*root)=([^'\"]*\{\d+\.\.\d+\}[^'\"]*)$")
# with it PyTorch, and what uses it, runs code from files of weights
UNSAFE = "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: see ``ganlab.errors``; 1 is a bug, 130 Ctrl-C."""
    words = [RANGE.sub(r"\1='\2'", word) for word in (sys.argv[1:] if argv is None else argv)]
    debug = "--debug" in words or os.environ.get("GANLAB_DEBUG") == "1"
    try:
        return run([word for word in words if word != "--debug"], debug)
    except GanlabError as error:
        report_error(error, debug)
        return error.exit_code
    except KeyboardInterrupt:
        print("ganlab: stopped before training began; nothing was saved", file=sys.stderr)
        return 130
    except BrokenPipeError:  # ganlab list | head
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        report_bug(error)
        return 1


def run(words: list[str], debug: bool) -> int:
    """Hand ``words`` to the command that the first of them names, ``train`` where it names none."""
    config_dirs, words = folders.split(words)
    first, rest = split(words)
    command = first if first in COMMANDS else "train"
    if "--version" in words:
        print(f"ganlab {version()}")
        return 0
    if {"--help", "-h"} & set(rest):
        show_help(first, rest, config_dirs)
        return 0
    # before anything that takes a moment to import
    if first == "completion":
        from ganlab.cli import completion

        return completion.run(rest, config_dirs)
    from ganlab.config import own

    own.use(config_dirs)
    if os.environ.get(UNSAFE, "0") not in ("", "0"):
        raise UserError(f"{UNSAFE} is set, which makes PyTorch run code from files of weights; unset it")
    require_sound_environment()
    if command != "train":
        try:
            return import_module(f"ganlab.cli.{COMMANDS[command]}").run(rest)
        except KeyboardInterrupt:
            raise Interrupted(
                f"{command} was stopped before its end, and what it has written is not whole; the same command begins "
                "anew"
            ) from None
    if rest and rest == words:
        refuse_unknown_command(words)
    from ganlab.cli import train

    return train.run(rest, debug)


def show_help(first: str, rest: list[str], config_dirs: list[Path]) -> None:
    """The page of a command or the general one; of ``model=dcgan`` and other options, what they are."""
    if (first not in COMMANDS or first == "train") and any("=" in word for word in rest):
        from ganlab.cli import about
        from ganlab.config import own

        own.use(config_dirs)
        if about.groups_in(rest):
            return about.tell(rest)
    from ganlab.cli import pages

    print(pages.page(first, rest) if first in COMMANDS else pages.page(None))


def split(words: list[str]) -> tuple[str, list[str]]:
    """The command, which may follow flags, and the other words; the first word, which is no command, and all words."""
    position = next((place for place, word in enumerate(words) if not word.startswith("-")), 0)
    if words and words[position] in COMMANDS:
        return words[position], [*words[:position], *words[position + 1 :]]
    return (words[0] if words else ""), words


def refuse_unknown_command(words: list[str]) -> None:
    """Raise ``UserError`` when the first of ``words`` looks like a command, and is none."""
    word = words[0]
    if "=" in word or word.startswith(("-", "~", "+")):
        return
    from ganlab.config.compose.catalogue import catalogue
    from ganlab.config.compose.mistakes import TOP, options_of
    from ganlab.nearest import either, nearest

    if word in TOP or words[1:2] == ["="] or options_of(word):
        return  # an option without =, which its parser explains

    options = [f"{group}={word}" for group, entries in catalogue().items() if word in entries]
    meant = options or [f"ganlab {name}" for name in nearest(word, COMMANDS, 1)]
    hint = f"did you mean {either(meant)}? " if meant else ""
    known = ", ".join(COMMANDS)
    raise UserError(f"{word!r} is no command; {hint}The commands are {known}, and options are key=value")


def version() -> str:
    """The installed version."""
    from importlib import metadata

    try:
        return metadata.version("ganlab")
    except metadata.PackageNotFoundError:
        return "(not installed)"
