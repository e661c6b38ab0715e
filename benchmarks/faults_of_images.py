"""Which score notices which fault: digits with one fault at a time, which grows.

    python -m benchmarks.faults_of_images [--seeds 3] [--threads 1]

The generated images are 200 of the 500 held-out digits, others for each seed; they are compared with the 1,297 that a
run is trained on, and the 300 that are left stand for real images that nobody has seen. Then something is done to them,
in five steps. A score notices a fault from the step on from which its mean over the seeds is worse than that of
faultless images by more than three of their standard deviations, over 8 sets; it is fooled where it is better by as
much. Writes the tables of docs/metrics.md and its two pictures.
"""

import argparse
import math
import statistics
from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from torch import Tensor
from torch.nn.functional import conv2d, pad

from benchmarks.pages import write
from ganlab.inference.scoring.kinds.arrays import Array
from ganlab.inference.scoring.kinds.made import DataSide, named_data
from ganlab.inference.scoring.lenses import Lens
from ganlab.inference.scoring.pixels import PIXELS
from ganlab.inference.scoring.result import Settings
from ganlab.inference.scoring.score import score
from ganlab.metrics.extractors.classifier import EmbeddedFeatures
from ganlab.metrics.images.class_accuracy import accuracy, shrunk, trained
from ganlab.metrics.protocol import Protocol
from ganlab.metrics.real.measures import MEASURES
from ganlab.pixels import grid, save_png

DOCS = Path(__file__).parents[1] / "docs"
N, CLEAN, NOTICED = 200, 8, 3.0
MOST = 1000.0  # standard deviations
SIZES = (50, 100, 200, 400)
SCORES = [
    name for name in (*MEASURES, *PIXELS) if name != "kid_error"
]  # LPIPS needs weights, a path length a model
Digits = tuple[Tensor, Tensor]  # (n, 1, 32, 32) uint8 and (n,) int64
Values = dict[str, float]


class Source:
    """Held-out digits in an order of each seed's own, and training ones to copy."""

    def __init__(self, train: DataSide, seed: int) -> None:
        assert train.other is not None
        self.draws = torch.Generator().manual_seed(seed)
        self.images, self.labels = shuffled(train.other, self.draws)
        self.seen = shuffled(train, self.draws)

    def first(self, n: int) -> Digits:
        return self.images[:n], self.labels[:n]

    def rest(self, n: int) -> Digits:
        return self.images[n:], self.labels[n:]

    def drawn(self, places: Tensor, n: int) -> Digits:
        """``n`` of these places, each as seldom twice as can be."""
        often = torch.cat([places[torch.randperm(len(places), generator=self.draws)] for _ in range(n)])[:n]
        return self.images[often], self.labels[often]


def shuffled(side: DataSide, draws: torch.Generator) -> Digits:
    order = torch.randperm(len(side), generator=draws)
    return side.images.images(order), side.images.labels(order)


def noisy(source: Source, deviation: float) -> Digits:
    images = source.images[:N] + deviation * torch.randn(N, 1, 32, 32, generator=source.draws)
    return images.clamp(0, 255).round().to(torch.uint8), source.labels[:N]


def blurred(source: Source, sigma: float) -> Digits:
    weights = torch.softmax(-((torch.arange(-6, 7) / sigma) ** 2) / 2, 0)
    images = pad(source.images[:N].float(), [6] * 4, mode="replicate")
    images = conv2d(conv2d(images, weights[None, None, None]), weights[None, None, :, None])
    return images.round().to(torch.uint8), source.labels[:N]


def dropped(source: Source, classes: float) -> Digits:
    return source.drawn((source.labels < classes).nonzero()[:, 0], N)


def repeated(source: Source, different: float) -> Digits:
    return source.drawn(torch.arange(int(different)), N)


def copied(source: Source, share: float) -> Digits:
    copies = round(share * N)
    pairs = zip(source.seen, (source.images, source.labels), strict=True)
    images, labels = (torch.cat([seen[:copies], own[copies:N]]) for seen, own in pairs)
    return images, labels


def truncated(source: Source, share: float) -> Digits:
    """Of each class those nearest to its mean."""
    near = []
    for label in source.labels.unique():
        places = (source.labels == label).nonzero()[:, 0]
        images = source.images[places].float().flatten(1)
        distance = (images - images.mean(0)).norm(dim=1)
        near.append(places[distance.argsort()[: math.ceil(share * len(places))]])
    return source.drawn(torch.cat(near), N)


FAULTS: Mapping[str, tuple[str, Callable[[Source, float], Digits], tuple[float, ...]]] = {
    "noise": ("deviation of the noise, of 255", noisy, (5, 10, 20, 40, 80)),
    "blur": ("deviation of the blur, in pixels of 32", blurred, (0.4, 0.6, 0.8, 1.2, 2)),
    "dropping": ("classes that are left of 10", dropped, (9, 8, 6, 4, 1)),
    "repeating": ("different images among the 200", repeated, (150, 100, 50, 20, 5)),
    "memorising": ("share that are training images", copied, (0.1, 0.25, 0.5, 0.75, 1)),
    "truncation": (
        "share of a class that is left, the nearest to its mean",
        truncated,
        (0.8, 0.6, 0.4, 0.2, 0.1),
    ),
}


class Judge:
    """Every score of images, and what a classifier of real ones makes of them."""

    def __init__(self, train: DataSide) -> None:
        assert train.other is not None
        self.train, self.better = train, {"class_accuracy": "higher"}
        order = torch.arange(len(train))
        self.by_real = trained(shrunk(train.images.images(order)), train.images.labels(order), 10)
        self.lens = Lens(
            "one",
            Protocol(name="one", differs="", kid_subset_size=50),
            {"digits": EmbeddedFeatures(data="digits")},
        )

    def __call__(self, digits: Digits, unseen: Digits) -> Values:
        """By name; ``unseen``: real digits that are neither among these nor among the training ones."""
        generated, rest = (
            Array(Path("-"), images.numpy(), labels.numpy()) for images, labels in (digits, unseen)
        )
        names = list(SCORES)
        labels = digits[1]
        if min(torch.bincount(labels, minlength=10)) < 2:
            names.remove("intra_fid")
        settings = Settings(scores=names, allow_small=True, cache_folder=None)
        told = score([generated], self.train, [self.lens], settings, held_out=rest, show=lambda line: None)
        found = {}
        for name, one in told.scores["one"].items():
            self.better[name.removesuffix("_digits")] = one.better
            found[name.removesuffix("_digits")] = math.nan if one.value is None else one.value
        small = shrunk(digits[0])
        found["class_accuracy"] = accuracy(self.by_real, small, labels)
        return found


def off(value: float, clean: list[float], better: str) -> float:
    """By how many standard deviations a value is worse than those of faultless images; below 0: better.

    At most ``MOST``, also where faultless images always have one value.
    """
    away = (value - statistics.fmean(clean)) / max(statistics.stdev(clean), 1e-9)
    return max(min(away if better == "lower" else -away, MOST), -MOST)  # NaN stays


def mean_of(values: list[float]) -> float:
    return statistics.fmean(values) if values else math.nan


def measured(seeds: int) -> tuple[dict[str, list[float]], dict[str, list[list[Values]]], dict[str, str]]:
    """Of faultless images the values of each score; by fault and step what each seed has; and what is better."""
    train = named_data("data:digits:train")
    judge = Judge(train)
    clean = [
        judge(source.first(N), source.rest(N))
        for source in (Source(train, 100 + seed) for seed in range(CLEAN))
    ]
    print("faultless:", {name: round(clean[0][name], 4) for name in clean[0]}, flush=True)
    grown: dict[str, list[list[Values]]] = {}
    for fault, (_, spoil, steps) in FAULTS.items():
        grown[fault] = []
        for step in steps:
            found = []
            for seed in range(seeds):
                source = Source(train, seed)
                found.append(judge(spoil(source, step), source.rest(N)))
            grown[fault].append(found)
            print(fault, step, {name: round(found[0][name], 4) for name in found[0]}, flush=True)
    return {name: [one[name] for one in clean if name in one] for name in clean[0]}, grown, judge.better


def away_of(
    name: str, clean: dict[str, list[float]], grown: dict[str, list[list[Values]]], better: dict[str, str]
) -> dict[str, list[float]]:
    """By fault, at each step, how far the mean over the seeds is off; NaN where there is no value."""
    return {
        fault: [
            off(mean_of([one[name] for one in seeds if name in one]), clean[name], better[name])
            for seeds in steps
        ]
        for fault, steps in grown.items()
    }


def table_of(
    clean: dict[str, list[float]], grown: dict[str, list[list[Values]]], better: dict[str, str]
) -> str:
    """From which step on each score notices each fault, and where it is fooled."""
    lines = [f"| score | faultless | {' | '.join(FAULTS)} |", "|---|---|" + "---|" * len(FAULTS)]
    for name, values in clean.items():
        cells = [f"{statistics.fmean(values):.3g} ± {statistics.stdev(values):.2g}"]
        for fault, away in away_of(name, clean, grown, better).items():
            steps = FAULTS[fault][2]
            noticed = next((step for step, one in zip(steps, away, strict=True) if one > NOTICED), None)
            better_at = next((step for step, one in zip(steps, away, strict=True) if one < -NOTICED), None)
            word = "–" if noticed is None else f"{noticed:g}"
            cells.append(word if better_at is None else f"{word}, better at {better_at:g}")
        arrow = "↓" if better[name] == "lower" else "↑"
        lines.append(f"| `{name}` {arrow} | {' | '.join(cells)} |")
    return "\n".join(lines)


def draw(
    clean: dict[str, list[float]], grown: dict[str, list[list[Values]]], better: dict[str, str], path: Path
) -> None:
    """A panel for each score, a line for each fault."""
    columns = 6
    rows = math.ceil(len(clean) / columns)
    figure = Figure(figsize=(2.1 * columns, 1.75 * rows + 0.5), layout="constrained")
    panels = figure.subplots(rows, columns, sharex=True, sharey=True).flatten()
    for panel, name in zip(panels, clean, strict=False):
        for fault, away in away_of(name, clean, grown, better).items():
            there = [(place, one) for place, one in enumerate([0.0, *away]) if math.isfinite(one)]
            panel.plot(*zip(*there, strict=True), marker=".", linewidth=1.2, label=fault)
        panel.axhspan(-NOTICED, NOTICED, color="0.9", zorder=0)
        panel.set_yscale("symlog", linthresh=NOTICED)
        panel.set_yticks([-10, -3, 3, 10, 100, 1000], ["-10", "-3", "3", "10", "100", "1000"])
        panel.minorticks_off()
        panel.set_title(name, fontsize=9)
        panel.tick_params(labelsize=7)
    for panel in panels[len(clean) :]:
        panel.axis("off")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=6, fontsize=8)
    figure.supylabel("standard deviations worse than faultless", fontsize=8)
    FigureCanvasAgg(figure).print_png(path)  # type: ignore[no-untyped-call]


def show(path: Path) -> None:
    """A row for each fault: three faultless digits, and the first three of each step."""
    train = named_data("data:digits:train")
    rows = []
    for _, spoil, steps in FAULTS.values():
        source = Source(train, 0)
        rows += [source.images[:3], *(spoil(Source(train, 0), step)[0][:3] for step in steps)]
    save_png(grid(torch.cat(rows), columns=18), path)


def by_number(seeds: int) -> str:
    """What each score of faultless images is for how many of them."""
    train, rows = named_data("data:digits:train"), {}
    judge = Judge(train)
    for n in SIZES:
        sources = [Source(train, 200 + seed) for seed in range(seeds)]
        rows[n] = [judge(source.first(n), source.rest(n)) for source in sources]
        print(n, rows[n][0], flush=True)
    lines = [f"| score | {' | '.join(f'{n} images' for n in SIZES)} |", "|---|" + "---|" * len(SIZES)]
    for name in rows[SIZES[-1]][0]:
        parts = [[one[name] for one in rows[n] if name in one] for n in SIZES]
        cells = [
            f"{statistics.fmean(p):.3g} ± {statistics.stdev(p):.2g}" if len(p) > 1 else "–" for p in parts
        ]
        lines.append(f"| `{name}` | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    show(DOCS / "faults.png")
    command = (
        f"`python -m benchmarks.faults_of_images --seeds {arguments.seeds} --threads {arguments.threads}`"
    )
    about = f"{arguments.seeds} seeds, torch {torch.__version__}."
    clean, grown, better = measured(arguments.seeds)
    steps = [
        f"- {name}: {what}: {', '.join(f'{step:g}' for step in of)}" for name, (what, _, of) in FAULTS.items()
    ]
    write(
        DOCS / "metrics.md",
        "faults",
        "\n".join(
            [f"{command}: {N} generated digits, {about}", "", *steps, "", table_of(clean, grown, better)]
        ),
    )
    draw(clean, grown, better, DOCS / "metrics.png")
    write(DOCS / "metrics.md", "numbers", f"{command}: {about}\n\n{by_number(arguments.seeds)}")


if __name__ == "__main__":
    main()
