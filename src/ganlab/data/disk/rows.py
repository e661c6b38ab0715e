"""Rows of a data set of the Hugging Face Hub, or of a folder of its formats: any of them at any time."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ganlab.data.disk.downloads import reason_of
from ganlab.data.disk.listing import HELD_OUT
from ganlab.data.disk.members import PackedDecoder
from ganlab.data.store.decode import CorruptImage
from ganlab.errors import UserError

if TYPE_CHECKING:
    from datasets import Dataset


OLDEST = 4  # version of datasets: the first that runs no scripts


class Parts(NamedTuple):
    """What is trained on, and what is held out, if the data set has a part for it."""

    train: "Dataset"
    test: "Dataset | None"


def parts_of(root: str, config: str | None, revision: str | None, split: str) -> Parts:
    """The rows of a data set, which the library ``datasets`` fetches where they are not in its cache.

    Nothing of a data set is run: since its version 4 the library has no scripts.

    Raises:
        UserError: the library is not installed, or there is no such data set, configuration or split.
    """
    if find_spec("datasets") is None:
        raise UserError(
            "data=hf needs the package datasets, which is not installed: pip install 'ganlab[hf]'"
        )
    import datasets

    if int(datasets.__version__.partition(".")[0]) < OLDEST:
        raise UserError(
            f"data=hf needs datasets {OLDEST} or later: {datasets.__version__} may run what a data set brings with it; "
            "pip install 'ganlab[hf]'"
        )
    is_folder = Path(root).is_dir()
    if not is_folder and "/" not in root:  # the library knows formats by such names, and reads what lies here
        raise UserError(
            f"data.root={root}: expected USER/NAME of the Hub, or a folder; there is no folder {root}"
        )
    place = os.path.abspath(root) if is_folder else root
    try:
        if Path(root, "dataset_dict.json").is_file() or Path(root, "state.json").is_file():
            found = datasets.load_from_disk(place)
        else:
            found = datasets.load_dataset(place, config, revision=revision)
    except Exception as error:  # of several libraries beneath, each with kinds of its own
        is_cut_off = datasets.config.HF_HUB_OFFLINE and not is_folder
        offline = "; HF_HUB_OFFLINE is set: fetch it where there is a network" if is_cut_off else ""
        raise UserError(f"data.root={root}: {reason_of(error)}{offline}") from error
    splits: Mapping[str, Dataset] = found if isinstance(found, dict) else {split: found}
    if split not in splits:
        raise UserError(f"data.split={split}: {root} has {', '.join(splits)}")
    apart = next((name for name in HELD_OUT if name in splits and name != split), None)
    return Parts(splits[split], splits[apart] if apart else None)


def column_of(rows: "Dataset", kind: str, named: str | None, key: str, *, strict: bool = True) -> str:
    """The column ``named``, or else the only one of this kind: "Image" or "ClassLabel".

    key: by which users name it. strict: one that is named has to be of this kind as well.

    Raises:
        UserError: none, several, or one that is not there or not of this kind.
    """
    kinds = {name: type(feature).__name__ for name, feature in rows.features.items()}
    listed = ", ".join(
        f"{name} ({rows.features[name].dtype if of == 'Value' else of})" for name, of in kinds.items()
    )
    found = [name for name in kinds if kinds[name] == kind]
    if named is not None:
        if named not in (found if strict else kinds):
            raise UserError(f"data.{key}={named}: expected a column of the kind {kind}; there is {listed}")
        return named
    if len(found) != 1:
        number = "no column is" if not found else f"{len(found)} columns are"
        raise UserError(f"{number} of the kind {kind}: name one with data.{key}; there is {listed}")
    return found[0]


def undecoded(rows: "Dataset", column: str) -> "Dataset":
    """The images of a column as they were written: ``{"bytes": ..., "path": ...}``."""
    from datasets import Image

    return rows.select_columns([column]).cast_column(column, Image(decode=False))


def files_of(tables: Iterable["Dataset"]) -> list[str]:
    """In which the rows lie."""
    return sorted({file["filename"] for rows in tables for file in rows.cache_files})


@dataclass(frozen=True, kw_only=True)
class RowDecoder(PackedDecoder):
    """Turns a row, by ``Sample.path``, into (channels, height, width) uint8.

    tables: rows of one undecoded column, by ``Place.archive``. column: its name.
    """

    tables: Mapping[str, "Dataset"] = field(repr=False)
    column: str

    def content(self, path: str) -> bytes:
        place = self.places[path]
        (image,) = self.tables[place.archive][place.start].values()
        content, file = (image["bytes"], image["path"]) if image else (None, None)
        if content is not None:
            return content
        if not file:
            raise CorruptImage(f"{path} (an empty cell)")
        if not Path(file).is_file():  # a data set may name a device, which has no end
            raise CorruptImage(f"{path} (there is no file {file})")
        try:
            return Path(file).read_bytes()
        except OSError as error:
            raise CorruptImage(f"{path} ({error})") from None
