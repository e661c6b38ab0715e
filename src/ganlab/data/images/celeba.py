"""CelebA: faces that stay in their JPEG files."""

from typing import Any, Unpack

from ganlab.bounds import Weight, Whole, Workers
from ganlab.data.base import ColourOptions, ImageData, Splits
from ganlab.data.disk.settings import FileData
from ganlab.data.images.torchvision_sets import Source, obtain
from ganlab.data.store.corrupt import CorruptFiles
from ganlab.data.store.decode import Decoder
from ganlab.data.store.files import FileImages
from ganlab.data.store.holding import in_memory_if_small

IMAGES, ARCHIVE, PARTITION = "img_align_celeba", "img_align_celeba.zip", "list_eval_partition.txt"


class CelebA(FileData, ImageData):
    """202,599 aligned faces (Liu et al. 2015), 178 x 218: the centred 178 x 178 is resized to ``image_size``.

    162,770 to train on and 19,962 held out, by the set's own list (its validation part is left out). Read
    from ``root/celeba``, which must hold the folder of pictures (or its zip archive) and the list; the files
    with attributes are not needed. There are no labels.

    Args:
        memory_limit: In MB; 0 leaves the images in their files. At 32 x 32 RGB they take 561 MB, and some
            minutes to decode at the start.
        workers, cache: See ``FileData``.
    """

    kind: str = "images"

    def __init__(
        self,
        *,
        root: str = "data",
        memory_limit: Whole = 0,
        workers: Workers | None = None,
        cache: Weight = 0.0,
        **options: Unpack[ColourOptions],
    ) -> None:
        super().__init__(root=root, memory_limit=memory_limit, workers=workers, cache=cache, **options)
        self.folder = self.root / "celeba"

    def load(self) -> Splits:
        train, test = obtain(self._list, "CelebA", self.folder, self._sources())
        corrupt = CorruptFiles("error", len(train) + len(test), key="")
        decoder = Decoder(height=self.height, width=self.width, channels=self.channels)
        stored, held_out = (
            FileImages(paths=paths, decoder=decoder, corrupt=corrupt, workers=self.workers)
            for paths in (train, test)
        )
        return in_memory_if_small(stored, held_out, self.memory_limit, self.cache)

    def _list(self, download: bool) -> tuple[list[str], list[str]]:
        """The files of parts 0 and 2 of the list; raises RuntimeError where one is missing."""
        if download:
            self._download()
        lines = (self.folder / PARTITION).read_text().splitlines()
        part = {name: int(number) for name, number in (line.split() for line in lines if line.strip())}
        there = {path.name for path in (self.folder / IMAGES).iterdir()}
        missing = sorted(part.keys() - there)
        if missing or not part:
            raise RuntimeError(f"{len(missing)} of {len(part)} images missing, for instance {missing[:1]}")
        train, test = ([str(self.folder / IMAGES / n) for n in sorted(part) if part[n] == p] for p in (0, 2))
        return train, test

    def _download(self) -> None:
        from torchvision.datasets.utils import (
            check_integrity,
            download_file_from_google_drive,
            extract_archive,
        )

        for name, (file_id, md5) in self._files().items():
            if not check_integrity(self.folder / name, md5):
                download_file_from_google_drive(file_id, self.folder, name, md5)
        extract_archive(str(self.folder / ARCHIVE))

    def _files(self) -> dict[str, tuple[str, str]]:
        """The Google Drive id and MD5 of each file that is needed."""
        from torchvision.datasets import CelebA

        known: Any = {name: (file_id, md5) for file_id, md5, name in CelebA.file_list}
        return {name: known[name] for name in (ARCHIVE, PARTITION)}

    def _sources(self) -> list[Source]:
        return [
            Source(f"{name} from https://drive.google.com/uc?id={file_id}", md5)
            for name, (file_id, md5) in self._files().items()
        ]
