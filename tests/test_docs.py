"""What README.md, docs/ and the other pages point at is there, and the commands that they show are understood."""

import re
import shlex
from pathlib import Path

import pytest

from ganlab.cli import COMMANDS
from ganlab.cli.score import composed, lens_of, protocols
from ganlab.config.compose.catalogue import catalogue
from ganlab.inference.scoring.beside import BESIDE
from ganlab.metrics.real.measures import MEASURES

ROOT = Path(__file__).parents[1]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
PAGES += sorted((ROOT / "benchmarks").glob("*.md"))
LINK = re.compile(r"\]\((?!https?:)([^)\s#]*)(#[^)\s]*)?\)")
NEAR = {"precision", "recall", "density", "coverage"}  # scores that take neighbours
SHELL = re.compile(r"^```bash\n(.*?)^```", re.MULTILINE | re.DOTALL)


def commands(page: Path) -> list[list[str]]:
    """The words of each command of ganlab that a page shows."""
    text = page.read_text(encoding="utf-8")
    shown = [line for block in SHELL.findall(text) for line in block.replace("\\\n", " ").splitlines()]
    shown += re.findall(r"`(ganlab [^`]*)`", text)
    return [shlex.split(line.split(" #")[0])[1:] for line in shown if re.match(r"ganlab( |$)", line)]


def anchors(page: Path) -> set[str]:
    text = page.read_text(encoding="utf-8")
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    named = {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
    return named | set(re.findall(r'<a id="(\w+)"></a>', text))


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


def of_protocol(name: str) -> list[str]:
    """A line of the table of protocols: what each sets, as the code has it."""
    lens = lens_of(name, composed(["generated=images"], name))
    protocol, (extractor,) = lens.protocol, lens.extractors.values()
    kid = f"{protocol.kid_subsets} of {protocol.kid_subset_size:,}" if "kid" in protocol.scores else "–"
    near = str(protocol.neighbours) if NEAR & set(protocol.scores) else "–"
    weights, mirrored = ("averaged" if protocol.averaged else "raw"), ("yes" if protocol.flips else "no")
    cells = [f"`{name}`", extractor.name, extractor.resize, f"{protocol.n_fake:,}", weights]
    return [*cells, protocol.split, mirrored, kid, near, ", ".join(protocol.scores)]


def test_the_table_of_protocols_is_what_they_set():
    text = (ROOT / "docs" / "measure.md").read_text(encoding="utf-8")
    shown = text.partition("<!-- protocols -->")[2].partition("<!-- end of protocols -->")[0]
    lines = ["| " + " | ".join(of_protocol(name)) + " |" for name in protocols()]
    assert shown.strip().splitlines()[2:] == lines, "docs/measure.md has:\n" + "\n".join(lines)


def test_each_score_has_a_place_on_the_page_of_scores():
    text = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    assert set(re.findall(r'<a id="(\w+)"></a>', text)) == {*MEASURES, *BESIDE}
