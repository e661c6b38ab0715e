"""DRAGAN's penalty on critics whose gradient is known."""

import pytest
import torch

from ganlab.losses.dragan import DRAGAN
from ganlab.randomness import Draws


def test_a_linear_critic_pays_for_its_norm_and_images_near_the_real_ones_are_asked():
    torch.manual_seed(0)
    real, direction = 2 * torch.randn(64, 1, 4, 4), torch.randn(1, 4, 4)
    asked = []

    def score(images):
        asked.append(images.detach())
        return (images * direction).sum((1, 2, 3))

    terms = DRAGAN(weight=10.0)(score, real, real + 100, draws=Draws(0), step=1)
    assert terms["dragan"].item() == pytest.approx(10 * (float(direction.norm()) - 1) ** 2, rel=1e-4)
    moved = asked[0] - real
    assert moved.min() >= 0
    assert moved.max() <= 0.5 * real.std()
    assert float(moved.mean()) == pytest.approx(0.5 * float(real.std()) / 4, rel=0.1)  # two uniform numbers
