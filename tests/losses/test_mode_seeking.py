"""Mode seeking in closed form: what it is worth, and that it opens what has closed."""

import pytest
import torch

from ganlab.losses.mode_seeking import ModeSeeking, NoModeSeeking

Z = torch.tensor([[1.0, 0.0], [0.0, 2.0]])
OTHER = torch.tensor([[0.0, 1.0], [0.0, -2.0]])  # root mean squared distances 1 and sqrt 8


def test_it_is_the_distance_of_z_over_that_of_the_images():
    def draw(z):
        return z[:, :, None, None] * torch.tensor([0.5, 1.0])[:, None, None, None]

    terms = ModeSeeking(weight=0.3)(draw, Z, draw(Z), lambda: OTHER)
    assert terms["mode_seeking"].item() == pytest.approx(0.3 * (1 / 0.5 + 1) / 2, rel=1e-4)


def test_where_z_is_ignored_it_is_large_and_its_gradient_finite():
    weight = torch.zeros(2, requires_grad=True)

    def draw(z):
        return (z * weight)[:, :, None, None]

    (term,) = ModeSeeking(weight=1.0)(draw, Z, draw(Z), lambda: OTHER).values()
    term.backward()
    assert term > 1e4
    assert weight.grad.isfinite().all()
    with torch.no_grad():
        weight += 0.1  # images that differ cost less
    assert ModeSeeking(weight=1.0)(draw, Z, draw(Z), lambda: OTHER)["mode_seeking"] < 11


def test_without_it_nothing_is_drawn():
    assert NoModeSeeking()(pytest.fail, Z, Z, pytest.fail) == {}
