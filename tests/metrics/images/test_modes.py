"""Mode coverage: the protocol's own definitions, on points and pictures whose modes are known."""

import logging
import math

import pytest
import torch

from ganlab.data.points import Grid, Moons, Ring
from ganlab.errors import UserError
from ganlab.metrics.images.energy import EnergyDistance, energy_distance
from ganlab.metrics.images.modes import ModeCoverage, StackedModes, kl_from_uniform, mode_counts
from ganlab.metrics.ranks import Ranks
from ganlab.pixels import from_uint8
from ganlab.types import Features


class Made:
    """A model whose samples are given; ``samples`` shares them out as a LatentGAN does."""

    def __init__(self, samples: torch.Tensor) -> None:
        self.made = samples

    def samples(self, n, *, seed, averaged, batch_size, rank=0, world=1):
        return iter(self.made[:n][rank::world].split(batch_size))

    def sampled_from(self, averaged):
        return "averaged weights" if averaged else "weights in training"


def scored(data, points, **options) -> dict[str, float]:
    metric = ModeCoverage(n_fake=len(points), **options)
    metric.prepare(data.dataset("train"), data.dataset("test"), torch.device("cpu"))
    return {name: score.value for name, score in metric.evaluate(Made(points)).items()}


def test_counts_are_of_points_within_the_radius_of_their_nearest_mean():
    means = torch.tensor([[0.0, 0.0], [1.0, 0.0]])
    points = torch.tensor([[0.1, 0.0], [0.0, -0.3], [0.0, 0.31], [0.9, 0.0], [0.5, 5.0]])
    assert mode_counts(points, means, 0.3001).tolist() == [2, 1]


@pytest.mark.parametrize(
    ("counts", "expected"),
    [([5, 5, 5, 5], 0.0), ([7, 0, 0, 0], math.log(4)), ([1, 1, 0, 0], math.log(2)), ([0, 0, 0], None)],
)
def test_kl_from_equal_shares(counts, expected):
    kl = kl_from_uniform(torch.tensor(counts))
    assert kl is None if expected is None else kl == pytest.approx(expected, abs=1e-12)


def test_kl_is_that_of_scipy():
    from scipy.stats import entropy

    counts = torch.tensor([3, 9, 1, 7])
    assert kl_from_uniform(counts) == pytest.approx(entropy(counts / 20, [0.25] * 4))


@pytest.mark.parametrize(("data", "modes"), [(Ring(), 8), (Grid(), 25)])
def test_real_points_hold_every_mode_and_are_the_floor(data, modes):
    metric = ModeCoverage()
    metric.prepare(data.dataset("train"), data.dataset("test"), torch.device("cpu"))
    scores = metric.evaluate(Made(data.dataset("train").points))
    assert (scores["modes"].value, scores["modes"].floor) == (modes, modes)
    assert scores["hq"].value == pytest.approx(1 - math.exp(-4.5), abs=0.01)
    assert scores["mode_kl"].value < 0.01
    assert scores["mode_kl"].floor < 0.01
    protocol = scores["hq"].protocol
    assert protocol["n_fake"] == protocol["floor_n"] == 2500
    assert protocol["measured"].startswith(f"{modes} means, high quality within 3 x ")
    assert protocol["sampled_from"] == "averaged weights"


def test_a_collapsed_generator_an_even_one_of_low_quality_and_one_that_is_lost():
    ring = Ring()
    one_mode = ring.means[2].repeat(100, 1)
    assert scored(ring, one_mode) == {"mode_kl": pytest.approx(math.log(8)), "modes": 1, "hq": 1.0}
    rough = torch.cat([ring.means + 0.029, ring.means + torch.tensor([0.0, 0.031])])  # 0.041 and 0.031 away
    assert scored(ring, rough) == {"mode_kl": None, "modes": 0, "hq": 0.0}
    assert scored(ring, rough, sigmas=3.2) == {"mode_kl": pytest.approx(0), "modes": 8, "hq": 0.5}
    half = torch.cat([ring.means[:4], ring.means[:4] + 9])
    assert scored(ring, half) == {"mode_kl": pytest.approx(math.log(2)), "modes": 4, "hq": 0.5}


def test_points_that_are_not_finite_give_no_scores(caplog):
    points = Ring().dataset("train").points.clone()
    points[3, 0] = math.nan
    with caplog.at_level(logging.WARNING, "ganlab"):
        assert set(scored(Ring(), points).values()) == {None}
    assert "1 of 2500 generated samples are not finite" in caplog.text


def test_two_processes_count_what_one_does():
    grid = Grid()
    points = grid.dataset("train").points[:301] * 1.02
    alone = scored(grid, points, batch_size=40)
    other = points[1::2]

    def gather(value):  # the second process has no broken points, and 150 rows where the first has 151
        theirs = torch.zeros_like(value)
        if value.ndim:
            theirs[: len(other)] = other
        return torch.stack([value, theirs])

    metric = ModeCoverage(n_fake=301, batch_size=40)
    metric.prepare(grid.dataset("train"), grid.dataset("test"), torch.device("cpu"))
    scores = metric.evaluate(Made(points), Ranks(0, 2, gather))
    assert {name: score.value for name, score in scores.items()} == alone


def test_data_without_modes_is_named():
    with pytest.raises(UserError, match="this data has none; choose data=ring, data=grid or metrics=energy"):
        scored(Moons(), torch.zeros(10, 2))
    with pytest.raises(UserError, match="n_fake=0"):
        ModeCoverage(n_fake=0)
    with pytest.raises(UserError, match="sigmas=-1"):
        ModeCoverage(sigmas=-1)


def test_energy_distance_is_that_of_a_shift_and_of_scipy_on_a_line():
    from scipy.stats import energy_distance as on_a_line

    one = torch.randn(400, 1, generator=torch.Generator().manual_seed(0))
    other = one[:300] * 2 + 1
    biased = on_a_line(one[:, 0].numpy(), other[:, 0].numpy()) ** 2  # counts a point's distance 0 from itself
    within = sum(torch.pdist(x.double()).mean().item() / len(x) for x in (one, other))
    assert energy_distance(one, other) == pytest.approx(biased - within, rel=1e-6)
    far = torch.zeros(50, 2) + torch.tensor([3.0, 4.0])
    assert energy_distance(torch.zeros(50, 2), far) == pytest.approx(10)


def test_the_energy_score_has_a_floor_near_zero():
    data = Moons()
    metric = EnergyDistance()
    metric.prepare(data.dataset("train"), data.dataset("test"), torch.device("cpu"))
    score = metric.evaluate(Made(data.dataset("train").points + 1))["energy"]
    assert abs(score.floor) < 0.01
    assert score.value > 0.5
    assert score.better == "lower"


class ByBrightness:
    """Reads a digit from the mean of a grey picture: 25 d."""

    name, suffix, size, classes = "brightness", "_brightness", 1, tuple("0123456789")
    weights, resize = "ab" * 32, "none"

    def prepare(self) -> None:
        pass

    def to(self, device):
        return self

    def __call__(self, images):
        assert images.dtype == torch.uint8
        assert images.shape[1] == 1
        mean = images.float().mean((1, 2, 3))[:, None] / 25
        return Features(mean, -(mean - torch.arange(10)).abs())


class Numbers:
    """Pictures whose channels are as bright as the digits of these numbers."""

    def __init__(self, numbers):
        self.numbers = torch.tensor(list(numbers))

    def __len__(self):
        return len(self.numbers)

    def images(self, indices):
        n = self.numbers[indices]
        digits = torch.stack((n // 100, n // 10 % 10, n % 10), 1)
        return (25 * digits).to(torch.uint8)[:, :, None, None].expand(-1, 3, 4, 4)


def stacked(made, real=range(1000), n_fake=2000):
    metric = StackedModes(extractor=ByBrightness(), n_fake=n_fake, batch_size=64)
    real = Numbers(real)
    metric.prepare(real, real, torch.device("cpu"))
    pictures = from_uint8(Numbers(made).images(torch.arange(len(Numbers(made)))))
    return metric.evaluate(Made(pictures))


def test_stacked_digits_are_read_channel_by_channel():
    scores = stacked([7, 123, 7, 987], n_fake=4)
    assert scores["modes_brightness"].value == 3
    shares = torch.tensor([0.5, 0.25, 0.25])
    expected = math.log(1000) + float((shares * shares.log()).sum())
    assert scores["mode_kl_brightness"].value == pytest.approx(expected)
    assert scores["modes_brightness"].floor == 4, "as many held-out pictures as generated ones"
    assert (
        "1000 modes read by the classifier of brightness" in scores["modes_brightness"].protocol["measured"]
    )


def test_all_thousand_modes():
    scores = stacked([*range(1000), *range(1000)])
    assert scores["modes_brightness"].value == scores["modes_brightness"].floor == 1000
    assert scores["mode_kl_brightness"].value == pytest.approx(0, abs=1e-9)


def test_stacked_digits_need_three_channels_and_ten_classes():
    class Grey(Numbers):
        def images(self, indices):
            return super().images(indices)[:, :1]

    metric = StackedModes(extractor=ByBrightness(), n_fake=10)
    with pytest.raises(UserError, match="these pictures have 1; use data=stacked_mnist"):
        metric.prepare(Grey([1]), Grey([1]), torch.device("cpu"))
    letters = ByBrightness()
    letters.classes = tuple("abc")
    with pytest.raises(UserError, match="brightness tells 3 classes apart"):
        StackedModes(extractor=letters)
