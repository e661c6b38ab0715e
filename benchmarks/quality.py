"""The table of quality.md, from the runs of sweeps over models.

    ganlab sweep=noise_to_image data=digits
    python -m benchmarks.quality outputs/sweeps/..._noise_to_image [more sweeps of the same data]

Mean and standard deviation over seeds of the best and the last value of the main score; beside them what fraction of
the way from held-out real images to Gaussian noise remains, the classes that appear, and the price: parameters, and
processor time per image of training, measured here in a few steps on one thread. Sweeps of one data set make one
section of quality.md, named by that data; other sections stay.
"""

import argparse
import re
import tempfile
import time
from pathlib import Path

import torch
from lightning.pytorch import Callback

from benchmarks.baselines import measured
from ganlab import report
from ganlab.config import compose, instantiate
from ganlab.report.cells import mean
from ganlab.report.table import Row, Table, main_of

PAGE = Path(__file__).with_name("quality.md")


class Clock(Callback):
    """Processor time at the end of each step."""

    def __init__(self) -> None:
        self.times: list[float] = []

    def on_train_batch_end(self, *_: object) -> None:
        self.times.append(time.process_time())


def milliseconds_per_image(overrides: list[str], steps: int = 12, warm_up: int = 2) -> float:
    """Of processor time in training on one thread, without pictures, scores and checkpoints."""
    cfg = compose([*overrides, "trainer=cpu", "metrics=none"])
    cfg.trainer.max_steps, cfg.trainer.threads = steps, 1
    data, clock = instantiate(cfg.data), Clock()
    data.prepare()
    with tempfile.TemporaryDirectory() as folder:
        trainer = instantiate(cfg.trainer, run_dir=Path(folder), callbacks=[clock], loggers=[])
        trainer.fit(instantiate(cfg.model), datamodule=data)
    return 1000 * (clock.times[-1] - clock.times[warm_up - 1]) / (steps - warm_up) / cfg.data.batch_size


def section(table: Table, noise: float) -> str:
    """Markdown: a line for each setting, the best last score first."""
    (main,) = main_of(table.columns)
    classes = next((column for column in table.columns if column.name.startswith("classes")), None)
    floor = main.mean(table.runs, "floor").mean
    rows = sorted(table.rows, key=lambda row: row.score(main, "last") or (float("inf"),))
    heading = f"| `model=` | {main.name} best | last | left | classes | ms per image | parameters |"
    lines = [heading, "|---|---|---|---|---|---|---|"]
    lines += [_line(row, main, classes, floor, noise) for row in rows]
    images = int(rows[0].mean("images").mean)
    protocol = main.protocol
    return "\n".join(
        [
            *lines,
            "",
            f"Held-out real images score {floor:.3g}, Gaussian noise with each pixel's mean and deviation {noise:.3g}; "
            f"*left* is (last - {floor:.3g}) / ({noise:.3g} - {floor:.3g}). Each run saw {images:,} images. Measured "
            f"with {protocol['measured']}: {protocol['n_fake']:,} images from averaged weights where a model has them.",
        ]
    )


def _line(row: Row, main, classes, floor: float, noise: float) -> str:
    last, n = row.score(main, "last"), len(row.runs)
    name = row.settings["model"]
    if last is None:
        return f"| `{name}` | – | {row.status} | – | – | – | – |"
    words = [
        f"{key}={value}" for key, value in row.settings.items() if not key.startswith(("hydra", "trainer"))
    ]
    cost = milliseconds_per_image(words)
    found = mean(row.score(classes, "last"), n, spread=False) if classes else "–"
    left = (last.mean - floor) / (noise - floor)
    cells = [mean(row.score(main, which), n, spread=True) for which in ("best", "last")]
    weights = int(row.mean("parameters").mean)
    print(f"{name:<20} {cells[1]:<14} {cost:.2f} ms per image", flush=True)
    return f"| `{name}` | {cells[0]} | {cells[1]} | {left:.3f} | {found} | {cost:.2f} | {weights:,} |"


def replace(page: str, name: str, text: str) -> str:
    """The page with a new section of this name, in the place of the old one or at the end."""
    block = f"<!-- {name} -->\n{text}\n<!-- end of {name} -->"
    found = re.compile(rf"<!-- {re.escape(name)} -->.*?<!-- end of {re.escape(name)} -->", re.DOTALL)
    return found.sub(lambda _: block, page) if found.search(page) else f"{page.rstrip()}\n\n{block}\n"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sweeps", nargs="+", type=Path, help="folders of sweeps of one data set")
    folders = [path.parent for sweep in parser.parse_args().sweeps for path in sweep.glob("*/results.json")]
    torch.set_num_threads(1)
    table = report.table(report.collect(sorted(folders)))
    data = table.shared["data"]
    words = [f"{key}={value}" for key, value in table.shared.items() if not key.startswith("hydra")]
    noise = measured(words)["Gaussian per pixel"][main_of(table.columns)[0].name].value
    PAGE.write_text(replace(PAGE.read_text(), data, section(table, noise)))


if __name__ == "__main__":
    main()
