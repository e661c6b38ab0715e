"""Pages that are written from conf/, from docstrings and from what was measured; none of them is kept."""

import inspect
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from ganlab.cli import pages
from ganlab.cli.about import is_at_hand, models_data, recipes
from ganlab.cli.measured import measured
from ganlab.config import compose, config_dir
from ganlab.config.compose.catalogue import Entry, catalogue, read_entry
from ganlab.config.compose.check import HYDRA_KEYS, locate
from ganlab.config.compose.keys import as_yaml, keys_below, takes
from ganlab.config.compose.signature import parameters_of

API = {  # of the page for Python: what a person calls, and what she derives from
    "Train and use a model": [
        "ganlab.config.compose.compose.compose",
        "ganlab.training.run.train",
        "ganlab.inference.notebook",
    ],
    "Write a variant": ["ganlab.models.base.GAN", "ganlab.models.images.gan.StandardGAN"],
    "Losses": ["ganlab.losses.adversarial", "ganlab.losses.penalties"],
    "Data": ["ganlab.data.base.ImageData", "ganlab.data.store.memory.MemoryImages", "ganlab.sets"],
    "Metrics and callbacks": ["ganlab.metrics.images.base.FakeScores", "ganlab.callbacks.base.GameCallback"],
    "Ranges": ["ganlab.bounds"],
    "Contracts between the floors": ["ganlab.types"],
}

FAILING = """## When it fails

`ganlab doctor` with the same words looks for what stops a run before it begins. [How to read the
numbers](../numbers.md) says what the log shows when one player has won or the samples are all alike."""


def generated() -> dict[str, str]:
    """Place in the site -> the page in Markdown; its first line is its title."""
    models, data = (catalogue()[group] for group in ("model", "data"))
    found = {"reference/commands.md": commands(), "reference/python.md": python()}
    found |= {f"variants/{name}.md": variant(entry, data) for name, entry in models.items()}
    return found | {f"reference/configuration/{place_of(group)}.md": options(group) for group in groups()}


def place_of(group: str) -> str:
    return group.replace("/", "_")


def commands() -> str:
    """Every command's page of help."""
    texts = [("ganlab", pages.page(None)), *((f"ganlab {name}", pages.page(name)) for name in pages.COMMANDS)]
    parts = [f"## {title}\n\n```text\n{text}\n```\n" for title, text in texts]
    return "\n".join(["# Commands\n", "What `ganlab COMMAND --help` prints.\n", *parts])


def python() -> str:
    """What mkdocstrings fills in."""
    parts = [f"## {title}\n\n" + "\n\n".join(f"::: {name}" for name in names) for title, names in API.items()]
    return "# Python\n\n" + "\n\n".join(parts) + "\n"


def groups() -> list[str]:
    """Groups of the configuration that have options."""
    folders = sorted({path.parent for path in config_dir().rglob("*.yaml")} - {config_dir()})
    return [str(folder.relative_to(config_dir()).as_posix()) for folder in folders]


# -- a variant ---------------------------------------------------------------------------------------------------------


def variant(entry: Entry, data: dict[str, Entry]) -> str:
    """Its paper, its algorithm in words and in code, what it reached, its keys."""
    fitting = models_data(entry, data)
    at_hand = [name for name in fitting if is_at_hand(data[name])]
    cfg = compose([f"model={entry.name}", *(f"data={name}" for name in at_hand[:1])])
    target = locate("model", cfg.model._target_)
    blocks = [
        f"# {entry.name}",
        f"{entry.description}.",
        paper(entry.notes.get("paper", "")),
        f"```bash\nganlab model={entry.name} data={at_hand[0]}\n```" if at_hand else "",
        prose(inspect.getdoc(target) or ""),
        algorithm(target),
        reached(entry.name),
        "## Keys\n\n" + table(["key", "here", "takes"], rows(cfg)),
        "Those that follow another key, such as `model.generator.channels`, are left out.",
        "## Data and recipes\n\n"
        + f"Data of kind *{entry.kind}*: {', '.join(f'`{name}`' for name in fitting)}.",
        "Recipes with a paper's settings: "
        + ", ".join(f"`experiment={name}`" for name in recipes(entry.name))
        + "."
        if recipes(entry.name)
        else "",
        FAILING,
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def paper(text: str) -> str:
    """A citation whose number of arXiv is a link."""
    linked = re.sub(r"arXiv:(\d{4}\.\d{4,5})", r"[arXiv:\1](https://arxiv.org/abs/\1)", text)
    return f"*{linked}*" if text else ""


def algorithm(target: Any) -> str:
    """The training step as it stands in the file, of the class or of the one that it comes from."""
    step = target.training_step
    home = next(cls for cls in target.__mro__ if "training_step" in vars(cls))
    source = textwrap.dedent(inspect.getsource(step))
    return f"## The step\n\nOf `{home.__module__}.{home.__name__}`:\n\n```python\n{source}```"


def reached(name: str) -> str:
    """Its rows of the page of quality."""
    found = [f"- {row}" for row in measured(name)]
    page = "[commands, seeds and protocol](../benchmarks/quality.md)"
    return (
        "\n".join(["## What it reached", "", f"On small data within minutes; {page}:", "", *found])
        if found
        else ""
    )


def rows(cfg: Any) -> Iterator[list[str]]:
    for key in keys_below(cfg, "model"):
        yield [f"`{key.path}`", f"`{key.value}`", key.expected]


# -- the configuration -------------------------------------------------------------------------------------------------


def options(group: str) -> str:
    """Every option of a group, with its keys."""
    files = sorted((config_dir() / group).glob("*.yaml"))
    return "\n\n".join([f"# {group}=", *(option(group, file) for file in files)]) + "\n"


def option(group: str, file: Path) -> str:
    """What an option is, and the keys that its own file sets."""
    entry = read_entry(file)
    tree = OmegaConf.to_container(OmegaConf.load(file), resolve=False) or {}
    based = [name for name in entry.bases if "/" not in name]
    notes = [f"{title.capitalize()}: {text}" for title, text in entry.notes.items()]
    target = isinstance(tree, dict) and tree.get("_target_")
    blocks = [
        f"## {group}={entry.name}",
        entry.description,
        *notes,
        f"Builds on {', '.join(f'`{name}`' for name in based)}." if based else "",
        prose((inspect.getdoc(locate(group, target)) or "").partition("\n\n")[0]) if target else "",
        f"Class: `{target}`." if target else "",
        table(["key", "here", "takes"], keys(tree)),
    ]
    return "\n\n".join(block for block in blocks if block)


def keys(tree: Any, place: str = "") -> Iterator[list[str]]:
    """Dotted keys with their values as they are written, and what the constructor beside them takes."""
    named = _parameters(place, tree["_target_"]) if "_target_" in tree else {}
    for key, value in tree.items():
        if key in HYDRA_KEYS or (not place and key in ("defaults", "facts")):
            continue
        where = f"{place}.{key}" if place else str(key)
        if isinstance(value, dict) and value:
            yield from keys(value, where)
        else:
            shown = as_yaml(OmegaConf.create(value) if isinstance(value, list) else value)
            yield [f"`{where}`", f"`{shown}`", takes(named[key].annotation) if key in named else ""]


def _parameters(place: str, target: Any) -> dict[str, Any]:
    try:
        return parameters_of(locate(place, target))[0]
    except (TypeError, ValueError):  # written in C
        return {}


def table(heads: list[str], lines: Iterator[list[str]]) -> str:
    """A table of Markdown; nothing without a line."""
    told = ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines]
    head = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    return "\n".join([*head, *told]) if told else ""


def prose(text: str) -> str:
    """A docstring as Markdown: below its first paragraph, what explains a parameter becomes the entry of a list."""
    text = re.sub(r":\w+:`~?([^`]+)`", r"`\1`", text).replace("``", "`")
    first, gap, rest = text.partition("\n\n")
    return first + gap + re.sub(r"^([a-z_]+(?:, [a-z_]+)*): ", r"- `\1`: ", rest, flags=re.MULTILINE)
