"""What models and data sets there are, read from their YAML files without composing them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml
from omegaconf import DictConfig

from ganlab.config.compose import paths
from ganlab.config.compose.facts import Facts, as_facts
from ganlab.errors import UserError
from ganlab.nearest import listing

SERVES = {"labelled": ("labelled", "images")}  # a data set with labels also serves a model that wants images
GROUPS = ("model", "data")
NOTHING = Facts()


@dataclass(frozen=True)
class Entry:
    """One YAML file: its first comment lines, ``# paper:`` or ``# source:`` after them, and its key ``facts``.

    bases: the files of the same group that it builds on.
    """

    name: str
    path: Path
    description: str = ""
    notes: dict[str, str] = field(default_factory=dict)
    facts: Facts = NOTHING
    bases: tuple[str, ...] = ()

    @property
    def kind(self) -> str | None:
        """What a data set gives or a model needs: images, labelled, ...; None where the file does not say."""
        return self.facts.kind


def catalogue(config_dirs: Sequence[Path] = ()) -> dict[str, dict[str, Entry]]:
    """``{"model": {name: Entry}, "data": {...}}``; folders in ``config_dirs`` come before ganlab's own."""
    folders = [paths.config_dir(), *reversed(config_dirs)]  # a later folder replaces entries of the same name
    found: dict[str, dict[str, Entry]] = {group: {} for group in GROUPS}
    for group, entries in found.items():
        for folder in folders:
            entries.update({path.stem: read_entry(path) for path in (Path(folder) / group).glob("*.yaml")})
        for name, entry in entries.items():
            entries[name] = replace(entry, facts=_facts_of(entry, entries))
    return {group: dict(sorted(entries.items())) for group, entries in found.items()}


def _facts_of(entry: Entry, entries: Mapping[str, Entry]) -> Facts:
    """Its own facts, else those of the last file it builds on that has any."""
    if entry.facts != NOTHING:
        return entry.facts
    others = {name: other for name, other in entries.items() if name != entry.name}
    inherited = [_facts_of(others[base], others) for base in entry.bases if base in others]
    return next((facts for facts in reversed(inherited) if facts != NOTHING), NOTHING)


def read_entry(path: Path) -> Entry:
    """The entry that one YAML file describes; raises UserError for ``facts`` that are none."""
    text = path.read_text(encoding="utf-8")
    description, notes = read_header(text)
    try:
        node = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError:
        node = None  # whoever composes it tells what is wrong, and where
    node = node if isinstance(node, dict) else {}
    facts = as_facts(_plain(node.get("facts", {})), f"{path}: facts")
    bases = tuple(base for base in node.get("defaults") or () if isinstance(base, str) and base != "_self_")
    return Entry(path.stem, path, description, notes, facts, bases)


def _plain(facts: Any) -> Any:
    """Without what only a composed configuration knows."""
    if not isinstance(facts, dict):
        return facts
    return {key: value for key, value in facts.items() if "${" not in str(value)}


def read_header(text: str) -> tuple[str, dict[str, str]]:
    """What the leading comment of a YAML file says, and the notes at its end: paper, source."""
    description: list[str] = []
    notes: dict[str, str] = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        content = line.lstrip("#").strip()
        key = re.fullmatch(r"(paper|source):\s*(.+)", content)
        if key:
            notes[key[1]] = key[2]
        elif content and not content.startswith("@package"):
            if notes:
                notes[next(reversed(notes))] += f" {content}"
            else:
                description.append(content)
    return " ".join(description), notes


def fits(cfg: DictConfig, config_dirs: Sequence[Path] = ()) -> None:
    """Raise ``UserError`` when a settled configuration's data is not what its model needs; what does not say fits."""
    needs, gives = cfg.kinds.get("model"), cfg.kinds.get("data")
    if needs is None or gives is None or needs in serves(gives):
        return
    model, data = cfg.chosen.model, cfg.chosen.data
    entries = catalogue(config_dirs)["data"]
    others = [name for name, entry in entries.items() if entry.kind and needs in serves(entry.kind)]
    settings = entries[data].facts.kind_if if data in entries else {}
    remedies = [f"set data.{key}=true" for key, kind in settings.items() if kind == needs]
    remedies.append(
        f"try data={others[0]}" if len(others) == 1 else f"data sets that fit: {listing(others) or 'none'}"
    )
    raise UserError(
        f"model={model} needs {needs} data, and data={data} gives {gives}; {', or '.join(remedies)}"
    )


def serves(kind: str) -> tuple[str, ...]:
    """The kinds of model that data of ``kind`` can train."""
    return SERVES.get(kind, (kind,))
