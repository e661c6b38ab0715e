"""Images in files: those below a folder, or in a zip."""

import hashlib
import io
import logging
import os
import zipfile
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import IO, Literal, NamedTuple

import numpy as np
import torch
from PIL import ExifTags, Image
from torch import Tensor

from ganlab.data.disk.listing import find_images, hidden
from ganlab.data.store.decode import EXTENSIONS, CorruptImage, Decoder, channels_first
from ganlab.errors import UserError
from ganlab.inference.scoring.kinds.base import AHEAD, Pictures, Side, alike

log = logging.getLogger(__name__)

OnCorrupt = Literal["error", "skip"]
GREY = ("1", "L", "LA", "La", "I", "I;16", "I;16B", "I;16L")
MOST_BYTES = 2**30  # of one file in a zip
TURNED = "turned by their EXIF, which the libraries do not follow, and these scores neither"
TRANSPARENT = "transparent"
DEEP = "of 16-bit grey, where 65535 is white"


class Decoded(NamedTuple):
    """pixels: (1, 3 or 4, H, W) uint8. odd: what somebody may be surprised by."""

    pixels: np.ndarray
    odd: list[str]


class AsStored(Decoder):
    """Turns a file into (1, 3 or 4, H, W) uint8 as the libraries do, in its own size and not turned; alpha is kept."""

    def decoded(self, path: str, file: IO[bytes] | None = None) -> Decoded:
        """The file's pixels, or those of its content in ``file``; raises CorruptImage and UserError, which name it."""
        odd = []
        with self.opened(path, file) as image:
            if image.format != "PNG" and image.getexif().get(ExifTags.Base.Orientation, 1) != 1:
                odd.append(TURNED)
            if image.has_transparency_data:
                odd.append(TRANSPARENT)
            grey, deep = image.mode in GREY, image.mode.startswith("I")
            if deep:
                odd.append(DEEP)
                image = self.eight_bit(image)
            opaque = "L" if grey else "RGB"
            return Decoded(channels_first(image.convert("RGBA" if TRANSPARENT in odd else opaque)), odd)


class Files(Side):
    """Files of images by name. workers: threads that decode."""

    def __init__(self, title: str, names: Sequence[str], *, on_corrupt: OnCorrupt, workers: int) -> None:
        super().__init__()
        self.title, self.names = title, names
        self.on_corrupt, self.workers = on_corrupt, workers
        self.decoder = AsStored(height=1, width=1, channels=1)

    def decoded(self, name: str) -> Decoded:
        """One of them; raises CorruptImage."""
        raise NotImplementedError

    def __len__(self) -> int:
        return len(self.names)

    def pictures(self, order: Sequence[int], batch_size: int) -> Iterator[Pictures]:
        return alike(self._sound(order), batch_size)

    def _sound(self, order: Sequence[int]) -> Iterator[tuple[int, Tensor | None]]:
        for place, future in self._ahead(order):
            try:
                pixels, odd = future.result()
                self.odd.update(odd)
                yield place, torch.tensor(pixels)
            except CorruptImage as error:
                if self.on_corrupt == "error":
                    raise UserError(
                        f"{self.title}: {error} cannot be read: repair or remove it, or leave such files out with "
                        "on_corrupt=skip"
                    ) from None
                self.lacking[place] = str(error)
                yield place, None

    def _ahead(self, order: Sequence[int]) -> Iterator[tuple[int, Future[Decoded]]]:
        """Each image in its order, decoded by threads while the ones before are looked at."""
        Image.init()  # loads all formats now: threads that do it at the same time get in each other's way
        pool = ThreadPoolExecutor(max(1, self.workers))
        pending: deque[tuple[int, Future[Decoded]]] = deque()
        try:
            for place in order:
                pending.append((place, pool.submit(self.decoded, self.names[place])))
                if len(pending) >= AHEAD:
                    yield pending.popleft()
            while pending:
                yield pending.popleft()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def labels(self) -> Tensor | None:
        """By the first folder that each lies in, where all lie in one and there are two or more."""
        folders = [name.partition("/")[0] if "/" in name else None for name in self.names]
        self.classes = tuple(sorted({folder for folder in folders if folder}))
        if None in folders or len(self.classes) < 2:
            return None
        number = {name: place for place, name in enumerate(self.classes)}
        return torch.tensor([number[str(folder)] for folder in folders])


class Folder(Files):
    """All images below a folder, as ``data=folder`` finds them."""

    def __init__(self, root: Path, *, on_corrupt: OnCorrupt = "error", workers: int = 2) -> None:
        self.root = root
        names = find_images(root, f" images below it: {root}/a.png {root}/more/b.jpg ...").paths
        super().__init__(f"the folder {root}", names, on_corrupt=on_corrupt, workers=workers)

    def decoded(self, name: str) -> Decoded:
        return self.decoder.decoded(str(self.root / name))

    def fingerprint(self) -> str:
        """A hash of every file's name, length and time of change."""
        digest = hashlib.sha256(b"as stored")
        for name in self.names:
            status = os.stat(self.root / name)
            digest.update(f"{name}/{status.st_size}/{status.st_mtime_ns}".encode())
        return digest.hexdigest()


class Zip(Files):
    """All images in a zip, which is not unpacked."""

    def __init__(self, path: Path, *, on_corrupt: OnCorrupt = "error", workers: int = 2) -> None:
        self.path = path
        try:
            self.archive = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError) as error:
            raise UserError(f"{path} cannot be read as a zip ({error}): pack or fetch it again") from None
        names = [name for name in sorted(self.archive.namelist()) if is_picture(name)]
        if not names:
            raise UserError(
                f"{path} holds no images: expected files that end in {', '.join(EXTENSIONS[:6])}, ..."
            )
        super().__init__(f"the zip {path}", names, on_corrupt=on_corrupt, workers=workers)

    def decoded(self, name: str) -> Decoded:
        info = self.archive.getinfo(name)
        try:
            if info.file_size > MOST_BYTES:
                raise CorruptImage(f"{self.path}/{name} (of {info.file_size:,} bytes)")
            content = io.BytesIO(self.archive.read(info))
        except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, OSError) as error:
            raise CorruptImage(f"{self.path}/{name} ({error})") from None
        return self.decoder.decoded(f"{self.path}/{name}", content)

    def fingerprint(self) -> str:
        """A hash of every member's name, length and checksum."""
        parts = (self.archive.getinfo(name) for name in self.names)
        text = "/".join(f"{info.filename}/{info.file_size}/{info.CRC}" for info in parts)
        return hashlib.sha256(f"as stored/{text}".encode()).hexdigest()


def is_picture(name: str) -> bool:
    """By its name: no hidden file, and none in a hidden folder."""
    return name.lower().endswith(EXTENSIONS) and not any(hidden(part) for part in name.split("/"))
