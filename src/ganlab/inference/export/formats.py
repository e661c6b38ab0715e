"""A run's model as a folder to share, in one of three formats."""

import json
import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, NamedTuple

from safetensors import SafetensorError

from ganlab.errors import StorageError, UserError
from ganlab.inference.export.card import PICTURE, Card, write_card
from ganlab.inference.export.graphs import caption_length
from ganlab.inference.export.licences import require_known
from ganlab.inference.export.read import SUMS, config_of
from ganlab.inference.export.usage import LEXICON
from ganlab.inference.export.weights import write_weights
from ganlab.inference.load import load
from ganlab.lexicon import UNKNOWN, WORD
from ganlab.models.captions.drawing import DrawsCaptions
from ganlab.models.images.base import LatentGAN
from ganlab.models.translation.base import ImageToImage
from ganlab.storage import digest

Format = Literal["safetensors", "onnx", "torch"]
DEFAULT = {
    "safetensors": "export",
    "onnx": "export-onnx",
    "torch": "export-torch",
}  # folders in the run directory


class Exported(NamedTuple):
    """folder: what was written. notes: sentences on it: how far it is from PyTorch, and what it lacks."""

    folder: Path
    notes: list[str]


def export(
    run_dir: Path,
    checkpoint: Literal["last", "best"] = "last",
    output: Path | None = None,
    *,
    form: Format = "safetensors",
    licence: str | None = None,
    address: str | None = None,
) -> Exported:
    """Write a run's model to ``output``, by default a folder in the run directory; all of it or nothing.

    form: safetensors, the weights for ganlab; onnx or torch, a graph that runs without it.
    licence: under which others may use the weights, for the card. address: where ganlab will load it from; the
    folder unless given.

    Raises:
        UserError: a run that cannot be loaded, a folder that holds something, a package that is missing, or a network
            that has no such form; a licence that is none.
        StorageError: the disk does not take it.
    """
    require_known(licence)
    folder = output or run_dir / DEFAULT[form]
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UserError(f"{folder} is there already; choose another output=FOLDER")
    if form == "onnx":
        from ganlab.inference.export.onnx_files import require_onnx

        require_onnx()
    model = load(run_dir, checkpoint)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}") as temporary:
            staged = Path(temporary)
            cfg = config_of(run_dir)
            card = Card(run_dir, cfg, model, checkpoint, form, licence, address or str(folder))
            notes = _write_files(model, card, staged)
            _write_sums(staged)
            notes += write_card(card, staged)
            folder.mkdir(exist_ok=True)
            for path in staged.iterdir():
                os.replace(path, folder / path.name)
    except (OSError, SafetensorError) as error:
        raise StorageError(f"{folder} cannot be written: {error}") from error
    return Exported(folder, notes)


def _write_files(model: LatentGAN | ImageToImage, card: Card, folder: Path) -> list[str]:
    """The model in its format; what there is to say of it."""
    if card.form == "safetensors":
        write_weights(model, card.cfg, folder)
        return []
    from ganlab.inference.export import onnx_files, programs

    write, suffix, reader = {
        "onnx": (onnx_files.write_onnx, onnx_files.SUFFIX, "onnxruntime"),
        "torch": (programs.write_program, programs.SUFFIX, "torch.export.load"),
    }[card.form]
    notes = []
    for graph in card.graphs:
        apart = write(graph, programs.program_of(graph), folder / f"{graph.name}{suffix}")
        notes.append(f"{graph.name}{suffix} checked against PyTorch with {reader}: at most {apart:.1e} apart")
        if graph.silenced:
            notes.append(
                f"the {graph.name} has no dropout in the file, its only noise: one answer for each input, where "
                "ganlab sample draws one of many"
            )
    if isinstance(model, DrawsCaptions) and "caption" in card.graphs[0].axes:
        write_lexicon(model, folder)
    return notes


def write_lexicon(model: DrawsCaptions, folder: Path) -> None:
    """``lexicon.json``: how a caption becomes a row of ids, 0 after its end."""
    lexicon = model.book.lexicon
    content: dict[str, Any] = {"reads": lexicon.reads, "length": caption_length(model)}
    content["example"] = model.book.captions[0]
    if lexicon.reads == "words":
        ids = {name: place for place, name in enumerate(lexicon.names, UNKNOWN + 1)}
        content |= {"word": WORD.pattern, "unknown": UNKNOWN, "ids": ids}
    (folder / LEXICON).write_text(json.dumps(content, indent=1, ensure_ascii=False), encoding="utf-8")


def _write_sums(folder: Path) -> None:
    lines = [f"{digest(path)}  {path.name}\n" for path in sorted(folder.iterdir()) if path.name != PICTURE]
    (folder / SUMS).write_text("".join(lines), encoding="utf-8")
