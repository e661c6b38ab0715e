"""A page of examples, side by side: ``gallery.html``, which works offline, and its pictures beside it."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import quote

from PIL import Image
from torch import Tensor

from ganlab.pixels import to_uint8
from ganlab.report.page import Html, facts, page, text
from ganlab.sets import ExampleSet
from ganlab.types import Translator

LARGEST = 640  # pixels: pictures are shown no larger, and link to the whole
PIXELS = 128  # pictures up to this side are enlarged pixel by pixel
STYLE = Template("""\
:root { --size: ${size}px; }
main { display: flex; flex-wrap: wrap; align-items: flex-start; gap: .9rem; padding: 1.2rem; }
figure div { display: flex; flex-wrap: wrap; gap: .6rem; }
a { display: block; width: var(--size); max-width: 100%; color: var(--faint); text-decoration: none; }
img { display: block; width: 100%; height: auto; border-radius: 3px; background: var(--line); }
span { display: block; margin-top: .25rem; font-size: .78rem; }
a:hover span { color: var(--ink); }
figcaption {
  margin-top: .4rem; font-size: .82rem; overflow-wrap: anywhere; max-width: calc(var(--size) * 4);
}
""")
SIZE = Template("""\
<label>size <input type="range" min="48" max="640" value="$size"
oninput="document.documentElement.style.setProperty('--size', this.value + 'px')"></label>""")


@dataclass(frozen=True)
class Shown:
    """A picture on the page. source, link: relative addresses of what is shown, and of what a click opens."""

    caption: str
    source: str
    link: str
    width: int
    height: int

    def tag(self) -> Html:
        kind = ' class="pixels"' if max(self.width, self.height) <= PIXELS else ""
        picture = (
            f'<img src="{self.source}" alt="{text(self.caption)}" width="{self.width}" height="{self.height}" '
            f'loading="lazy" decoding="async"{kind}>'
        )
        return Html(f'<a href="{self.link}">{picture}<span>{text(self.caption)}</span></a>')


@dataclass
class Gallery:
    """Collects examples, and writes ``folder/gallery.html`` and their pictures into ``folder/gallery/``.

    ``gallery/examples.json`` says which picture is what, by example, for other pages.

    facts: shown beside the title, by name.
    """

    folder: Path
    title: str
    facts: Mapping[str, str] = field(default_factory=dict)
    examples: list[Html] = field(default_factory=list)
    _index: list[dict[str, Any]] = field(default_factory=list)
    _most: int = 1  # pictures in an example
    _side: int = 1  # the longest of all pictures

    def add(self, name: str, panels: Mapping[str, Tensor], links: Mapping[str, Path] | None = None) -> None:
        """One example: its pictures (C, H, W) in [-1, 1] by caption, and the files that a click on some opens."""
        number, links = len(self.examples), links or {}
        shown = [
            self._shown(f"gallery/{number:04d}-{place}.png", caption, picture, links.get(caption))
            for place, (caption, picture) in enumerate(panels.items())
        ]
        pictures = "".join(one.tag() for one in shown)
        self.examples.append(
            Html(f"<figure><div>{pictures}</div><figcaption>{text(name)}</figcaption></figure>")
        )
        self._index.append({"name": name, "pictures": {one.caption: one.source for one in shown}})
        self._most = max(self._most, len(shown))
        self._side = max(self._side, *(max(one.width, one.height) for one in shown))

    def show(self, model: Translator, examples: ExampleSet, indices: Tensor) -> None:
        """What the model makes of some examples, one by one."""
        for index in indices.split(1):
            panels = model.panels(examples.batch(index))
            self.add(examples.names[int(index)], {caption: images[0] for caption, images in panels.items()})

    def _shown(self, source: str, caption: str, picture: Tensor, link: Path | None) -> Shown:
        pixels = to_uint8(picture).cpu()
        pixels = pixels[:3] if pixels.shape[0] >= 3 else pixels[:1]
        image = Image.fromarray(pixels.permute(1, 2, 0).contiguous().squeeze(2).numpy())
        image.thumbnail((LARGEST, LARGEST), Image.Resampling.LANCZOS)
        path = self.folder / source
        path.parent.mkdir(parents=True, exist_ok=True)
        image.save(path)
        opens = quote(os.path.relpath(link, self.folder).replace(os.sep, "/")) if link else source
        return Shown(caption, source, opens, *image.size)

    def write(self) -> Path:
        """Write the page; returns its path."""
        size = str(min(256, 1000 // self._most, max(64, 4 * self._side)))  # an example fits on a line
        written = page(
            self.title,
            Html(facts(self.facts) + SIZE.substitute(size=size)),
            self.examples,
            style=STYLE.substitute(size=size),
            closed=False,
        )
        path, index = self.folder / "gallery.html", self.folder / "gallery" / "examples.json"
        index.parent.mkdir(parents=True, exist_ok=True)
        index.write_text(json.dumps(self._index, indent=1), encoding="utf-8")
        path.write_text(written, encoding="utf-8")
        return path
