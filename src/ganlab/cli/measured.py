"""The rows of benchmarks/quality.md: what a variant reached on small data within minutes."""

import re
from collections.abc import Iterator
from pathlib import Path

PAGE = "quality.md"
OF_A_MACHINE = ("ms per image", "minutes")


def measured(model: str) -> Iterator[str]:
    """For each table that has a row of ``model``, the part of the page that it is in, and the row's numbers."""
    part, heads = "", list[str]()
    for line in _text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("#"):
            part = line.lstrip("# ")
        elif cells[0] == "`model=`":
            heads = cells
        elif re.match(rf"`{re.escape(model)}( .*)?`$", cells[0]) and len(cells) == len(heads):
            row = zip(heads[1:], cells[1:], strict=True)
            yield f"{part}: " + ", ".join(f"{head} {cell}" for head, cell in row if head not in OF_A_MACHINE)


def _text() -> str:
    """The page as the wheel has it, or as a clone does."""
    package = Path(__file__).resolve().parents[1]
    places = (package / PAGE, package.parents[1] / "benchmarks" / PAGE)
    return next((place.read_text(encoding="utf-8") for place in places if place.is_file()), "")
