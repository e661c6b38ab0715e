"""Networks that know pixels in [0, 1], among images in [-1, 1]."""

import torch

from ganlab.layers.pixel_range import Sigmoid, ToUnit


def test_a_sigmoid_of_pixels_survives_the_way_through_the_contract():
    values = torch.linspace(-30, 30, 101, dtype=torch.float64, requires_grad=True)
    images = Sigmoid()(values)
    assert -1 <= images.min() < -0.999 < 0.999 < images.max() <= 1
    pixels = ToUnit()(images)
    torch.testing.assert_close(pixels, values.sigmoid(), atol=1e-15, rtol=0)
    (gradient,) = torch.autograd.grad(pixels.sum(), values)
    torch.testing.assert_close(gradient, values.sigmoid() * (1 - values.sigmoid()))


def test_black_and_white_become_0_and_1():
    assert ToUnit()(torch.tensor([-1.0, 0.0, 1.0])).tolist() == [0, 0.5, 1]
