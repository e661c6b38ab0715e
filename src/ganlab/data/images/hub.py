"""Images of the Hugging Face Hub, or of a folder in one of its formats."""

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Unpack

from ganlab.data.disk.listing import held_out_by_hash
from ganlab.data.disk.packed import Place, Sample
from ganlab.data.disk.rows import Parts, RowDecoder, column_of, files_of, parts_of, undecoded
from ganlab.data.images.folder import LabelledOptions
from ganlab.data.images.shards import PackedFolder
from ganlab.errors import UserError

if TYPE_CHECKING:
    from datasets import Dataset


class HubImages(PackedFolder):
    """The images of a data set that the library ``datasets`` reads: rows of an Arrow file, mapped into memory.

    So the order is as shuffled as that of a folder, processes share the rows, and a resumed run goes on bit for bit.
    Held out are the rows of the part ``test`` (or ``val``, ``valid``, ``validation``) if there is one, else those whose
    numbers, hashed, fall below ``test_fraction``. Nothing of a data set is run.

    Args:
        root: ``user/name`` on the Hub; or a folder: one that ``save_to_disk`` wrote, or of Parquet files.
        config: Of a data set that has several; its library says which.
        revision: A branch, tag or commit of the Hub's repository.
        split: The part that is trained on.
        image_column: The one that holds images; None: the only one.
        label_column: The one that holds labels; None: the only one of the kind ClassLabel.
        labels: Batches carry labels.
        options: See ``Folder``.
    """

    def __init__(
        self,
        *,
        config: str | None = None,
        revision: str | None = None,
        split: str = "train",
        image_column: str | None = None,
        label_column: str | None = None,
        labels: bool = False,
        **options: Unpack[LabelledOptions],
    ) -> None:
        super().__init__(labels=labels, **options)
        self.config, self.revision, self.split = config, revision, split
        self.image_column, self.label_column = image_column, label_column

    @cached_property
    def tables(self) -> Parts:
        """The rows; raises UserError for what cannot be had."""
        return parts_of(self.address, self.config, self.revision, self.split)

    @cached_property
    def samples(self) -> list[Sample]:
        """All images, with labels as they are asked for; raises UserError for what cannot be read."""
        return [
            sample
            for part, rows in self.tables._asdict().items()
            if rows is not None
            for sample in self._of(part)
        ]

    def _of(self, part: str) -> list[Sample]:
        rows = getattr(self.tables, part)
        place = self._place(part)
        labels = self._labels(part) if self.labels else [None] * len(rows)
        return [Sample(f"{row}", Place(place, row, 0), label) for row, label in enumerate(labels)]

    def _labels(self, part: str) -> list[str]:
        rows, names = getattr(self.tables, part), self._names
        column = self._label_column
        found = rows[column][:]
        lacking = [row for row, label in enumerate(found) if label is None or (names and label < 0)]
        if lacking:
            raise UserError(
                f"data.labels=true, but row {lacking[0]} of {self.address} ({part}) has no {column}"
            )
        return [names[label] if names else str(label) for label in found]

    @property
    def _label_column(self) -> str:
        return column_of(self.tables.train, "ClassLabel", self.label_column, "label_column", strict=False)

    @property
    def _names(self) -> list[str]:
        """Of the classes, by their numbers; none of a column that is no ClassLabel."""
        return list(getattr(self.tables.train.features[self._label_column], "names", None) or ())

    @property
    def classes(self) -> tuple[str, ...]:
        """The labels: names in the data set's order, else numbers by their size; empty without ``labels``."""
        return (tuple(self._names) or super().classes) if self.labels else ()

    def parts(self) -> tuple[list[Sample], list[Sample]]:
        if self.tables.test is not None:
            first = len(self.tables.train)
            return self.samples[:first], self.samples[first:]
        held_out = [held_out_by_hash(sample.name, self.test_fraction) for sample in self.samples]
        pairs = list(zip(self.samples, held_out, strict=True))
        return [s for s, is_out in pairs if not is_out], [s for s, is_out in pairs if is_out]

    def reader(self, samples: Sequence[Sample]) -> RowDecoder:
        column = column_of(self.tables.train, "Image", self.image_column, "image_column")
        tables = {place: undecoded(rows, column) for place, rows in self._places().items()}
        settings = self.decoding((self.height, self.width), self.channels)
        return RowDecoder.of(samples, tables=tables, column=column, **settings)

    def archives(self, samples: Sequence[Sample]) -> list[str]:
        tables = self._places()
        return files_of(tables[place] for place in {sample.place.archive for sample in samples})

    def _places(self) -> dict[str, "Dataset"]:
        """The rows of each part, by ``Place.archive``."""
        return {self._place(part): rows for part, rows in self.tables._asdict().items() if rows is not None}

    def _place(self, part: str) -> str:
        return f"{self.address}:{part}"
