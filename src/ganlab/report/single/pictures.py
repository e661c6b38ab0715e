"""Pictures inside the page: as they are where they are small enough, else as JPEG, so that all fit."""

import base64
import io
import json
import re
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from ganlab.report.page import Html, text

MOST = 16  # of the pictures over time
EXAMPLES = 12  # of the gallery
ROOM, GALLERY_ROOM = 900_000, 350_000  # bytes of all pictures over time, and of all in the gallery
PIXELS = 128  # pictures up to this side are enlarged pixel by pixel
SMALLER = (
    (960, 85),
    (720, 75),
    (480, 60),
    (320, 50),
    (160, 40),
)  # the longest side of a JPEG, and its quality
SIGNATURE = b"\x89PNG\r\n\x1a\n"
END = b"IEND\xaeB`\x82"
SOURCE = re.compile(r"gallery/\d{4,}-\d{1,2}\.png", re.ASCII)
SCRIPT = """
for (const times of document.querySelectorAll(".times")) {
  const pictures = times.querySelectorAll("img"), slider = times.querySelector("input");
  slider.addEventListener("input", () => {
    pictures.forEach((picture, place) => { picture.hidden = place !== Number(slider.value); });
    times.querySelector("output").value = pictures[slider.value].alt;
  });
}
"""
STYLE = """\
.times label { flex-wrap: wrap; margin-bottom: .6rem; }
.times input { flex: 1 1 12rem; max-width: 32rem; }
.times output { min-width: 11rem; color: var(--ink); font-variant-numeric: tabular-nums; }
.examples { display: flex; flex-wrap: wrap; gap: .9rem; }
.examples div { display: flex; gap: .6rem; }
.examples div span { flex: 1 1 8.5rem; min-width: 0; max-width: 8.5rem; font-size: .78rem; color: var(--faint); }
.examples img { width: 100%; }
"""


Item = TypeVar("Item")


class Embedded(NamedTuple):
    """A picture as the value of ``src``, and its size in pixels."""

    source: str
    width: int
    height: int

    def tag(self, alt: str, *, hidden: bool = False) -> Html:
        pixels = ' class="pixels"' if max(self.width, self.height) <= PIXELS else ""
        size = f'width="{self.width}" height="{self.height}"'
        return Html(
            f'<img src="{self.source}" alt="{text(alt)}" {size}{pixels}{" hidden" if hidden else ""}>'
        )


def over_time(folder: Path) -> Html:
    """The pictures in ``samples/`` under a slider, the last of them shown; nothing where there are none."""
    paths = evenly(drawn(folder), MOST)
    found = [(label(path), embedded(path, ROOM // len(paths))) for path in paths]
    there = [(name, picture) for name, picture in found if picture]
    if not there:
        return Html("")
    last = len(there) - 1
    tags = [picture.tag(name, hidden=place < last) for place, (name, picture) in enumerate(there)]
    slider = f'<input type="range" min="0" max="{last}" value="{last}" aria-label="images seen">'
    shown = f"<label>{slider}<output>{text(there[-1][0])}</output></label>"
    return Html(f'<figure class="times">{shown}\n{"".join(tags)}</figure>')


def drawn(folder: Path) -> list[Path]:
    """What was drawn as training went on, by images seen."""
    return sorted((p for p in folder.glob("samples/*.png") if p.stem.isdecimal()), key=lambda p: int(p.stem))


def label(path: Path) -> str:
    return f"{int(path.stem):,} images seen"


def gallery(folder: Path) -> Html:
    """The first examples of ``gallery.html`` beside the page, each with all its pictures."""
    examples = [one for one in _examples(folder / "gallery" / "examples.json") if one[1]][:EXAMPLES]
    room = GALLERY_ROOM // max(1, sum(len(pictures) for _, pictures in examples))
    figures = []
    for name, pictures in examples:
        found = [(caption, embedded(folder / source, room)) for caption, source in pictures]
        shown = [f"<span>{one.tag(caption)}{text(caption)}</span>" for caption, one in found if one]
        figures.append(f"<figure><div>{''.join(shown)}</div><figcaption>{text(name)}</figcaption></figure>")
    return Html(f'<div class="examples">{"".join(figures)}</div>' if figures else "")


def evenly(items: Sequence[Item], most: int) -> list[Item]:
    """At most so many of them, the first and the last among them."""
    if len(items) <= most:
        return list(items)
    return [items[round(place * (len(items) - 1) / (most - 1))] for place in range(most)]


def embedded(path: Path, room: int) -> Embedded | None:
    """A PNG file inside the page, in about ``room`` bytes; None for what is no picture."""
    try:
        content = path.read_bytes() if path.is_file() else b""  # a pipe never ends
    except OSError:
        return None
    if not content.startswith(SIGNATURE) or not content.endswith(END):  # perhaps it is being written
        return None
    if len(content) <= room:
        return Embedded(_source(content, "png"), *struct.unpack(">II", content[16:24]))
    return _smaller(content, room)


def _smaller(content: bytes, room: int) -> Embedded | None:
    from PIL import Image

    try:
        with Image.open(io.BytesIO(content), formats=["PNG"]) as picture:
            whole = picture.convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    for side, quality in SMALLER:
        out, smaller = io.BytesIO(), whole.copy()
        smaller.thumbnail((side, side))
        smaller.save(out, "JPEG", quality=quality)
        if len(out.getvalue()) <= room:
            break
    return Embedded(_source(out.getvalue(), "jpeg"), *smaller.size)


def _source(content: bytes, kind: str) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def _examples(path: Path) -> list[tuple[str, list[tuple[str, str]]]]:
    """Names, and captions with files of the gallery's own folder."""
    try:
        entries = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []
    except (OSError, ValueError, RecursionError):
        return []
    return [(str(one["name"]), _pictures(one)) for one in entries if isinstance(one, dict) and "name" in one]


def _pictures(entry: dict[str, Any]) -> list[tuple[str, str]]:
    pictures = entry.get("pictures")
    pairs = pictures.items() if isinstance(pictures, dict) else ()
    return [(caption, source) for caption, source in pairs if SOURCE.fullmatch(str(source))]
