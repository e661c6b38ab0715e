"""What README.md, docs/ and the other pages point at is there, and the commands that they show are understood."""

import re
import shlex
from pathlib import Path

import pytest

from ganlab.cli import COMMANDS
from ganlab.config.compose.catalogue import catalogue

ROOT = Path(__file__).parents[1]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
PAGES += sorted((ROOT / "benchmarks").glob("*.md"))
LINK = re.compile(r"\]\((?!https?:)([^)\s#]*)(#[^)\s]*)?\)")
SHELL = re.compile(r"^```bash\n(.*?)^```", re.MULTILINE | re.DOTALL)


def commands(page: Path) -> list[list[str]]:
    """The words of each command of ganlab that a page shows."""
    text = page.read_text(encoding="utf-8")
    shown = [line for block in SHELL.findall(text) for line in block.replace("\\\n", " ").splitlines()]
    shown += re.findall(r"`(ganlab [^`]*)`", text)
    return [shlex.split(line.split(" #")[0])[1:] for line in shown if re.match(r"ganlab( |$)", line)]


def anchors(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    for path, anchor in LINK.findall(page.read_text(encoding="utf-8")):
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), path
        if anchor:
            assert anchor[1:] in anchors(target), f"{path}{anchor}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_name_what_there_is(page):
    known = catalogue()
    for words in commands(page):
        if words and re.fullmatch(r"[a-z][a-z-]+", words[0]):
            assert words[0] in COMMANDS, words
        for group, name in (word.split("=", 1) for word in words if "=" in word):
            if "--config-dir" not in words and group in known and not re.search(r"[.<>{]|\.\.\.", name):
                assert set(name.split(",")) <= known[group].keys(), f"{group}={name}"


def test_the_door_is_short():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 150
