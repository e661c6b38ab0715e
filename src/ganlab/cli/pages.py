"""What ``--help`` prints: a text of help/ for each command, and what conf/ says of each of its keys."""

import re
from pathlib import Path

TEXTS = Path(__file__).parent / "help"
COMMANDS = sorted(path.stem for path in TEXTS.glob("*.txt") if path.stem != "general")
SLOT = re.compile(r"^  \{(\w+)\}$", re.MULTILINE)  # a line of a text that stands for a key
KEY = re.compile(r"^(?:  - /?)?(\w+): *(.*?) *# (.+)$", re.MULTILINE)  # in conf/: its default, and what it is
UNSAID = ("", "null", "???", "[]")  # defaults that tell nothing, or that the comment speaks of


def page(command: str | None, words: list[str] | None = None) -> str:
    """The page of ``command``, or the general one; of ``ganlab explore TOOL`` with that tool's keys.

    words: what was typed besides the command.
    """
    text = (TEXTS / f"{command or 'general'}.txt").read_text(encoding="utf-8").rstrip()
    tool = next((word for word in words or [] if not word.startswith("-")), "")
    if command == "explore" and (conf() / "explore" / f"{tool}.yaml").is_file():
        title = text.splitlines()[0].replace("TOOL", tool)
        return "\n".join([title, "", *lines_of(f"explore/{tool}").values()])
    keys = lines_of(command or "")
    return SLOT.sub(lambda slot: keys[slot[1]], text)


def lines_of(name: str) -> dict[str, str]:
    """Key -> a line with its name, meaning and default, of conf/NAME.yaml; empty where there is no such file."""
    path = conf() / f"{name}.yaml"
    found = KEY.findall(path.read_text(encoding="utf-8")) if path.is_file() else []
    width = max([12, *(len(key) for key, _, _ in found)])
    return {key: _line(key.ljust(width), default, meaning) for key, default, meaning in found}


def _line(key: str, default: str, meaning: str) -> str:
    shown = (
        "" if default in UNSAID else f" ({default.replace('_', '') if default[:1].isdigit() else default})"
    )
    return f"  {key} {meaning}{shown}"


def conf() -> Path:
    """What ``config_dir`` finds, without the second that it takes to import Hydra."""
    package = Path(__file__).resolve().parents[1]
    return package / "conf" if (package / "conf").is_dir() else package.parents[1] / "conf"
