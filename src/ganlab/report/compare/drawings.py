"""What settings draw, side by side, after equal numbers of images seen."""

from collections.abc import Mapping
from pathlib import Path

from ganlab.report.page import Html, paragraph, text
from ganlab.report.single.pictures import Embedded, drawn, embedded, evenly
from ganlab.report.table import Row

MOST, TIMES = 12, 6  # settings, and numbers of images
ROOM = 1_200_000  # bytes of all pictures
NOTHING = Embedded("data:,", 1, 1)  # in the place of a file that is no picture
SCRIPT = """
for (const sides of document.querySelectorAll(".sides")) {
  const slider = sides.querySelector("input"), output = sides.querySelector("output");
  slider.addEventListener("input", () => {
    for (const figure of sides.querySelectorAll("figure"))
      figure.querySelectorAll("img").forEach((one, place) => { one.hidden = place !== Number(slider.value); });
    output.value = sides.querySelectorAll("figure img")[slider.value].alt;
  });
}
"""
STYLE = """\
.sides { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 14rem), 1fr)); gap: .9rem; }
.sides label { grid-column: 1 / -1; flex-wrap: wrap; }
.sides input { flex: 1 1 12rem; max-width: 32rem; }
.sides output { min-width: 11rem; color: var(--ink); }
.sides img { width: 100%; }
"""


def drawings(names: Mapping[Row, str]) -> list[Html]:
    """Of each of the first settings its first run that counts; nothing where none has drawn."""
    found = {row: _of(row) for row in list(names)[:MOST]}
    found = {row: paths for row, paths in found.items() if paths}
    if not found:
        return []
    shared = sorted(set.intersection(*(set(paths) for paths in found.values())))
    if not shared:
        return [
            paragraph("The runs were not drawn after equal numbers of images, so nothing is shown.", "faint")
        ]
    times = evenly(shared, TIMES)
    room = ROOM // (len(found) * len(times))
    pictures = {row: [embedded(paths[images], room) for images in times] for row, paths in found.items()}
    last, figures = len(times) - 1, []
    for row, shown in pictures.items():
        labelled = zip(times, shown, strict=True)
        tags = [
            (picture or NOTHING).tag(f"{images:,} images seen", hidden=images != times[-1])
            for images, picture in labelled
        ]
        caption = f"<b>{text(names[row])}</b>seed {text(row.counted[0].seed)}"
        figures.append(f"<figure>{''.join(tags)}<figcaption>{caption}</figcaption></figure>")
    slider = (
        f'<label><input type="range" min="0" max="{last}" value="{last}" aria-label="images seen">'
        f"<output>{times[-1]:,} images seen</output></label>"
    )
    return [Html(f'<div class="sides">{slider}{"".join(figures)}</div>')]


def _of(row: Row) -> dict[int, Path]:
    """The pictures of a setting by images seen."""
    folders = [run.folder for run in row.counted if run.folder]
    return {int(path.stem): path for path in drawn(folders[0])} if folders else {}
