"""The model card of an export: what it is, how good it is by which protocol, how it is used, and what it cannot do.

``README.md`` in Markdown, with the header in YAML that the Hub of Hugging Face reads.
"""

import html
import json
import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import yaml
from omegaconf import DictConfig

from ganlab.config.compose.catalogue import catalogue
from ganlab.inference.export.graphs import Graph, graphs_of
from ganlab.inference.export.limits import limits
from ganlab.inference.export.read import names_in
from ganlab.inference.export.usage import lines_with_ganlab, lines_without_ganlab
from ganlab.models.captions.drawing import DrawsCaptions
from ganlab.models.captions.phrasebook import evenly
from ganlab.models.images.base import LatentGAN
from ganlab.models.translation.base import ImageToImage
from ganlab.pixels import captioned, grid, save_png, to_uint8
from ganlab.score_record import ScoreRecord, from_json
from ganlab.training.summary import protocol_lines

README, PICTURE = "README.md", "samples.png"
MOST = 400  # samples in the picture
TASKS = {  # of the Hub, by kind of data
    "images": "unconditional-image-generation",
    "labelled": "unconditional-image-generation",
    "captions": "text-to-image",
    "paired": "image-to-image",
    "semantic": "image-to-image",
    "unpaired": "image-to-image",
    "super_resolution": "image-to-image",
    "inpainting": "image-to-image",
}


@dataclass(frozen=True)
class Card:
    """What a card is written of.

    run_dir: a run, or an export, which knows no scores. cfg: its configuration. model: of the checkpoint, in eval mode.
    form: safetensors, onnx or torch. licence: as the user named it. address: where ganlab loads it from.
    """

    run_dir: Path
    cfg: DictConfig
    model: LatentGAN | ImageToImage
    checkpoint: Literal["last", "best"]
    form: Literal["safetensors", "onnx", "torch"]
    licence: str | None
    address: str

    @cached_property
    def graphs(self) -> list[Graph]:
        return graphs_of(self.model)

    @cached_property
    def results(self) -> dict[str, Any]:
        """What ``results.json`` says; empty where there is none."""
        try:
            found = json.loads((self.run_dir / "results.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    @cached_property
    def scores(self) -> dict[str, ScoreRecord]:
        """Those that were taken of this checkpoint's weights."""
        found = from_json(self.results.get("scores"))
        return {name: one for name, one in found.items() if self.taken(one)}

    def taken(self, score: ScoreRecord) -> bool:
        point = score.best if self.checkpoint == "best" else score.last
        return point is not None and point.value is not None and point.images == self.model.images


def write_card(card: Card, folder: Path) -> list[str]:
    """``README.md``, and ``samples.png`` where there is something to see; what the card lacks, in sentences."""
    pictured = draw(card, folder / PICTURE)
    (folder / README).write_text(in_markdown(card, pictured), encoding="utf-8")
    if card.licence is None:
        return ["the card names no licence: licence=NAME says under which others may use the weights"]
    return []


def draw(card: Card, path: Path) -> bool:
    """Samples of the model, or of one that translates or draws points what its run showed last."""
    model = card.model
    if isinstance(model, DrawsCaptions):
        texts = evenly(model.book.captions, 6)
        save_png(captioned(to_uint8(model.table(texts, 6)), texts), path)
    elif isinstance(model, LatentGAN) and model.data_kind != "points":
        n, columns = model.sheet(32, 8)
        sheet = grid(to_uint8(model.sample(min(n, MOST))), columns)
        save_png(sheet, path, scale=max(1, 400 // sheet.shape[2]))
    else:
        shown = sorted((card.run_dir / "samples").glob("*.png"))[-1:]
        for picture in shown:
            shutil.copyfile(picture, path)
        return bool(shown)
    return True


def in_markdown(card: Card, pictured: bool) -> str:
    """The whole page."""
    model, data = names_in(card.cfg).values()
    head = yaml.safe_dump(header(card, model, data), sort_keys=False, allow_unicode=True)
    graphs = [] if card.form == "safetensors" else card.graphs
    known = limits(card.model, graphs, card.scores, card.licence)
    parts = [
        f"---\n{head}---",
        f"# {plain(model)} on {plain(data)}",
        *([f"![What it makes]({PICTURE})"] if pictured else []),
        trained_on(card, model, data),
        "## Use",
        *usage(card),
        "## Scores",
        scores_in_words(card),
        "## Limits",
        "\n".join(f"- {limit}" for limit in known),
    ]
    return "\n\n".join(parts) + "\n"


def header(card: Card, model: str, data: str) -> dict[str, Any]:
    """What the Hub sorts models by."""
    task = TASKS.get(card.model.data_kind)
    found: dict[str, Any] = {
        "license": card.licence,
        "library_name": "ganlab",
        "pipeline_tag": task,
        "tags": ["gan", model, *([card.form] if card.form == "onnx" else [])],
    }
    scores = {name: score.value(card.checkpoint) for name, score in card.scores.items()}
    if scores and task:
        metrics = [{"type": name, "value": value} for name, value in scores.items()]
        of = {"task": {"type": task}, "dataset": {"type": data, "name": data}, "metrics": metrics}
        found["model-index"] = [{"name": f"{model}-{data}", "results": [of]}]
    return {key: value for key, value in found.items() if value is not None}


def trained_on(card: Card, model: str, data: str) -> str:
    """What it was trained on, and for how long."""
    known = catalogue()
    sentences = []
    for group, name, note in (("model", model, "paper"), ("data", data, "source")):
        if entry := known[group].get(name):
            source = f" ({plain(entry.notes[note])})" if note in entry.notes else ""
            sentences.append(f"**{group.capitalize()}** `{name}`: {plain(entry.description)}{source}.")
    steps, images = card.model.steps, card.model.images
    seconds = card.results.get("seconds")
    took = f", {duration(seconds)} in all" if isinstance(seconds, int | float) else ""
    weights = f", {card.model.sampled_from()}" if isinstance(card.model, LatentGAN) else ""
    sentences.append(
        f"**Training** {images:,} images seen in {steps:,} steps, seed {card.cfg.get('seed')}{took}; the "
        f"{card.checkpoint} checkpoint{weights}."
    )
    if names := card.cfg.get("class_names"):
        listed = ", ".join(f"{place} {plain(str(name))}" for place, name in enumerate(names[:50]))
        sentences.append(f"**Classes** {listed}{', ...' if len(names) > 50 else ''}.")
    return "\n\n".join(sentences)


def usage(card: Card) -> list[str]:
    """The lines that use it."""
    if card.form == "safetensors":
        code = fenced(lines_with_ganlab(card.model, card.address))
        shell = f"From a shell: `ganlab sample run={card.address}`. The weights are numbers and run no code."
        return [code, shell]
    needs = "numpy pillow onnxruntime" if card.form == "onnx" else "numpy pillow torch"
    parts = [f"Without ganlab: `pip install {needs}`, then, in this folder:"]
    return parts + [fenced(lines_without_ganlab(card.model, graph, card.form)) for graph in card.graphs]


def scores_in_words(card: Card) -> str:
    """A table, and below it how the scores were measured."""
    if not card.scores:
        return "These weights have not been scored."
    rows = ["| score | value | held-out real images | |", "|---|---|---|---|"]
    for name, score in card.scores.items():
        value, floor = (number(score.value(which)) for which in (card.checkpoint, "floor"))
        rows.append(f"| `{plain(name)}` | {value} | {floor} | {score.better} is better |")
    return "\n".join([*rows, "", *(f"{plain(line)}." for line in protocol_lines(card.scores))])


def fenced(lines: list[str]) -> str:
    return "\n".join(["```python", *lines, "```"])


def plain(text: str) -> str:
    """A name or a sentence from elsewhere, so that Markdown shows it as it is."""
    return html.escape(" ".join(text.split()), quote=False).replace("|", "\\|").replace("`", "'")


def number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"


def duration(seconds: float) -> str:
    hours, minutes = divmod(round(seconds / 60), 60)
    return (
        f"{round(seconds)} s" if seconds < 120 else f"{hours} h {minutes} min" if hours else f"{minutes} min"
    )
