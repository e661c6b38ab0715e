import pytest
import torch
from torch.nn.functional import interpolate

from ganlab.models.translation.tiles import at_any_size, in_tiles, reflected


def test_an_image_is_reflected_again_and_again_without_repeating_its_border():
    row = torch.tensor([1.0, 2, 3]).expand(1, 1, 1, 3)
    assert reflected(row, 1, 9).flatten().tolist() == [1, 2, 3, 2, 1, 2, 3, 2, 1]
    assert reflected(torch.full((1, 2, 1, 1), 7.0), 3, 4).unique().tolist() == [7]
    image = torch.randn(2, 3, 5, 7)
    assert torch.equal(reflected(image, 5, 7), image)
    expected = torch.nn.functional.pad(image, (0, 4, 0, 3), mode="reflect")
    assert torch.equal(reflected(image, 8, 11), expected)


@pytest.mark.parametrize(("size", "seen"), [((33, 20), (48, 32)), ((32, 32), (32, 32)), ((5, 80), (32, 80))])
def test_the_network_sees_multiples_of_its_stride_and_the_rest_is_cut_off(size, seen):
    shapes = []

    def double(image):
        shapes.append(image.shape[2:])
        return interpolate(image, scale_factor=2)

    image = torch.randn(1, 3, *size)
    made = at_any_size(double, image, stride=16, minimum=32, scale=2)
    assert torch.equal(made, interpolate(image, scale_factor=2))
    assert shapes == [seen]


@pytest.mark.parametrize(("size", "tile"), [((50, 37), 16), ((16, 16), 16), ((7, 40), 16), ((40, 9), 4)])
def test_tiles_of_a_network_that_sees_single_pixels_join_without_a_seam(size, tile):
    sizes = []

    def double(image):
        sizes.append(max(image.shape[2:]))
        return interpolate(2 * image, scale_factor=2)

    image = torch.randn(1, 2, *size)
    torch.testing.assert_close(
        in_tiles(double, image, tile=tile, scale=2), interpolate(2 * image, scale_factor=2)
    )
    assert max(sizes) <= tile


def test_tiles_overlap_and_their_middles_count_most():
    """Each tile says which it is: along a row the answer rises steadily from one to the next."""
    number = iter(range(100))
    made = in_tiles(lambda image: torch.full_like(image, next(number)), torch.zeros(1, 1, 8, 26), tile=8)
    row = made[0, 0, 0]
    assert row[0] == 0
    assert row[-1] == 3  # three gaps of 6 pixels
    assert (row.diff() >= 0).all()
    assert row.diff().max() < 1
