import pytest
import torch

from ganlab.models.translation.holes import around, fill_within_a_square, middle, square_around


def mask_of(height: int, width: int, rows: slice, columns: slice) -> torch.Tensor:
    mask = torch.zeros(1, 1, height, width)
    mask[..., rows, columns] = 1
    return mask


def test_the_middle_and_what_is_around_it_are_each_other_s_opposite():
    image = torch.randn(2, 3, 9, 8)
    part = middle(image, torch.zeros(2, 3, 4, 4))
    assert torch.equal(part, image[..., 2:6, 2:6])
    back = around(part, image)
    assert back.shape == image.shape
    assert torch.equal(middle(back, part), part)
    assert back.count_nonzero() == part.numel()


@pytest.mark.parametrize(
    ("hole", "expected"),
    [
        ((slice(8, 24), slice(8, 24)), (0, 0, 32)),  # as in training: the network's own middle
        ((slice(8, 10), slice(0, 1)), (-7, -15, 32)),
        ((slice(2, 22), slice(0, 50)), (-38, -25, 100)),
        ((slice(0, 17), slice(0, 17)), (-9, -9, 36)),
    ],
)
def test_the_hole_lies_in_the_middle_half_of_its_square(hole, expected):
    rows, columns = hole
    top, left, side = square_around(mask_of(64, 64, rows, columns), 32)
    assert (top, left, side) == expected
    assert side % 4 == 0
    for place, first in ((rows, top), (columns, left)):
        assert first + side // 4 <= place.start
        assert place.stop <= first + side * 3 // 4


@pytest.mark.parametrize(
    ("rows", "columns"),
    [
        (slice(10, 20), slice(30, 44)),
        (slice(0, 6), slice(54, 60)),
        (slice(5, 35), slice(2, 58)),
        (slice(0, 40), slice(0, 60)),
    ],
)
def test_a_hole_of_any_size_and_place_is_filled_and_the_rest_stays(rows, columns):
    ramp = (torch.arange(60) / 60).expand(1, 1, 40, 60)
    mask, seen = mask_of(40, 60, rows, columns), []

    def fill(image, hole):
        assert image.shape == hole.shape == (1, 1, 16, 16)
        assert not middle(1 - hole, torch.zeros(1, 1, 8, 8)).all()
        assert hole[..., :4, :].sum() == hole[..., -4:].sum() == 0, "nothing outside the middle half"
        seen.append(image)
        return torch.full_like(image, 5.0)

    filled = fill_within_a_square(fill, torch.where(mask > 0, -1.0, ramp), mask, 16)
    assert torch.equal(filled[mask == 0], ramp[mask == 0])
    torch.testing.assert_close(filled[mask > 0], torch.full((int(mask.sum()),), 5.0))
    assert len(seen) == 1


def test_what_is_made_comes_back_to_its_place():
    """The network marks the lower right quarter of the hole."""
    image, mask = torch.zeros(1, 1, 32, 48), mask_of(32, 48, slice(8, 16), slice(20, 28))

    def fill(seen, hole):
        made = torch.zeros_like(seen)
        made[..., 8:, 8:] = 1
        return made

    filled = fill_within_a_square(fill, image, mask, 16)
    assert torch.equal(filled, mask_of(32, 48, slice(12, 16), slice(24, 28)))
    empty = torch.zeros_like(mask)
    assert fill_within_a_square(fill, image, empty, 16) is image
