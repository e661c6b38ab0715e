"""Errors between images, and what codes and features of a batch have in common."""

import pytest
import torch
from omegaconf import OmegaConf

from ganlab.config import config_dir, instantiate
from ganlab.losses.similarity import (
    feature_matching,
    l1,
    l2,
    pulling_away,
    reconstruction_l1,
    weighted_l2,
)


def test_it_is_the_mean_and_not_the_sum_for_each_image():
    image = torch.zeros(2, 3, 28, 28)
    reconstruction = torch.stack([torch.full((3, 28, 28), 0.5), torch.full((3, 28, 28), -2.0)])
    assert reconstruction_l1(image, reconstruction).tolist() == [0.5, 2.0]
    assert reconstruction_l1(reconstruction, image).tolist() == [0.5, 2.0]


@pytest.mark.parametrize(("name", "value"), [("l1", 0.75), ("l1_sum", 6.0), ("l2", 0.625), ("l2_sum", 5.0)])
def test_each_distance_of_the_configuration_is_a_mean_or_a_sum_of_absolutes_or_squares(name, value):
    node = OmegaConf.load(config_dir() / "model" / "distance" / f"{name}.yaml")
    image = torch.tensor([0.5, -1.0]).repeat(2, 1, 2, 2)  # 8 pixels of which half are 0.5 and half are -1
    assert instantiate(node)(image, torch.zeros_like(image)).tolist() == [value, value]


def test_opposite_errors_do_not_cancel_and_both_arguments_get_a_gradient():
    image = torch.tensor([1.0, -1.0]).reshape(1, 1, 1, 2).requires_grad_()
    reconstruction = torch.zeros(1, 1, 1, 2, requires_grad=True)
    error = reconstruction_l1(image, reconstruction)
    assert error.tolist() == [1.0]
    error.sum().backward()
    assert image.grad.flatten().tolist() == [0.5, -0.5]  # the generator learns through the target
    assert reconstruction.grad.flatten().tolist() == [-0.5, 0.5]


def test_it_is_float32_for_bfloat16_images():
    image = torch.full((1, 1, 64, 64), 0.1).bfloat16()
    error = reconstruction_l1(image, torch.zeros(1, 1, 64, 64))
    assert error.dtype == torch.float32
    assert error.item() == pytest.approx(image[0, 0, 0, 0].item(), rel=1e-5)


@pytest.mark.parametrize("other", [(4, 3, 8, 8), (1, 1, 8, 8), (4, 1, 8, 1)])
def test_D10_shapes_that_would_broadcast_are_refused(other):
    with pytest.raises(ValueError, match="one shape"):
        reconstruction_l1(torch.zeros(4, 1, 8, 8), torch.zeros(other))


def test_pulling_away_is_0_for_orthogonal_codes_and_1_for_equal_ones():
    assert pulling_away(3 * torch.eye(5)).item() == 0  # a code is not compared with itself
    assert pulling_away(torch.tensor([2.0, -1.0]).repeat(6, 1)).item() == pytest.approx(1, abs=1e-6)


def test_pulling_away_is_the_mean_squared_cosine_whatever_the_lengths():
    codes = torch.tensor([[1.0, 0.0], [5.0, 5.0], [0.0, 0.1]])  # at 45, 90 and 45 degrees
    assert pulling_away(codes).item() == pytest.approx((0.5 + 0.5 + 0) / 3, abs=1e-6)
    torch.manual_seed(0)
    codes = torch.randn(7, 4, dtype=torch.float64)
    squares = [torch.cosine_similarity(a, b, dim=0) ** 2 for i, a in enumerate(codes) for b in codes[:i]]
    assert pulling_away(codes).item() == pytest.approx(sum(squares).item() / len(squares), rel=1e-12)


def test_pulling_away_has_its_square():
    """Without it, opposite codes would be better than orthogonal ones, and two pairs of them would cancel."""
    opposite = torch.tensor([[1.0, 0.0], [-1.0, 0.0]])
    assert pulling_away(opposite).item() == pytest.approx(1)
    codes = torch.tensor([[1.0, 0.0], [0.8, 0.6]], requires_grad=True)
    pulling_away(codes).backward()
    assert -codes.grad[1] @ torch.tensor([-0.6, 0.8]) > 0  # the step turns the second away from the first


def test_pulling_away_survives_zero_codes_and_bfloat16():
    codes = torch.zeros(3, 4, requires_grad=True)
    pulling_away(codes).backward()
    assert codes.grad.isfinite().all()
    assert pulling_away(torch.randn(3, 4).bfloat16()).dtype == torch.float32


@pytest.mark.parametrize("shape", [(1, 8), (4,), (4, 8, 1, 1)])
def test_pulling_away_refuses_what_has_no_pairs_of_codes(shape):
    with pytest.raises(ValueError, match="at least two samples"):
        pulling_away(torch.ones(shape))


def test_l1_and_l2_are_means_over_everything():
    image = torch.zeros(2, 3, 4, 4)
    other = torch.stack([torch.full((3, 4, 4), 0.5), torch.full((3, 4, 4), -2.0)])
    assert l1(image, other).item() == 1.25
    assert l2(image, other).item() == (0.25 + 4) / 2
    for loss in (l1, l2):
        with pytest.raises(ValueError, match="one shape"):
            loss(image, other[:, :1])


def test_pixels_of_weight_0_neither_count_nor_dilute():
    image, other = torch.zeros(1, 2, 2, 2), torch.tensor([[1.0, 3], [5, 7]]).expand(1, 2, 2, 2)
    weight = torch.tensor([[1.0, 10], [0, 0]]).expand(1, 1, 2, 2)
    assert weighted_l2(image, other, weight).item() == (1 * 1 + 10 * 9) / 2
    assert weighted_l2(image, other, torch.ones(1, 1, 2, 2)) == l2(image, other)
    assert weighted_l2(image, other, torch.zeros(1, 1, 2, 2)) == 0
    with pytest.raises(ValueError, match="one shape"):
        weighted_l2(image[:, :1], other, weight)


def test_features_match_where_their_means_over_the_batch_do():
    real = [torch.tensor([[1.0, 2], [3, 4]]), torch.tensor([[[5.0]], [[1.0]]])]
    swapped = [layer.flip(0) for layer in real]
    assert feature_matching(real, swapped) == 0
    fake = [torch.tensor([[1.0, 2], [3, 8]]), torch.tensor([[[5.0]], [[3.0]]])]
    assert feature_matching(real, fake).item() == (0 + 2**2) / 2 + 1**2
    with pytest.raises(ValueError, match="zip"):
        feature_matching(real, fake[:1])
