"""One image file to (C, H, W) uint8, whatever its format, mode and size."""

import functools
import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from importlib.util import find_spec
from typing import IO, NamedTuple, Protocol

import numpy as np
from PIL import ExifTags, Image, ImageColor, ImageOps, features

from ganlab.errors import UserError

EXTENSIONS: tuple[str, ...] = (".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".bmp", ".gif", ".tif", ".tiff")
EXTENSIONS += (".webp", ".avif", ".jp2", ".ppm", ".pgm", ".pbm", ".pnm", ".tga")
HEIF = (".heic", ".heif")  # of phones
HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"mif1")  # by which a file says it at byte 8
NEEDS_HEIF = "needs the package pillow-heif: pip install 'ganlab[heic]'"
EXTENSIONS += HEIF
MANY_FRAMES = ("GIF", "PNG", "WEBP", "TIFF", "AVIF")  # not MPO: a phone's photograph, with previews behind it
SIXTEEN_BITS = ("PNG", "PPM")  # mode I of these formats is 0..65535; in a TIFF it is any 32-bit number


class CorruptImage(UserError):
    """A file that is no readable image: truncated, empty, or something else under an image's name."""


class Header(NamedTuple):
    """What a file says of itself before its pixels are decoded; width and height are those of the upright image.

    transparent: whether its pixels may be, by an alpha channel or a colour that is.
    """

    mode: str
    width: int
    height: int
    many_frames: bool
    transparent: bool


class FileDecoder(Protocol):
    """Turns a file into (channels, height, width) uint8, and says first what its header tells: see ``Decoder``."""

    @property
    def channels(self) -> int: ...

    @property
    def height(self) -> int: ...

    @property
    def width(self) -> int: ...

    def __call__(self, path: str) -> np.ndarray: ...

    def header(self, path: str) -> Header: ...


@dataclass(frozen=True, kw_only=True)
class Decoder:
    """Turns a file into (channels, height, width) uint8.

    In this order: the first frame; turned upright (EXIF); 16-bit grey scaled by 65535; alpha laid over
    ``background`` (a colour name or "#rrggbb"); converted to grey or RGB; the largest centred part of the
    right proportions cut out and resized (bicubic, antialiased), which for square images is "shorter side to
    image_size, then centre crop".

    Four channels are red, green, blue and alpha, which stays; colours are averaged as far as they are to be seen, and
    those of pixels that are not at all become ``background``, so that nothing is learned of what nobody sees.

    nearest: resize to the nearest pixel instead, where colours are labels, and those between two mean nothing.

    Raises:
        CorruptImage: the file is no readable image.
        UserError: more than ``max_pixels`` (read from the header, nothing is decoded), floating-point or
            32-bit pixels, whose range nobody knows, or a file that the system does not let us read.
    """

    height: int
    width: int
    channels: int
    background: str = "white"
    max_pixels: int = 64_000_000
    nearest: bool = False

    def __post_init__(self) -> None:
        try:
            ImageColor.getrgb(self.background)
        except ValueError:
            raise UserError(f'data.background={self.background}: a colour name or "#rrggbb"') from None
        if self.max_pixels < 1:
            raise UserError(f"data.max_pixels={self.max_pixels}: at least 1")

    def __call__(self, path: str) -> np.ndarray:
        with self.upright(path) as image:
            return self.fitted(image)

    def stretched(self, path: str, width: int, height: int) -> np.ndarray:
        """The same of a picture that has the proportions of ``width`` x ``height`` first, whatever its own are."""
        with self.upright(path) as image:
            tall = max(1, round(image.width * height / width))
            if tall != image.height:
                image = self.eight_bit(image).resize((image.width, tall), self.method)
            return self.fitted(image)

    @property
    def method(self) -> Image.Resampling:
        """Of resizing."""
        return Image.Resampling.NEAREST if self.nearest else Image.Resampling.BICUBIC

    @contextmanager
    def upright(self, path: str) -> Iterator[Image.Image]:
        """The opened file, turned as its EXIF says, and perhaps already made smaller, as far as it loses nothing."""
        with self.opened(path) as image:
            side = 2 * max(self.height, self.width)
            if not self.nearest:  # which mixes no colours
                image.draft(
                    None, (side, side)
                )  # a large JPEG is decoded at 1/2, 1/4 or 1/8, never below this
            ImageOps.exif_transpose(image, in_place=True)
            yield image

    def fitted(self, image: Image.Image) -> np.ndarray:
        """(channels, height, width) uint8 of an image that stands upright."""
        image = self.eight_bit(image)
        pixels = channels_first(ImageOps.fit(image, (self.width, self.height), self.method))
        if self.channels == 4:
            pixels[:3, pixels[3] == 0] = np.array(ImageColor.getrgb(self.background)[:3], np.uint8)[:, None]
        return pixels

    def header(self, path: str) -> Header:
        """Mode and size from the first bytes of the file, which must pass the same checks."""
        with self.opened(path) as image:
            frames = image.format in MANY_FRAMES and getattr(image, "is_animated", False)
            return Header(image.mode, *upright_size(image), frames, image.has_transparency_data)

    def eight_bit(self, image: Image.Image) -> Image.Image:
        """The image in mode L, RGB or RGBA."""
        mode = {1: "L", 3: "RGB", 4: "RGBA"}[self.channels]
        if image.mode.startswith("I"):
            image = Image.fromarray(np.round(np.asarray(image) * (255 / 65535)).astype(np.uint8))
        if self.channels == 4:
            image = image if image.has_transparency_data else image.convert("RGB")  # which has a way to RGBA
        elif image.has_transparency_data:
            ground = Image.new("RGBA", image.size, self.background)
            ground.alpha_composite(image.convert("RGBA"))
            image = ground.convert("RGB")
        return image if image.mode == mode else image.convert(mode)

    @contextmanager
    def opened(self, path: str, file: IO[bytes] | None = None) -> Iterator[Image.Image]:
        """The opened file; whatever goes wrong with it is told as a UserError that names it.

        file: its content, where ``path`` is no more than its name.
        """
        require_reader(path)
        try:
            with _identified(file or path, path) as image:
                self._check(image, path)
                yield image
        except (UserError, MemoryError):
            raise
        except Image.DecompressionBombError as error:
            raise UserError(f"{path}: {error}; make it smaller or remove it") from None
        except Exception as error:  # Pillow's readers raise SyntaxError, ValueError, struct.error and more
            if isinstance(error, OSError) and error.errno is not None:
                raise UserError(f"{path} cannot be read: {error.strerror}") from None
            reason = "not an image" if isinstance(error, Image.UnidentifiedImageError) else error
            raise CorruptImage(f"{path} ({reason})") from None

    def _check(self, image: Image.Image, path: str) -> None:
        width, height = image.size
        if width * height > self.max_pixels:
            raise UserError(
                f"{path} has {width} x {height} = {width * height} pixels, more than "
                f"data.max_pixels={self.max_pixels}: make it smaller, remove it or raise data.max_pixels"
            )
        if image.mode == "F" or (image.mode == "I" and image.format not in SIXTEEN_BITS):
            numbers = "floating-point" if image.mode == "F" else "32-bit"
            raise UserError(
                f"{path} has {numbers} pixels, whose black and white are not known: "
                "convert it to 8 or 16 bits, or remove it"
            )


def _identified(source: str | IO[bytes], path: str) -> Image.Image:
    """Opened by what it holds, whatever it is called: rows of the Hub have no endings that would tell HEIC."""
    try:
        return Image.open(source)
    except Image.UnidentifiedImageError:
        if not _is_heif(source):
            raise
    if not has_heif():
        raise UserError(f"{path} cannot be read: it is HEIC, which {NEEDS_HEIF}")
    _read_heif()
    return Image.open(source)


def _is_heif(source: str | IO[bytes]) -> bool:
    with open(source, "rb") if isinstance(source, str) else nullcontext(source) as file:
        file.seek(4)
        return file.read(4) == b"ftyp" and file.read(4) in HEIF_BRANDS


def channels_first(image: Image.Image) -> np.ndarray:
    """(1, 3 or 4, height, width) uint8 of an image in mode L, RGB or RGBA."""
    pixels = np.asarray(image).reshape(image.height, image.width, -1)
    return pixels.transpose(2, 0, 1).copy()


def upright_size(image: Image.Image) -> tuple[int, int]:
    """Width and height that the image has once it is turned as its EXIF says."""
    if image.format == "PNG":  # which Pillow would decode to look for an orientation that hardly any has
        return image.size
    turned = image.getexif().get(ExifTags.Base.Orientation, 1) > 4
    return (image.height, image.width) if turned else image.size


def require_reader(path: str) -> None:
    """Raise UserError for a file of a format that this machine lacks a reader of."""
    if reason := why_unread(path):
        raise UserError(f"{path} cannot be read: {reason}")
    if ending(path) in HEIF:
        _read_heif()


def why_unread(path: str) -> str:
    """What a format, by the file's ending, needs that is not installed; "" for all others."""
    if ending(path) in HEIF and not has_heif():
        return f"{ending(path)} {NEEDS_HEIF}"
    if ending(path) == ".avif" and not features.check("avif"):
        return ".avif needs a newer Pillow: pip install 'pillow>=11.3'"
    return ""


def ending(path: str) -> str:
    return os.path.splitext(path)[1].lower()


def has_heif() -> bool:
    return find_spec("pillow_heif") is not None


@functools.cache
def _read_heif() -> None:
    from pillow_heif import register_heif_opener

    register_heif_opener()
