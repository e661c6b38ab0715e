"""The smooth kernel: bilinear inside, sums kept, one the transpose of the other."""

import torch
import torch.nn.functional as F

from ganlab.layers.resample import Blur, ReflectedDownsample, Smooth, SmoothDownsample, SmoothUpsample


def maps(size: int) -> torch.Tensor:
    return torch.randn(2, 3, size, size, generator=torch.Generator().manual_seed(0))


def test_upsampling_is_bilinear_away_from_the_border():
    doubled = SmoothUpsample()(maps(6))
    expected = F.interpolate(maps(6), scale_factor=2, mode="bilinear", align_corners=False)
    assert doubled.shape == (2, 3, 12, 12)
    torch.testing.assert_close(doubled[..., 1:-1, 1:-1], expected[..., 1:-1, 1:-1])
    # a corner has a neighbour of zeros on two sides: 3/4 of 3/4
    torch.testing.assert_close(doubled[..., 0, 0], maps(6)[..., 0, 0] * 9 / 16)


def test_downsampling_weighs_1_3_3_1_each_way():
    weights = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 8
    image = maps(8)
    expected = torch.einsum("bcij,i,j->bc", image[..., 1:5, 3:7], weights, weights)
    torch.testing.assert_close(SmoothDownsample()(image)[..., 1, 2], expected)


def test_a_constant_stays_one_away_from_the_border():
    ones = torch.ones(1, 2, 8, 8)
    for resample in (SmoothUpsample(), SmoothDownsample()):
        inner = resample(ones)[..., 1:-1, 1:-1]
        torch.testing.assert_close(inner, torch.ones_like(inner))


def test_upsampling_is_four_times_the_transpose_of_downsampling():
    small, large = maps(4), maps(8)
    up, down = (SmoothUpsample()(small) * large).sum(), (small * SmoothDownsample()(large)).sum()
    torch.testing.assert_close(up, 4 * down)


def test_smoothing_and_taking_each_second_pixel_is_downsampling():
    image = maps(8)
    torch.testing.assert_close(Smooth(padding=1)(image)[..., ::2, ::2], SmoothDownsample()(image))
    assert Smooth(padding=2, gain=4.0)(image).shape == (2, 3, 9, 9)


def test_channels_do_not_mix_and_nothing_is_saved_or_trained():
    image = torch.zeros(1, 3, 8, 8)
    image[:, 1] = 1
    for resample in (SmoothUpsample(), SmoothDownsample(), ReflectedDownsample()):
        result = resample(image)
        assert result[:, [0, 2]].abs().max() == 0
        assert resample.state_dict() == {}
        assert list(resample.parameters()) == []


def test_halving_with_reflected_borders_keeps_a_constant_and_forgets_the_highest_frequency():
    halve, image = ReflectedDownsample(), maps(7)
    assert halve(image).shape == (2, 3, 4, 4)
    torch.testing.assert_close(halve(torch.ones(1, 2, 8, 6)), torch.ones(1, 2, 4, 3))
    stripes = torch.tensor([1.0, -1.0]).repeat(4).expand(1, 1, 8, 8)
    assert halve(stripes).abs().max() == 0
    weights = torch.tensor([1.0, 2.0, 1.0]) / 4
    inside = torch.einsum("bcij,i,j->bc", image[..., 1:4, 3:6], weights, weights)
    torch.testing.assert_close(halve(image)[..., 1, 2], inside)


def test_blur_spreads_a_pixel_over_its_neighbours_and_loses_what_leaves_the_map():
    pixel = torch.zeros(1, 2, 5, 5)
    pixel[0, 1, 2, 2] = 16
    blurred = Blur()(pixel)
    assert blurred[0, 1, 1:4, 1:4].tolist() == [[1, 2, 1], [2, 4, 2], [1, 2, 1]]
    assert blurred.sum() == 16
    ones = Blur()(torch.ones(1, 1, 4, 4))[0, 0]
    assert (ones[0, 0], ones[0, 1], ones[1, 1]) == (9 / 16, 3 / 4, 1)
