"""TensorFlow's 'same' against its definition, and its transposed form against the gradient that it is."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from ganlab.layers.tf_same import SameConv2d, SameConvTranspose2d, same_padding

# size, kernel, stride: padding before and after, from TensorFlow's rule
RULE = {
    (28, 3, 2): (0, 1),
    (14, 3, 2): (0, 1),
    (28, 5, 2): (1, 2),
    (14, 5, 2): (1, 2),
    (7, 5, 2): (2, 2),
    (7, 3, 2): (1, 1),
    (28, 4, 2): (1, 1),
    (28, 3, 1): (1, 1),
    (28, 1, 2): (0, 0),
}


@pytest.mark.parametrize(("case", "expected"), RULE.items())
def test_same_padding(case, expected):
    assert same_padding(*case) == expected


@pytest.mark.parametrize("size", [7, 8])
@pytest.mark.parametrize("kernel", [3, 4, 5])
def test_same_convolution_is_its_definition(size, kernel):
    """out[i, j] = sum of weight[a, b] * image[2 i + a - before, 2 j + b - before], written out as loops."""
    torch.manual_seed(0)
    conv = SameConv2d(1, 1, kernel, stride=2).double()
    image = torch.randn(1, 1, size, size, dtype=torch.float64)
    before, _ = same_padding(size, kernel, 2)
    steps = -(-size // 2)
    expected = torch.full((steps, steps), conv.bias.item(), dtype=torch.float64)
    for i in range(steps):
        for j in range(steps):
            for a in range(kernel):
                for b in range(kernel):
                    y, x = 2 * i + a - before, 2 * j + b - before
                    if 0 <= y < size and 0 <= x < size:
                        expected[i, j] += (conv.weight[0, 0, a, b] * image[0, 0, y, x]).item()
    torch.testing.assert_close(conv(image)[0, 0], expected)


def test_same_convolution_of_stride_1_is_pytorchs_own():
    conv, images = SameConv2d(2, 3, 5), torch.randn(2, 2, 6, 9)
    torch.testing.assert_close(conv(images), F.conv2d(images, conv.weight, conv.bias, padding="same"))


@pytest.mark.parametrize("kernel", [3, 4, 5])
def test_same_transposed_convolution_is_the_gradient_of_the_same_convolution(kernel):
    torch.manual_seed(0)
    down, up = SameConv2d(2, 3, kernel, stride=2), SameConvTranspose2d(3, 2, kernel, stride=2)
    nn.init.zeros_(up.bias)
    up.weight = down.weight
    images = torch.randn(2, 2, 14, 10, requires_grad=True)
    small = torch.randn(2, 3, 7, 5)
    (gradient,) = torch.autograd.grad(down(images), images, small)
    torch.testing.assert_close(up(small), gradient)


@pytest.mark.parametrize(("kernel", "padding"), [(3, 1), (5, 2)])
def test_pytorchs_symmetric_form_has_the_shape_but_is_shifted_by_one_pixel(kernel, padding):
    """The negative control: the usual substitute is not the same function."""
    same = SameConvTranspose2d(1, 1, kernel, stride=2)
    usual = nn.ConvTranspose2d(1, 1, kernel, stride=2, padding=padding, output_padding=1)
    usual.load_state_dict(same.state_dict())
    images = torch.randn(1, 1, 6, 6)
    assert same(images).shape == usual(images).shape == (1, 1, 12, 12)
    assert not torch.allclose(same(images), usual(images), atol=1e-2)
    torch.testing.assert_close(same(images)[..., 1:, 1:], usual(images)[..., :-1, :-1])
