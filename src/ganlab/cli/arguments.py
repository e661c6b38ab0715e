"""The words of ``ganlab train``, as Hydra's own parser reads them."""

import argparse
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ganlab.config import own
from ganlab.config.compose.mistakes import refuse_flag, refuse_mistakes
from ganlab.config.compose.overrides import key_of, quote, unquote
from ganlab.config.compose.yaml_files import require_modest_below
from ganlab.config.hydra_internals import flag_parser, flags_of
from ganlab.config.runs import zoo
from ganlab.config.runs.resume import HUB, find_run, graphs_in, runs_below
from ganlab.config.secrets import put_away
from ganlab.errors import UserError
from ganlab.nearest import did_you_mean, nearest

PATHS = ("run", "output", "input", "reference", "mask", "caption", "label")
EXPORTED = "weights.safetensors"  # by this file an export is known


@dataclass(frozen=True)
class Arguments:
    """``flags`` as they were typed, the ``overrides`` without secrets, and what Hydra's parser made of both."""

    flags: list[str]
    overrides: list[str]
    options: argparse.Namespace

    @property
    def config_dirs(self) -> list[Path]:
        return own.folders()

    @property
    def runs(self) -> bool:
        """Is anything to be trained, rather than shown?"""
        options = self.options
        return not (options.cfg or options.info or options.hydra_help or options.shell_completion)


def parse(words: list[str]) -> Arguments:
    """Split ``words`` into flags and overrides, in any order; an unknown flag raises ``UserError``."""
    parser = flag_parser()
    words = without_dashes(words, flags_of(parser))
    # argparse would print its usage and exit
    parser.error = _refuse  # type: ignore[method-assign,assignment]
    options, unknown = parser.parse_known_intermixed_args(words)
    if unknown:
        refuse_flag(words, words.index(unknown[0]))
        raise UserError(
            f"{unknown[0]}: no such flag{did_you_mean(unknown[0], nearest(unknown[0], flags_of(parser)))}"
        )
    if options.experimental_rerun is not None:
        raise UserError("--experimental-rerun executes a pickled file; use resume=RUN_DIRECTORY")
    if options.config_dir:
        raise UserError(f"--config-dir={options.config_dir}: write the flag out")
    require_modest_below(own.folders())
    refuse_mistakes(options.overrides, own.folders())
    left, flags = list(options.overrides), []
    for word in words:
        if left and word == left[0]:
            left.pop(0)
        else:
            flags.append(word)
    return Arguments(flags, put_away(options.overrides), options)


def search_path(overrides: list[str]) -> list[str]:
    """What tells Hydra of the folders of ``--config-dir``."""
    folders = [quote(f"file://{folder}") for folder in own.folders()]
    if folders and any(word.lstrip("+").startswith("hydra.searchpath=") for word in overrides):
        raise UserError("give your folders either by --config-dir or by hydra.searchpath, not by both")
    return [f"hydra.searchpath=[{','.join(folders)}]"] if folders else []


def without_dashes(words: list[str], flags: Sequence[str]) -> list[str]:
    """What an agent of W&B's sweeps writes, ``--model=vanilla``, as ganlab does; from anybody else it is a mistake."""
    if "WANDB_SWEEP_ID" not in os.environ:
        return words
    return [
        word[2:] if word.startswith("--") and "=" in word and word.partition("=")[0] not in flags else word
        for word in words
    ]


def complete_without_command() -> None:
    """Tab completion hands over the line as typed: take the word ``train`` out before Hydra reads it."""
    line = os.environ.get("COMP_LINE")
    if line is not None:
        os.environ["COMP_LINE"] = re.sub(r"^(\s*\S+\s+)train\s+", r"\1", line)


def _refuse(message: str) -> None:
    raise UserError(f"{message} (ganlab --help)")


def refuse_flags(command: str, words: list[str]) -> None:
    """Raise ``UserError`` for the first of ``words`` that begins with a dash."""
    for word in words:
        if word.startswith("-"):
            raise UserError(f"ganlab {command} {word}: no such flag (ganlab {command} --help)")


def options_of_run(command: str, words: list[str]) -> list[str]:
    """The words of a command that takes a run, whose first may be the run by itself: ``run=`` is put before it.

    Raises:
        UserError: for flags, and for other words that are no options.
    """
    refuse_flags(command, words)
    if words and words[0] != "run" and ("=" not in words[0] or Path(words[0]).is_dir()):
        words = [f"run={words[0]}", *words[1:]]
    for word in words:
        if "=" not in word:
            raise UserError(
                f"ganlab {command} {word}: options are key=value, as in ganlab {command} run=DIRECTORY"
            )
    return words


def named_run(words: list[str], *, or_export: bool = False, or_graphs: bool = False) -> Path:
    """The run directory that ``run=...`` names; ``UserError`` where there is none, with one that may be meant.

    or_export: what ``ganlab export`` has written will do as well, also as zoo:NAME or hf://user/name of the Hub.
    or_graphs: an export that runs without ganlab too.
    """
    values = [word.partition("=")[2] for word in words if key_of(word) == "run"]
    if not values:
        runs = runs_below(Path("outputs"))
        newest = f"; the newest is run={runs[0]}" if runs else "; there is none below outputs/ yet"
        raise UserError(f"which run? Give run=DIRECTORY{newest}")
    name = unquote(values[-1])
    path = _place(name)
    if or_graphs and graphs_in(path):
        return path
    if (path / EXPORTED).is_file():
        if or_export:
            return path
        raise UserError(
            f"{path} is an export and knows no data; name the run directory that it was made from"
        )
    return find_run(path)


def _place(name: str) -> Path:
    """Where a run or an export is; one that is elsewhere is fetched."""
    if name.startswith(zoo.ADDRESS):
        return zoo.fetched(name)
    return _fetched(name) if name.startswith(HUB) else Path(name).expanduser()


def brought(words: Sequence[str], keys: Sequence[str]) -> list[str]:
    """The words, with folders of this machine in the place of what ``keys`` name of the zoo and the Hub."""
    found = []
    for word in words:
        key, _, value = word.partition("=")
        there = key in keys and unquote(value).startswith((zoo.ADDRESS, HUB))
        found.append(f"{key}={_place(unquote(value))}" if there else word)
    return found


def _fetched(address: str) -> Path:
    from ganlab.inference.export.hub import fetched

    folder, exact = fetched(address)
    print(f"{exact}, in {folder}")
    return folder


def quote_paths(words: list[str], keys: tuple[str, ...]) -> list[str]:
    """Put the values of ``keys`` in quotes, because paths hold what Hydra's grammar would read otherwise."""
    quoted = []
    for word in words:
        key, _, value = word.partition("=")
        plain = key not in keys or value in ("", "null", "???") or value[0] in "'\""
        quoted.append(word if plain else f"{key}={quote(value)}")
    return quoted
