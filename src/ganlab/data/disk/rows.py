"""Rows of a data set of the Hugging Face Hub, or of a folder of its formats: any of them at any time."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

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
    try:
        if Path(root, "dataset_dict.json").is_file() or Path(root, "state.json").is_file():
            found = datasets.load_from_disk(root)
        else:
            found = datasets.load_dataset(root, config, revision=revision)
    except Exception as error:  # of several libraries beneath, each with kinds of its own
        is_cut_off = datasets.config.HF_HUB_OFFLINE and not Path(root).exists()
        offline = "; HF_HUB_OFFLINE is set: fetch it where there is a network" if is_cut_off else ""
        raise UserError(f"data.root={root}: {reason_of(error)}{offline}") from error
    splits: Mapping[str, Dataset] = found if isinstance(found, dict) else {split: found}
    if split not in splits:
        raise UserError(f"data.split={split}: {root} has {', '.join(splits)}")
    apart = next((name for name in HELD_OUT if name in splits and name != split), None)
    return Parts(splits[split], splits[apart] if apart else None)


def column_of(
    rows: "Dataset", kind: str, named: str | None, key: str, suits: Callable[[Any], bool] | None = None
) -> str:
    """The column ``named``, or else the only one of this kind: "Image", "ClassLabel" or "Value".

    key: by which users name it. suits: does the type of a column do that they have named?

    Raises:
        UserError: none, several, or one that does not suit.
    """
    types = rows.features
    listed = ", ".join(f"{name} ({_shown(feature)})" for name, feature in types.items())
    if named is not None:
        if named not in types or not (suits or (lambda feature: type(feature).__name__ == kind))(
            types[named]
        ):
            raise UserError(f"data.{key}={named}: expected a column of the kind {kind}; there is {listed}")
        return named
    found = [name for name, feature in types.items() if type(feature).__name__ == kind]
    if len(found) != 1:
        number = "no column is" if not found else f"{len(found)} columns are"
        raise UserError(f"{number} of the kind {kind}: name one with data.{key}; there is {listed}")
    return found[0]


def _shown(feature: Any) -> str:
    return (
        getattr(feature, "dtype", type(feature).__name__)
        if type(feature).__name__ == "Value"
        else type(feature).__name__
    )


def undecoded(rows: "Dataset", column: str) -> "Dataset":
    """The images of a column as they were written: ``{"bytes": ..., "path": ...}``."""
    from datasets import Image

    return rows.select_columns([column]).cast_column(column, Image(decode=False))


def files_of(tables: Sequence["Dataset"]) -> list[str]:
    """In which the rows lie."""
    return sorted({file["filename"] for rows in tables for file in rows.cache_files})


@dataclass(frozen=True, kw_only=True)
class RowDecoder(PackedDecoder):
    """Turns a row, by ``Sample.path``, into (channels, height, width) uint8.

    tables: rows of one undecoded column, by ``Place.archive``.
    """

    tables: Mapping[str, "Dataset"] = field(repr=False)

    def content(self, path: str) -> bytes:
        place = self.places[path]
        (image,) = self.tables[place.archive][place.start].values()
        try:
            if image is None:
                raise ValueError("an empty cell")
            return image["bytes"] if image["bytes"] is not None else Path(image["path"]).read_bytes()
        except (OSError, ValueError) as error:
            raise CorruptImage(f"{path} ({error})") from None
