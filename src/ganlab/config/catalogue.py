"""What models and data sets there are, read from the comments at the top of their YAML files."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ganlab.config import paths
from ganlab.config.nearest import listing
from ganlab.errors import UserError

SERVES = {"labelled": ("labelled", "images")}  # a data set with labels also serves a model that wants images


@dataclass(frozen=True)
class Entry:
    """One YAML file: its first comment lines, and ``# key: value`` after them (paper, data, kind, source, classes)."""

    name: str
    path: Path
    description: str = ""
    facts: dict[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> str | None:
        """What a data set gives or a model needs: images, labelled, ...; None where the file does not say."""
        return self.facts.get("kind") or self.facts.get("data")


def catalogue(config_dirs: Sequence[Path] = ()) -> dict[str, dict[str, Entry]]:
    """``{"model": {name: Entry}, "data": {...}}``; folders in ``config_dirs`` come before ganlab's own."""
    folders = [paths.config_dir(), *reversed(config_dirs)]  # a later folder replaces entries of the same name
    found: dict[str, dict[str, Entry]] = {"model": {}, "data": {}}
    for group, entries in found.items():
        for folder in folders:
            entries.update({path.stem: read_header(path) for path in (Path(folder) / group).glob("*.yaml")})
    return {group: dict(sorted(entries.items())) for group, entries in found.items()}


def read_header(path: Path) -> Entry:
    """The entry that the leading comment of one YAML file describes."""
    description: list[str] = []
    facts: dict[str, str] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            break
        text = line.lstrip("#").strip()
        key = re.fullmatch(r"(paper|data|kind|source|classes):\s*(.+)", text)
        if key:
            facts[key[1]] = key[2]
        elif text and not text.startswith("@package"):
            if facts:
                facts[next(reversed(facts))] += f" {text}"
            else:
                description.append(text)
    return Entry(path.stem, path, " ".join(description), facts)


def fits(model: str, data: str, config_dirs: Sequence[Path] = ()) -> None:
    """Raise ``UserError`` when ``data`` does not give what ``model`` needs; without a header all fits."""
    entries = catalogue(config_dirs)
    needs = entries["model"][model].kind if model in entries["model"] else None
    gives = entries["data"][data].kind if data in entries["data"] else None
    if needs is None or gives is None or needs in serves(gives):
        return
    others = [name for name, entry in entries["data"].items() if entry.kind and needs in serves(entry.kind)]
    remedy = (
        f"try data={listing(others)}"
        if len(others) == 1
        else f"data sets that fit: {listing(others) or 'none'}"
    )
    raise UserError(f"model={model} needs {needs} data, and data={data} gives {gives}; {remedy}")


def serves(kind: str) -> tuple[str, ...]:
    """The kinds of model that data of ``kind`` can train."""
    return SERVES.get(kind, (kind,))
