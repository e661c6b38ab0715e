"""What every distance does with its samples: checks, distances without rounding, float64 whatever the context."""

import pytest
import torch

from ganlab.metrics.distances.diversity import diversity_ratio
from ganlab.metrics.distances.frechet import Moments, frechet_distance
from ganlab.metrics.distances.inception_score import inception_score
from ganlab.metrics.distances.inputs import check_finite, squared_distances
from ganlab.metrics.distances.kernel import kernel_distance
from ganlab.metrics.distances.manifold import Manifold
from tests.support.references import features


def frechet(real, fake) -> float:
    gaussians = []
    for samples in (real, fake):
        moments = Moments(samples.shape[1])
        moments.update(samples)
        gaussians.append(moments.gaussian())
    return frechet_distance(*gaussians)


DISTANCES = {
    "frechet": frechet,
    "kernel": lambda real, fake: kernel_distance(real, fake, subsets=3, subset_size=50),
    "inception_score": lambda real, fake: inception_score(fake),
    "manifold": lambda real, fake: Manifold(real).compare(fake),
    "diversity": lambda real, fake: diversity_ratio(fake, real),
}


@pytest.mark.parametrize("distance", DISTANCES.values(), ids=DISTANCES)
def test_nothing_around_a_distance_changes_it(distance):
    real, fake = features(200, 16, 1), features(150, 16, 2, scale=1.2)
    expected = distance(real, fake)
    with torch.autocast("cpu", torch.bfloat16), torch.inference_mode():
        assert distance(real, fake) == expected
    torch.manual_seed(3)
    state = torch.get_rng_state()
    assert distance(real.requires_grad_(), fake.requires_grad_()) == expected
    assert torch.equal(torch.get_rng_state(), state)  # training draws what it would have drawn


@pytest.mark.parametrize("distance", DISTANCES.values(), ids=DISTANCES)
def test_a_distance_leaves_its_samples_as_they_are(distance):
    real, fake = features(200, 16, 1).double(), features(150, 16, 2).double()
    before = real.clone(), fake.clone()
    distance(real, fake)
    assert torch.equal(real, before[0])
    assert torch.equal(fake, before[1])


def test_squared_distances_are_exact_to_rounding_and_zero_for_copies():
    one, other = features(60, 512, 3).double(), features(50, 512, 4).double()
    other[7] = one[5]
    expected = torch.cdist(one, other, compute_mode="donot_use_mm_for_euclid_dist").square()
    found = squared_distances(one, other)
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-10)
    assert found[5, 7] == 0


def test_samples_are_rows():
    with pytest.raises(ValueError, match=r"features of shape \(2, 3, 4\): expected \(n, d\)"):
        check_finite(torch.zeros(2, 3, 4), "features")
