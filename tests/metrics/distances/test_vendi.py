"""The Vendi score is the number of different images, in closed form and by the paper's own words."""

import pytest
import torch

from ganlab.metrics.distances.diversity import vendi_score
from tests.support.references import features


@pytest.mark.parametrize(("n", "size"), [(6, 10), (30, 10)])
def test_orthogonal_images_count_each_and_copies_once(n, size):
    kinds = torch.eye(size)[:3]
    assert vendi_score(kinds.repeat(n // 3, 1)) == pytest.approx(3)
    assert vendi_score(5 * kinds[:1].repeat(n, 1)) == pytest.approx(1)


def test_two_vectors_at_an_angle():
    # eigenvalues of [[1, c], [c, 1]] / 2 are (1 ± c) / 2
    found = vendi_score(torch.tensor([[1.0, 0.0], [0.6, 0.8]]))
    assert found == pytest.approx(0.8**-0.8 * 0.2**-0.2)


def test_gram_and_covariance_give_one_number():
    sample = features(40, 16, 3)
    unit = torch.nn.functional.normalize(sample.double())
    shares = torch.linalg.eigvalsh(unit @ unit.T / 40).clamp_min(0)
    assert vendi_score(sample) == pytest.approx(float(torch.special.entr(shares).sum().exp()))
