"""Images inside archives, read where they lie: any of them at any time, by any process."""

import hashlib
import io
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO

from PIL import Image

from ganlab.data.disk.packed import DEFLATED, Place
from ganlab.data.store.decode import CorruptImage, Decoder
from ganlab.data.store.files import FileImages


@dataclass(frozen=True, kw_only=True)
class PackedDecoder(Decoder):
    """Turns a member of an archive, by its name, into (channels, height, width) uint8.

    places: where each lies. chosen: a hash of all their names, which tells one set of an archive from another.
    """

    places: Mapping[str, Place] = field(repr=False)
    chosen: str

    @contextmanager
    def opened(self, path: str, file: IO[bytes] | None = None) -> Iterator[Image.Image]:
        with super().opened(path, io.BytesIO(self.content(path))) as image:
            yield image

    def content(self, path: str) -> bytes:
        """All of a member; raises CorruptImage where the archive ends before it, or it cannot be unpacked."""
        place = self.places[path]
        try:
            with open(place.archive, "rb") as file:
                file.seek(place.start)
                content = file.read(place.size)
            if len(content) < place.size:
                raise EOFError("the archive ends before it")
            return zlib.decompress(content, -15) if place.method == DEFLATED else content
        except (OSError, EOFError, zlib.error) as error:
            raise CorruptImage(f"{path} ({error})") from None


class PackedImages(FileImages):
    """Images read by ``PackedDecoder``; ``paths`` are the names of members, after that of their archive."""

    decoder: PackedDecoder

    @property
    def files(self) -> Sequence[str]:
        """The archives."""
        return sorted({place.archive for place in self.decoder.places.values()})

    def fingerprint(self) -> str:
        """A hash of the archives' lengths and times, and of the images that are chosen."""
        archives = FileImages(paths=self.files, decoder=self.decoder, corrupt=self.corrupt)
        return hashlib.sha256((archives.fingerprint() + self.decoder.chosen).encode()).hexdigest()
