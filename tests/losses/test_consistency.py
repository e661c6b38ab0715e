"""Consistency of scores, where it is known what moving an image does to them."""

import pytest
import torch

from ganlab.losses.consistency import Consistency, moved
from ganlab.randomness import Draws
from tests.support.draws import Middle


def brightness(images):
    return images.mean((1, 2, 3))


def test_a_score_that_moving_does_not_change_costs_nothing():
    images = torch.rand(4, 1, 1, 1).expand(4, 1, 8, 8)
    terms = Consistency(fake_weight=10.0)(brightness, images, images, draws=Draws(0), step=1)
    assert terms.keys() == {"consistency_real", "consistency_fake"}
    assert all(value.item() == pytest.approx(0, abs=1e-10) for value in terms.values())


def test_a_linear_score_pays_the_square_of_its_change_and_both_scores_learn():
    torch.manual_seed(0)
    real = torch.randn(4, 1, 8, 8, dtype=torch.float64)
    weight = torch.randn(1, 8, 8, dtype=torch.float64, requires_grad=True)

    def score(images):
        return (images * weight).sum((1, 2, 3))

    terms = Consistency(real_weight=10.0)(score, real, real, draws=Draws(3), step=1)
    change = real - moved(real, Draws(3))
    expected = 10 * (change * weight).sum((1, 2, 3)).square().mean()
    torch.testing.assert_close(terms, {"consistency_real": expected})
    (gradient,) = torch.autograd.grad(terms["consistency_real"], weight)
    scores = (change * weight).sum((1, 2, 3))
    torch.testing.assert_close(gradient, 20 * (scores[:, None, None, None] * change).mean(0))


def test_images_are_mirrored_and_shifted_by_an_eighth_at_most():
    images = torch.arange(256.0).view(1, 1, 16, 16).expand(200, 1, 16, 16)
    inner = moved(images, Draws(0))[:, 0, 8, 8]
    rows, columns = inner // 16, inner % 16
    assert rows.unique().tolist() == [6, 7, 8, 9, 10]
    assert columns.unique().tolist() == [5, 6, 7, 8, 9, 10]  # 8 +- 2, or of the mirrored image 7 +- 2
    assert torch.equal(moved(images, Middle(0)), images.flip(3))  # no shift
