"""What could stand in the place of the word being typed: read from conf/ alone, because a key press does not wait."""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from ganlab.cli import pages

TRAINING = ("train", "doctor")  # commands that take the keys of train.yaml
KINDS = (
    "images",
    "labelled",
    "paired",
    "semantic",
    "unpaired",
    "domains",
    "super_resolution",
    "inpainting",
    "captions",
    "points",
)
FIXED = {  # words of commands that are no keys
    "list": ["models", "data", "recipes", "metrics", "sweeps", "runs", *(f"kind={kind}" for kind in KINDS)],
    "completion": ["bash", "fish", "zsh"],
}
OF_RUNS = ("report", "compare", "evaluate", "export", "push", "sample", "demo")  # whose first word is a run
RUN_KEYS = ("run", "resume", "start")
PATH_KEYS = ("input", "output", "mask", "root")  # also as the end of a longer key
NOT_KEYS = {"defaults", "facts", "_target_", "_partial_", "_args_", "_recursive_", "_convert_"}
BY_ITSELF = ("hydra", "chosen", "kinds", "class_names", "classes")  # filled in, not typed


def candidates(words: Sequence[str], config_dirs: Sequence[Path] = ()) -> list[str]:
    """Whole words that begin as the last of ``words`` does; of longer keys only the part up to the next dot.

    words: what follows the program's name, the last being typed.
    """
    *before, word = words
    conf = Conf([*config_dirs, pages.conf()])
    plain = [each for each in before if not each.startswith("-") and "=" not in each]
    command = plain[0] if plain and plain[0] in pages.COMMANDS else ""
    key, equals, value = word.partition("=")
    if equals and command != "list":
        found: Iterable[str] = (f"{key}={each}" for each in values(conf, key, value))
    else:
        found = [*words_of(conf, command, plain[1:], before), *(pages.COMMANDS if not before else ())]
        found = (up_to_dot(each, len(word)) for each in found)
    return sorted({each for each in found if each.startswith(word)})


def words_of(conf: "Conf", command: str, plain: Sequence[str], before: Sequence[str]) -> Iterator[str]:
    """What may follow a command: its words, its keys, runs."""
    yield from FIXED.get(command, ())
    if command in FIXED:
        return
    if command == "explore" and not plain:
        yield from conf.options("explore")
        return
    if command in OF_RUNS:
        yield from runs()
    name = f"explore/{plain[0]}" if command == "explore" else command
    yield from keys(conf, "train" if command in ("", *TRAINING) else name, before)


def keys(conf: "Conf", name: str, before: Sequence[str]) -> Iterator[str]:
    """The keys of ``conf/NAME.yaml``, of what it chooses, and of what ``before`` chooses instead."""
    tree = conf.read(name)
    chosen = dict(
        each for entry in tree.get("defaults", ()) if isinstance(entry, dict) for each in entry.items()
    )
    parts = [word.partition("=") for word in before]
    typed = {key: value for key, _, value in parts if value and "." not in key}
    recipe = conf.read(f"experiment/{typed['experiment']}") if "experiment" in typed else {}
    chosen |= overrides(recipe) | typed
    chosen |= overrides(conf.read(f"data/{chosen.get('data')}")) | typed  # a data set chooses its metrics
    yield from (f"{key}=" for key in tree if key not in (*NOT_KEYS, *BY_ITSELF))
    groups = (
        [*chosen, *(f"model/{group}" for group in conf.groups("model"))] if name == "train" else list(chosen)
    )
    yield from (f"{group}=" for group in groups if "@" not in group and conf.has(group))
    for group, option in chosen.items():
        if isinstance(option, str) and group in tree_groups(tree):
            yield from (f"{key}=" for key in conf.keys_of(group, option, group.replace("/", "."), chosen))


def tree_groups(tree: dict[str, Any]) -> set[str]:
    """The groups at the top of a file that give a node of the same name."""
    entries = [entry for entry in tree.get("defaults", ()) if isinstance(entry, dict)]
    return {group for entry in entries for group in entry if group != "hydra"}


def overrides(tree: dict[str, Any]) -> dict[str, Any]:
    """What a recipe or a data set chooses of groups at the top."""
    found = {}
    for entry in tree.get("defaults", ()):
        for key, option in entry.items() if isinstance(entry, dict) else ():
            if named := re.fullmatch(r"override /([\w/]+?)(?:@_global_\.\w+)?", key):
                found[named[1]] = option
    return found


def values(conf: "Conf", key: str, value: str) -> Iterator[str]:
    """What may follow ``key=``: options of a group, also after a comma; runs; paths."""
    if conf.has(key):
        done = value[: value.rfind(",") + 1]  # of a sweep
        yield from (f"{done}{option}" for option in conf.options(key))
    if key in RUN_KEYS:
        yield from runs()
    if key == "resume":
        yield "auto"
    if key == "run":
        yield from (f"zoo:{path.name}" for path in (Path(__file__).parents[1] / "zoo").glob("*/"))
    if key in RUN_KEYS or key.rpartition(".")[2] in PATH_KEYS:
        folder = Path(value).expanduser() if value.endswith("/") else Path(value).expanduser().parent
        start = value[: value.rfind("/") + 1]
        if folder.is_dir():
            yield from (
                f"{start}{path.name}{'/' * path.is_dir()}" for path in folder.iterdir() if path.name[0] != "."
            )


def runs() -> Iterator[str]:
    """``latest``, and run directories below outputs/."""
    found = [path.parents[1] for path in Path("outputs").glob("*/*/.hydra/config.yaml")]
    found += [path.parents[1] for path in Path("outputs").glob("*/*/*/.hydra/config.yaml")]
    yield from (["latest", *map(str, found)] if found else [])


def up_to_dot(word: str, typed: int) -> str:
    """``model.generator.width=`` for somebody who has typed ``model.``: ``model.generator.``"""
    end = word.find(".", typed)
    return word if end < 0 else word[: end + 1]


class Conf:
    """Configuration files in several folders, of which earlier ones come first."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self.folders = folders

    def read(self, name: str) -> dict[str, Any]:
        """A file as a mapping; empty where there is none, or none that can be read."""
        path = next((path for folder in self.folders if (path := folder / f"{name}.yaml").is_file()), None)
        try:
            tree = (
                yaml.load(path.read_bytes(), getattr(yaml, "CSafeLoader", yaml.SafeLoader)) if path else None
            )
        except (OSError, yaml.YAMLError):
            tree = None
        return tree if isinstance(tree, dict) else {}

    def has(self, group: str) -> bool:
        return bool(re.fullmatch(r"[\w/]+", group)) and any(
            (folder / group).is_dir() for folder in self.folders
        )

    def options(self, group: str) -> set[str]:
        return {path.stem for folder in self.folders for path in (folder / group).glob("*.yaml")}

    def groups(self, group: str) -> set[str]:
        """Groups within a group."""
        return {path.name for folder in self.folders for path in (folder / group).glob("*/")}

    def keys_of(self, group: str, option: str, place: str, chosen: dict[str, Any]) -> Iterator[str]:
        """Dotted keys that an option has at ``place``, those of the files that it builds on included."""
        tree = self.read(f"{group}/{option}")
        yield from flat(tree, place)
        for entry in tree.get("defaults", ()):
            if isinstance(entry, str) and entry != "_self_" and not entry.startswith("/"):
                yield from self.keys_of(group, entry, place, chosen)
            for part, usual in entry.items() if isinstance(entry, dict) else ():
                inner, _, name = part.removeprefix("override ").partition("@")
                given = chosen.get(f"{group}/{part}", usual)
                if "/" not in inner and isinstance(given, str):
                    yield from self.keys_of(f"{group}/{inner}", given, f"{place}.{name or inner}", chosen)


def flat(tree: Any, place: str) -> Iterator[str]:
    """The dotted paths of the values in a tree."""
    if isinstance(tree, dict) and tree:
        for key, value in tree.items():
            if key not in NOT_KEYS:
                yield from flat(value, f"{place}.{key}")
    else:
        yield place
