"""``ganlab model=dcgan --help``: what the options that a line names are, and what their keys take."""

import inspect
import re
import shutil
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from ganlab.cli.measured import measured
from ganlab.config import own
from ganlab.config.compose import paths
from ganlab.config.compose.catalogue import Entry, catalogue, read_entry, serves
from ganlab.config.compose.check import locate
from ganlab.config.compose.compose import compose_with_job
from ganlab.config.compose.keys import keys_below
from ganlab.config.compose.yaml_files import read_yaml
from ganlab.errors import UserError

TITLES = 10  # characters of a title
WIDEST = 40  # of a column; what is longer pushes the next one to the right


def groups_in(words: list[str]) -> dict[str, str]:
    """Group -> what is chosen of it, for each word like ``model=dcgan``, be there such an option or not."""
    pairs = [word.split("=", 1) for word in words if re.match(r"[a-z_/]+=\w+$", word)]
    return {group: name for group, name in pairs if any((folder / group).is_dir() for folder in _folders())}


def tell(words: list[str]) -> None:
    """Print what ``words`` choose, each part as soon as it is known: what is slow, importing PyTorch, comes last.

    Raises:
        UserError: for an option that is not there, and for words that do not go together.
    """
    words = [word for word in words if not word.startswith("-")]
    cfg, job = compose_with_job([*fitting_data(words), *words], config_dirs=own.folders())
    width = min(120, shutil.get_terminal_size().columns)
    for group, name in groups_in(words).items():
        files = [folder / group / f"{name}.yaml" for folder in _folders()]
        entry = read_entry(next(file for file in files if file.is_file()))
        print("\n".join(lines(about(group, entry, cfg, job.runtime.choices), width)), flush=True)
        if isinstance(OmegaConf.select(cfg, place := group.replace("/", ".")), DictConfig):
            further = [*purpose(cfg, place), *(sizes(cfg) if group == "model" else ())]
            print("\n".join([*lines(further, width), *table(cfg, place)]) + "\n")


def fitting_data(words: list[str]) -> list[str]:
    """Data at hand for the model that ``words`` name, where digits are not its kind and nothing else is said."""
    chosen, known = groups_in(words), catalogue(own.folders())
    model = known["model"].get(chosen.get("model", ""))
    if model is None or model.kind in (None, *serves("labelled")) or chosen.keys() & {"data", "experiment"}:
        return []
    here = [name for name in models_data(model, known["data"]) if is_at_hand(known["data"][name])]
    return [f"data={name}" for name in here[:1]]


def models_data(model: Entry, data: Mapping[str, Entry]) -> list[str]:
    """The data sets that a model can be trained on."""
    return [name for name, entry in data.items() if entry.kind and model.kind in serves(entry.kind)]


def is_at_hand(data: Entry) -> bool:
    return data.description.endswith("no download")


def _folders() -> list[Path]:
    return [*reversed(own.folders()), paths.config_dir()]


def about(
    group: str, entry: Entry, cfg: DictConfig, choices: Mapping[str, object]
) -> Iterator[tuple[str, str]]:
    """Title and text of each thing that is known of an option; the first has no title."""
    yield "", f"ganlab {group}={entry.name}: {entry.description}".removesuffix(": ")
    yield from entry.notes.items()
    known = catalogue(own.folders())
    if group == "model":
        kind = cfg.kinds.get("model")
        yield "data", f"{kind}: {', '.join(models_data(known['model'][entry.name], known['data']))}"
        parts = [f"{part}={name}" for part, name in sorted(choices.items()) if part.startswith("model/")]
        yield "parts", ", ".join(part for part in parts if "@" not in part and not part.endswith("=None"))
        yield "recipes", ", ".join(f"experiment={name}" for name in recipes(entry.name))
        yield from (("measured", row) for row in measured(entry.name))
    if group == "data":
        yield "gives", str(cfg.kinds.get("data"))
        fitting = [name for name, model in known["model"].items() if model.kind in serves(str(entry.kind))]
        yield "models", ", ".join(fitting)
    if group == "experiment":
        yield "sets", ", ".join(settings(entry.path))


def recipes(model: str) -> list[str]:
    """The recipes of a model, by name."""
    chosen = re.compile(rf"^\s*- override /model: {re.escape(model)}\s*(#.*)?$", re.MULTILINE)
    files = sorted((paths.config_dir() / "experiment").glob("*.yaml"))
    return [file.stem for file in files if chosen.search(file.read_text(encoding="utf-8"))]


def settings(path: Path) -> Iterator[str]:
    """What a recipe sets, as words of a command line."""
    tree = OmegaConf.to_container(read_yaml(path))
    assert isinstance(tree, dict)
    for entry in tree.pop("defaults", []):
        if isinstance(entry, dict):
            yield from (f"{key.removeprefix('override /')}={value}" for key, value in entry.items())
    yield from flat(tree)


def flat(tree: object, path: str = "") -> Iterator[str]:
    if isinstance(tree, dict) and "_target_" not in tree:
        for key, value in tree.items():
            yield from flat(value, f"{path}.{key}" if path else str(key))
    elif isinstance(tree, dict):
        yield f"{path}: {str(tree['_target_']).rpartition('.')[2]}"
    else:
        yield f"{path}={tree}"


def lines(told: Iterable[tuple[str, str]], width: int) -> Iterator[str]:
    """Titles in a column of their own, texts wrapped beside them; what has no text is left out."""
    for title, text in told:
        if text:
            indent = " " * (TITLES + 2) if title else "  "
            first = f"  {title:<{TITLES}}" if title else ""
            yield from textwrap.wrap(
                text, width, initial_indent=first, subsequent_indent=indent, break_on_hyphens=False
            )


def purpose(cfg: DictConfig, place: str) -> Iterator[tuple[str, str]]:
    """The class of a node, with the first line of what it says of itself."""
    node = OmegaConf.select(cfg, place)
    if target := node.get("_target_"):
        told = (inspect.getdoc(locate(place, target)) or "").partition("\n")[0]
        yield "class", f"{target}: {told}" if told else target


def sizes(cfg: DictConfig) -> Iterator[tuple[str, str]]:
    """How many weights each player moves; nothing where the model cannot be made here."""
    from ganlab.config.compose.build import instantiate

    try:
        players = instantiate(cfg.model).players()
    except UserError:  # for instance weights that must be downloaded
        return
    counts = {
        name: sum(p.numel() for part in parts for p in part.parameters()) for name, parts in players.items()
    }
    shown = ", ".join(f"{name} {count:,} weights" for name, count in counts.items())
    yield "size", f"{shown}, for data={cfg.chosen.data}"


def table(cfg: DictConfig, place: str) -> Iterator[str]:
    """Aligned columns of the keys below ``place``; nothing where there are none."""
    keys = [(key.path, key.value, key.expected) for key in keys_below(cfg, place)]
    if not keys:
        return
    rows = [("key", "here", "takes"), *keys]
    widths = [max(len(row[column]) for row in rows if len(row[column]) <= WIDEST) for column in range(2)]
    yield ""
    yield from (
        f"  {path:<{widths[0]}}  {value:<{widths[1]}}  {expected}".rstrip() for path, value, expected in rows
    )
    yield "  Keys that follow another, such as the number of channels, are left out: --cfg job shows them."
