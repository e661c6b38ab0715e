"""Pairs of pictures that stay in their files: two files each, or one that shows both side by side; and its halves."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from PIL import Image, ImageOps

from ganlab.data.store.decode import Decoder, Header
from ganlab.data.store.files import FileImages
from ganlab.data.store.known import KnownFiles, Unknown
from ganlab.errors import UserError


@dataclass(frozen=True, kw_only=True)
class PairDecoder:
    """Turns a pair into one picture (source channels + target channels, height, width) uint8."""

    source: Decoder
    target: Decoder

    @property
    def channels(self) -> int:
        return self.source.channels + self.target.channels

    @property
    def height(self) -> int:
        return self.source.height

    @property
    def width(self) -> int:
        return self.source.width


@dataclass(frozen=True, kw_only=True)
class Halves(PairDecoder):
    """A file that shows a pair side by side; ``source_left`` says which half is the source.

    Raises:
        UserError: a file of odd width.
    """

    source_left: bool

    def __call__(self, path: str) -> np.ndarray:
        with self.source.opened(path) as image:
            sides = halves(image)
            source, target = sides if self.source_left else reversed(sides)
            return np.concatenate((self.source.fitted(source), self.target.fitted(target)))

    def header(self, path: str) -> Header:
        return with_halves(path, self.source.header(path))


@dataclass(frozen=True, kw_only=True)
class OneHalf(Decoder):
    """The left or the right half of a file that shows two pictures side by side.

    Raises:
        UserError: a file of odd width.
    """

    left: bool

    def __call__(self, path: str) -> np.ndarray:
        with self.opened(path) as image:
            left, right = halves(image)
            return self.fitted(left if self.left else right)

    def header(self, path: str) -> Header:
        return with_halves(path, super().header(path))


def halves(image: Image.Image) -> tuple[Image.Image, Image.Image]:
    """The left and the right half of a picture, once it is turned as its EXIF says."""
    ImageOps.exif_transpose(image, in_place=True)
    middle = image.width // 2
    return image.crop((0, 0, middle, image.height)), image.crop((middle, 0, *image.size))


def with_halves(path: str, header: Header) -> Header:
    """The header of a file that can be cut in half; raises UserError for one of odd width."""
    if header.width % 2:
        raise UserError(
            f"{path} is {header.width} pixels wide, an odd number: a picture that shows two side by side has "
            "two equal halves; pictures in two folders need folders A/ and B/"
        )
    return header


@dataclass(frozen=True, kw_only=True)
class TwoFiles(PairDecoder):
    """The file of a source; ``partner`` says which file is its target.

    resize: of two files of different size, the target is stretched to the proportions of the source.

    Raises:
        UserError: two files of different size, unless ``resize``.
    """

    partner: Mapping[str, str] = field(repr=False)
    resize: bool = False

    def __call__(self, path: str) -> np.ndarray:
        source, partner = self.source(path), self.partner[path]
        if not self.resize:
            return np.concatenate((source, self.target(partner)))
        header = self.source.header(path)
        return np.concatenate((source, self.target.stretched(partner, header.width, header.height)))

    def header(self, path: str) -> Header:
        partner = self.partner[path]
        header, other = self.source.header(path), self.target.header(partner)
        if not self.resize and (header.width, header.height) != (other.width, other.height):
            raise UserError(
                f"{path} has {header.width} x {header.height} pixels, but its partner {partner} has "
                f"{other.width} x {other.height}: both sides of a pair need the same size; data.resize=true stretches "
                "the second to the first"
            )
        return header


class TwoFileImages(FileImages):
    """Pairs read by ``TwoFiles``."""

    decoder: TwoFiles

    @property
    def files(self) -> list[str]:
        """Those of both sides."""
        return [file for path in self.paths for file in (path, self.decoder.partner[path])]

    def check_headers(self, title: str, known: KnownFiles) -> list[Header]:
        """As for single files, but asked each time: a header here is of two files."""
        return super().check_headers(title, Unknown())

    def fingerprint(self) -> str:
        """A hash of every file's path, length and time of change, and of how they are decoded."""
        digest = hashlib.sha256(super().fingerprint().encode())
        for path in self.paths:
            partner = self.decoder.partner[path]
            status = os.stat(partner)
            digest.update(f"{partner}/{status.st_size}/{status.st_mtime_ns}".encode())
        return digest.hexdigest()
