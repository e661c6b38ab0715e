"""[-1, 1] <-> uint8, grids and animations: the only place where pixel ranges are converted."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import torch
from torch import Tensor, nn

from ganlab.errors import UserError

if TYPE_CHECKING:
    import numpy as np
    from PIL import Image

log = logging.getLogger(__name__)

T = TypeVar("T")
CHEQUERS = (204, 153)  # under transparent pictures: a black one and a white one are seen on both
MOST_FRAMES, LARGEST = 100, 1000  # of an animation, whose frames are all in memory at once: 100 MB


def from_uint8(pixels: Tensor) -> Tensor:
    """uint8 in 0..255 to float32 in [-1, 1], any shape."""
    return pixels.to(torch.float32).mul_(1 / 127.5).sub_(1)


def to_uint8(images: Tensor) -> Tensor:
    """Floats in [-1, 1] to uint8 in 0..255, rounded to nearest, clipped outside the range."""
    return images.detach().float().add(1).mul_(127.5).round_().clamp_(0, 255).to(torch.uint8)


def region_ids(label_map: Tensor) -> Tensor:
    """The ids, int64, that a label map in [-1, 1] stands for, any shape."""
    return to_uint8(label_map).long()


def coloured_regions(label_map: Tensor) -> Tensor:
    """(B, 1, H, W) label maps to (B, 3, H, W) in [-1, 1]: a colour for each id, the same always, and grey for 255."""
    ids = torch.arange(256.0)
    turns = ids * 0.618034 % 1  # golden ratio: ids that follow each other are far apart in hue
    light = 0.55 + 0.35 * (ids % 3) / 2
    waves = torch.stack([torch.cos(2 * torch.pi * (turns - third / 3)) for third in range(3)], dim=1)
    table = ((0.5 + 0.5 * waves) * light[:, None] * 2 - 1).where((ids < 255)[:, None], torch.zeros(()))
    return table.to(label_map.device)[region_ids(label_map)[:, 0]].permute(0, 3, 1, 2)


def opaque(images: Tensor) -> Tensor:
    """(N, C, H, W) uint8 as pictures show them, in 1 or 3 channels.

    RGBA is laid on a chequerboard, whose squares are an eighth of the shorter side; of 2 channels, or more than 4, the
    first is shown.
    """
    channels, height, width = images.shape[1:]
    if channels == 4:
        square = max(1, min(height, width) // 8)
        rows, columns = torch.arange(height)[:, None] // square, torch.arange(width) // square
        light, dark = CHEQUERS
        return laid_on(images, torch.where((rows + columns) % 2 == 0, light, dark).to(images.device))
    return images if channels in (1, 3) else images[:, :1]


def laid_on(images: Tensor, ground: Tensor | int) -> Tensor:
    """(N, 4, H, W) uint8, red, green, blue and alpha, to (N, 3, H, W) on a grey ``ground`` in 0..255."""
    colours, alpha = images[:, :3].float(), images[:, 3:].float() / 255
    return (colours * alpha + ground * (1 - alpha)).round_().to(torch.uint8)


def grid(images: Tensor, columns: int = 8, padding: int = 2) -> Tensor:
    """(N, C, H, W) uint8 to one (3, height, width) uint8 picture, row by row, on a dark ground: see ``opaque``."""
    if images.dtype != torch.uint8:
        raise TypeError(f"grid draws uint8 images, not {images.dtype}: convert with to_uint8 first")
    images = opaque(images)
    n, _, height, width = images.shape
    columns = min(columns, n)
    rows = -(-n // columns)
    cell_h, cell_w = height + padding, width + padding
    sheet = torch.full((3, rows * cell_h + padding, columns * cell_w + padding), 40, dtype=torch.uint8)
    for index, image in enumerate(images.cpu()):
        top, left = index // columns * cell_h + padding, index % columns * cell_w + padding
        sheet[:, top : top + height, left : left + width] = image
    return sheet


def captioned(images: Tensor, captions: Sequence[str]) -> Tensor:
    """(N, C, H, W) uint8 to one (3, height, width) uint8 picture: a row for each caption, which stands to its left.

    Each row holds as many images; small ones are enlarged by a whole number, so that they are not lower than the text.
    """
    import numpy as np
    from PIL import Image, ImageDraw, ImageFont

    columns = len(images) // len(captions)
    scale = max(1, -(-32 // images.shape[2]))
    images = opaque(images).repeat_interleave(scale, 2).repeat_interleave(scale, 3)
    sheet = grid(images, columns)
    font = ImageFont.load_default(size=14)
    margin = 16 + int(max(font.getlength(caption) for caption in captions))
    picture = Image.new("RGB", (margin + sheet.shape[2], sheet.shape[1]), (40, 40, 40))
    picture.paste(Image.fromarray(sheet.permute(1, 2, 0).contiguous().numpy()), (margin, 0))
    draw, row = ImageDraw.Draw(picture), images.shape[2] + 2
    for place, caption in enumerate(captions):
        draw.text((margin - 8, 2 + row * place + row // 2), caption, (236, 236, 238), font, anchor="rm")
    return torch.from_numpy(np.array(picture)).permute(2, 0, 1).contiguous()


def numbered(images: Tensor, numbers: Sequence[object], columns: int) -> Tensor:
    """(N, C, H, W) uint8 to one (3, height, width) uint8 picture, each image above its number."""
    import numpy as np
    from PIL import Image, ImageDraw, ImageFont

    scale = max(1, -(-64 // images.shape[2]))
    images = opaque(images).repeat_interleave(scale, 2).repeat_interleave(scale, 3)
    text, columns = 12, min(columns, len(images))
    sheet = grid(nn.functional.pad(images, (0, 0, 0, text), value=40), columns)
    picture = Image.fromarray(sheet.permute(1, 2, 0).contiguous().numpy())
    draw, font = ImageDraw.Draw(picture), ImageFont.load_default(size=text - 2)
    height, width = images.shape[2] + text + 2, images.shape[3] + 2
    for place, number in enumerate(numbers):
        middle, bottom = 2 + place % columns * width + width // 2, (place // columns + 1) * height - 1
        draw.text((middle, bottom), str(number), (236, 236, 238), font, anchor="mb")
    return torch.from_numpy(np.array(picture)).permute(2, 0, 1).contiguous()


def save_png(picture: Tensor, path: Path, scale: int = 1) -> None:
    """Write (C, H, W) uint8 as PNG, in grey, RGB or RGBA, each pixel ``scale`` times as large; creates the folder."""
    from PIL import Image

    pixels = picture.cpu().permute(1, 2, 0)  # (H, W, C)
    image = Image.fromarray(
        pixels.squeeze(2).numpy() if pixels.shape[2] == 1 else pixels.contiguous().numpy()
    )
    if scale > 1:
        image = image.resize((image.width * scale, image.height * scale), Image.Resampling.NEAREST)
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path)


def save_animation(frames: Sequence[Path], path: Path, seconds: float = 6.0) -> None:
    """Join PNG frames to an animated GIF of about ``seconds``; the last frame stays a while.

    Of many frames it takes the first, the last and others evenly between them, ``MOST_FRAMES`` at most, and shrinks
    large ones to ``LARGEST`` pixels a side. A file that cannot be read is left out with a warning; fewer than two
    pictures make no animation.
    """
    frames = evenly(frames, MOST_FRAMES)
    pictures = [picture for frame in frames if (picture := _in_palette(frame))]
    if len(pictures) < 2:
        return
    size = pictures[-1].size  # a run that was resumed may show more pictures than before
    pictures = [picture if picture.size == size else picture.resize(size) for picture in pictures]
    each = max(40, round(1000 * seconds / len(pictures)))
    durations = [each] * (len(pictures) - 1) + [each + 1500]
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=durations, loop=0)


def save_video(
    frames: Sequence[Tensor], path: Path, *, per_second: float = 12.0, smallest: int = 256
) -> None:
    """Write (3, H, W) uint8 frames as an animation that repeats; small ones are enlarged by a whole number.

    path: the suffix says how: .gif, or .mp4 (H.264), which needs the extra ``video``.

    Raises:
        UserError: .mp4 without its library.
    """
    import numpy as np
    from PIL import Image

    scale = max(1, smallest // max(frames[0].shape[1:]))
    arrays = [
        np.ascontiguousarray(frame.repeat_interleave(scale, 1).repeat_interleave(scale, 2).permute(1, 2, 0))
        for frame in frames
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".mp4":
        return _save_mp4(arrays, path, per_second)
    pictures = [Image.fromarray(array).convert("P", palette=Image.Palette.ADAPTIVE) for array in arrays]
    milliseconds = round(1000 / per_second)
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=milliseconds, loop=0)


def _save_mp4(arrays: Sequence["np.ndarray"], path: Path, per_second: float) -> None:
    try:
        import imageio_ffmpeg
    except ImportError as error:
        raise UserError("video=mp4 needs a library: pip install 'ganlab[video]', or video=gif") from error
    import numpy as np

    height, width = (side // 2 * 2 for side in arrays[0].shape[:2])  # H.264 takes even sides
    writer = imageio_ffmpeg.write_frames(
        str(path), (width, height), fps=per_second, codec="libx264", macro_block_size=1, quality=8
    )
    writer.send(None)
    for array in arrays:
        writer.send(np.ascontiguousarray(array[:height, :width]))
    writer.close()


def evenly(values: Sequence[T], maximum: int) -> list[T]:
    """At most so many (2 or more) of the values, in their order: the first, the last, and others evenly between."""
    n = len(values)
    if n <= maximum:
        return list(values)
    return [values[round(place * (n - 1) / (maximum - 1))] for place in range(maximum)]


def _in_palette(path: Path) -> "Image.Image | None":
    """The picture in 256 colours of its own; None, with a warning, for a file that cannot be read."""
    from PIL import Image

    try:
        with Image.open(path) as image:
            image.thumbnail((LARGEST, LARGEST))
            return image.convert("P", palette=Image.Palette.ADAPTIVE)
    except (OSError, ValueError, SyntaxError) as error:  # SyntaxError: Pillow's for a broken PNG
        log.warning("%s is left out of the animation: it cannot be read (%s)", path, error)
        return None


def shape_in_words(shape: Sequence[int]) -> str:
    """(C, H, W) of images, or the sizes of points, as messages name them."""
    if len(shape) != 3:
        return f"points of {' x '.join(map(str, shape))} numbers"
    channels, height, width = shape
    return f"images of {height}x{width} pixels and {channels} channel{'s' if channels > 1 else ''}"


def require_range(images: Tensor, what: str) -> None:
    """Raises UserError for training images (B, C, H, W) that are not floats in [-1, 1], with room for rounding."""
    if not images.is_floating_point():
        raise UserError(
            f"the data's {what} has {images.dtype} values; a model needs floats in [-1, 1] (ganlab.pixels.from_uint8)"
        )
    minimum, maximum = (round(value.item(), 3) for value in images.aminmax())
    if minimum < -1.05 or maximum > 1.05:
        raise UserError(
            f"the data's {what} has values from {minimum:g} to {maximum:g}; a model needs images in [-1, 1] "
            "(ganlab.pixels.from_uint8 makes them of 0 to 255)"
        )
    if 0 <= minimum < maximum:
        log.warning(
            "no value of the data's %s is below 0: a model needs images in [-1, 1], not in [0, 1]", what
        )
