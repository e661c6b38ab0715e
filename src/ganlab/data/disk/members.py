"""Images inside archives, read where they lie: any of them at any time, by any process."""

import hashlib
import io
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, Any, Self

from PIL import Image

from ganlab.data.disk.packed import DEFLATED, Place, Sample
from ganlab.data.store.decode import CorruptImage, Decoder
from ganlab.data.store.files import FileImages


@dataclass(frozen=True, kw_only=True)
class PackedDecoder(Decoder):
    """Turns a member of an archive, by ``Sample.path``, into (channels, height, width) uint8.

    places: where each lies. chosen: a hash of all their names, which tells one set of an archive from another.
    """

    places: Mapping[str, Place] = field(repr=False)
    chosen: str

    @classmethod
    def of(cls, samples: Sequence[Sample], **settings: Any) -> Self:
        """One for ``samples``; settings: of ``Decoder``."""
        chosen = hashlib.sha256(repr([sample.name for sample in samples]).encode()).hexdigest()[:16]
        return cls(places={sample.path: sample.place for sample in samples}, chosen=chosen, **settings)

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
    """Images or pairs whose decoder reads by ``PackedDecoder``; ``paths`` are those of members.

    archives: in which they lie.
    """

    def __init__(self, *, archives: Sequence[str], **options: Any) -> None:
        super().__init__(**options)
        self.archives = archives

    @property
    def files(self) -> Sequence[str]:
        """The archives."""
        return self.archives

    def fingerprint(self) -> str:
        """A hash of the archives' lengths and times, of the images that are chosen, and of how they are decoded."""
        return FileImages(paths=self.archives, decoder=self.decoder, corrupt=self.corrupt).fingerprint()


def archives_among(samples: Sequence[Sample]) -> list[str]:
    """Those that the samples lie in, sorted."""
    return sorted({sample.place.archive for sample in samples})
