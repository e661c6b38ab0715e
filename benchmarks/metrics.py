"""Time of the quality distances, beside torchmetrics and torch-fidelity on the same features in the same process.

    python -m benchmarks.metrics [--threads 1] [--rounds 5]

The features are correlated and not negative, as a network's last layer gives them. The sides take turns; each time is
processor time, the least over rounds, since other work on the machine only adds to it. The last column says how far the
values of the two libraries are from ours.
"""

import argparse
import platform
import time
import warnings
from collections.abc import Callable

import torch
import torch_fidelity
import torchmetrics
from threadpoolctl import threadpool_limits
from torch import Tensor, nn
from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric
from torch_fidelity.metric_isc import isc_features_to_metric
from torch_fidelity.metric_kid import kid_features_to_metric
from torch_fidelity.metric_prc import prc_features_to_metric
from torchmetrics.image.fid import FrechetInceptionDistance
from torchmetrics.image.inception import InceptionScore
from torchmetrics.image.kid import KernelInceptionDistance

from ganlab.metrics.distances.diversity import diversity_ratio
from ganlab.metrics.distances.frechet import Gaussian, Moments, frechet_distance
from ganlab.metrics.distances.inception_score import inception_score
from ganlab.metrics.distances.kernel import kernel_distance
from ganlab.metrics.distances.manifold import Manifold

INCEPTION = {"size": 2048, "real": 4096, "fake": 4096, "batch": 50}
DIGITS = {"size": 64, "real": 1297, "fake": 1000, "batch": 250}
Sides = dict[str, Callable[[], object]]


class Given(nn.Module):
    """Takes features for images."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.num_features = size

    def forward(self, given: Tensor) -> Tensor:
        return given


def features(n: int, size: int, seed: int, scale: float = 1.0) -> Tensor:
    """(n, size) float32."""
    mixing = torch.randn(size, size, generator=torch.Generator().manual_seed(0)) / size**0.5
    return (torch.randn(n, size, generator=torch.Generator().manual_seed(seed)) @ mixing * scale).relu()


def gaussian(samples: Tensor, batch: int) -> Gaussian:
    moments = Moments(samples.shape[1])
    for part in samples.split(batch):
        moments.update(part)
    return moments.gaussian()


def torchmetrics_fid(real: Tensor, fake: Tensor, batch: int) -> FrechetInceptionDistance:
    metric = FrechetInceptionDistance(feature=Given(real.shape[1]))
    for samples, is_real in ((real, True), (fake, False)):
        for part in samples.split(batch):
            metric.update(part, real=is_real)
    return metric


def torch_fidelity_fid(one: dict, other: dict) -> float:
    return fid_statistics_to_metric(one, other, False)["frechet_inception_distance"]


def torchmetrics_kid(real: Tensor, fake: Tensor, **options: int) -> float:
    metric = KernelInceptionDistance(feature=Given(real.shape[1]), **options)
    metric.update(real, real=True)
    metric.update(fake, real=False)
    return float(metric.compute()[0])


def torch_fidelity_kid(real: Tensor, fake: Tensor, subsets: int, subset_size: int) -> float:
    options = {"kid_subsets": subsets, "kid_subset_size": subset_size, "rng_seed": 2020, "verbose": False}
    return kid_features_to_metric(fake, real, **options)["kernel_inception_distance_mean"]


def torchmetrics_is(logits: Tensor) -> float:
    metric = InceptionScore(feature=Given(logits.shape[1]))
    metric.update(logits)
    return float(metric.compute()[0])


def torch_fidelity_prc(real: Tensor, fake: Tensor) -> float:
    options = {"prc_neighborhood": 3, "prc_batch_size": 10_000, "save_cpu_ram": False, "verbose": False}
    return prc_features_to_metric(fake, real, **options)["recall"]


def inception_cases(size: int, real: int, fake: int, batch: int) -> dict[str, tuple[float, str, Sides]]:
    """Unit, its name and the sides: what a validation does with pool features of Inception."""
    real, fake = features(real, size, 1), features(fake, size, 2, scale=1.1)
    ours = [gaussian(samples, batch) for samples in (real, fake)]
    ours[0].root  # noqa: B018 - it is kept
    statistics = [fid_features_to_statistics(samples) for samples in (real, fake)]
    metric = torchmetrics_fid(real, fake, batch)

    def update() -> None:
        for part in fake.split(batch):
            metric.update(part, real=False)

    def compute() -> float:
        metric._computed = None  # else it answers from its cache
        return float(metric.compute())

    def fresh_root() -> None:
        Gaussian(ours[0].n, ours[0].mean, ours[0].covariance).root  # noqa: B018

    of = f"{size:,} features"
    return {
        f"distance, {of}": (
            1,
            "s",
            {
                "ganlab": lambda: frechet_distance(*ours),
                "torchmetrics": compute,
                "torch-fidelity": lambda: torch_fidelity_fid(*statistics),
            },
        ),
        f"moments, {of}, per image": (
            1e-6 * len(fake),
            "µs",
            {
                "ganlab": lambda: gaussian(fake, batch),
                "torchmetrics": update,
                "torch-fidelity": lambda: fid_features_to_statistics(fake),
            },
        ),
        f"square root of the real covariance, {of}, once": (1, "s", {"ganlab": fresh_root}),
    }


def digits_cases(size: int, real: int, fake: int, batch: int) -> dict[str, tuple[float, str, Sides]]:
    """Unit, its name and the sides: what a validation on the embedded digits does; real images are known."""
    real, fake = features(real, size, 3), features(fake, size, 4, scale=0.98)
    logits = 3 * torch.randn(len(fake), 10, generator=torch.Generator().manual_seed(5))
    known, manifold = gaussian(real, batch), Manifold(real)
    frechet = {
        "ganlab": lambda: frechet_distance(known, gaussian(fake, batch)),
        "torchmetrics": lambda: float(torchmetrics_fid(real, fake, batch).compute()),
        "torch-fidelity": lambda: torch_fidelity_fid(*map(fid_features_to_statistics, (real, fake))),
    }

    def kernel(**options: int) -> Sides:
        return {
            "ganlab": lambda: kernel_distance(real, fake, **options)[0],
            "torchmetrics": lambda: torchmetrics_kid(real, fake, **options),
            "torch-fidelity": lambda: torch_fidelity_kid(real, fake, **options),
        }

    score = {
        "ganlab": lambda: inception_score(logits)[0],
        "torchmetrics": lambda: torchmetrics_is(logits),
        "torch-fidelity": lambda: isc_features_to_metric(logits)["inception_score_mean"],
    }
    prdc = {
        "ganlab": lambda: manifold.compare(fake).recall,
        "torch-fidelity": lambda: torch_fidelity_prc(real, fake),
    }

    def everything() -> None:
        frechet["ganlab"](), score["ganlab"](), prdc["ganlab"](), diversity_ratio(fake, real)
        kernel_distance(real, fake, subsets=10, subset_size=500)

    return {
        f"Fréchet distance, digits, {size} features": (1e-3, "ms", frechet),
        "kernel distance, digits, 10 subsets of 500": (1e-3, "ms", kernel(subsets=10, subset_size=500)),
        "kernel distance, digits, 100 subsets of 1,000": (1e-3, "ms", kernel(subsets=100, subset_size=1000)),
        "Inception score, digits": (1e-3, "ms", score),
        "precision and recall; ganlab: density and coverage too": (1e-3, "ms", prdc),
        "radii of the real images, once": (1e-3, "ms", {"ganlab": lambda: Manifold(real)}),
        "diversity": (1e-3, "ms", {"ganlab": lambda: diversity_ratio(fake, real)}),
        "all of these but 100 subsets and the radii": (1e-3, "ms", {"ganlab": everything}),
    }


def measure(sides: Sides, rounds: int) -> tuple[dict[str, float], dict[str, object]]:
    """Least seconds of each side, and what it said."""
    seconds, said = dict.fromkeys(sides, float("inf")), {}
    for _ in range(rounds):
        for name, work in sides.items():
            started = time.process_time()
            said[name] = work()
            seconds[name] = min(seconds[name], time.process_time() - started)
    return seconds, said


def row(what: str, unit: float, unit_name: str, sides: Sides, rounds: int) -> str:
    """One line of the table, with ratios of the others' times to ours."""
    seconds, said = measure(sides, rounds)
    cells = [f"{seconds['ganlab'] / unit:.4g} {unit_name}"]
    for name in ("torchmetrics", "torch-fidelity"):
        known = name in seconds
        ratio = seconds[name] / seconds["ganlab"] if known else 0
        cells.append(f"{seconds[name] / unit:.4g} {unit_name} (**{ratio:.1f}×**)" if known else "–")
    differences = [
        f"{abs(said[name] / said['ganlab'] - 1):.0e}" if isinstance(said.get(name), float) else "–"
        for name in ("torchmetrics", "torch-fidelity")
    ]
    return f"| {what} | {' | '.join(cells)} | {', '.join(differences)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", help="cases whose name contains this")
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore", category=UserWarning)
    torch.set_num_threads(arguments.threads)
    print(
        f"torch {torch.__version__}, torchmetrics {torchmetrics.__version__}, torch-fidelity "
        f"{torch_fidelity.__version__}, Python {platform.python_version()}, {arguments.threads} thread(s), least of "
        f"{arguments.rounds} rounds\n"
    )
    print("| what | ganlab | torchmetrics | torch-fidelity | relative difference |\n|---|---|---|---|---|")
    with threadpool_limits(arguments.threads):  # numpy has threads of its own
        for make, options in ((digits_cases, DIGITS), (inception_cases, INCEPTION)):
            for what, case in make(**options).items():
                if arguments.only in what:
                    print(row(what, *case, arguments.rounds), flush=True)


if __name__ == "__main__":
    main()
