"""Losses over the scales of a discriminator, against sums by hand."""

import pytest
import torch

from ganlab.losses.adversarial import Hinge, LeastSquares
from ganlab.losses.scales import halves, matched_features, over_scales


def maps(seed: int) -> list[list[torch.Tensor]]:
    """Two scales of two feature maps and scores."""
    generator = torch.Generator().manual_seed(seed)

    def drawn(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=generator).requires_grad_()

    return [[drawn(2, 4, side, side), drawn(2, 8, side, side), drawn(2, 1, side, side)] for side in (6, 3)]


def test_each_patch_has_its_hinge_and_scales_are_added():
    real, fake = maps(0), maps(1)
    expected = sum(
        (1 - r[-1]).clamp_min(0).mean() + (1 + f[-1]).clamp_min(0).mean()
        for r, f in zip(real, fake, strict=True)
    )
    torch.testing.assert_close(over_scales(Hinge().discriminator, real, fake), expected)
    of_means = sum(
        (1 - r[-1].mean()).clamp_min(0) + (1 + f[-1].mean()).clamp_min(0)
        for r, f in zip(real, fake, strict=True)
    )
    assert (expected - of_means).abs() > 0.1, "patches that are averaged first would be another loss"
    squares = sum((f[-1] - 1).square().mean() / 2 for f in fake)
    torch.testing.assert_close(over_scales(LeastSquares().generator, fake), squares)


def test_features_are_matched_in_all_maps_but_the_scores_and_teach_the_fakes_alone():
    real, fake = maps(0), maps(1)
    value = matched_features(real, fake)
    expected = (
        sum(
            (f - r).abs().mean()
            for a, b in zip(real, fake, strict=True)
            for r, f in list(zip(a, b, strict=True))[:2]
        )
        / 2
    )
    torch.testing.assert_close(value, expected)
    value.backward()
    assert all(each.grad is None for scale in real for each in scale)
    assert [[each.grad is not None for each in scale] for scale in fake] == [[True, True, False]] * 2
    assert matched_features(real, real) == 0


def test_a_batch_of_both_falls_into_its_halves():
    both = [
        [torch.cat([a, b]) for a, b in zip(*scales, strict=True)]
        for scales in zip(maps(0), maps(1), strict=True)
    ]
    for half, expected in zip(halves(both), (maps(0), maps(1)), strict=True):
        assert all(
            torch.equal(a, b)
            for one, other in zip(half, expected, strict=True)
            for a, b in zip(one, other, strict=True)
        )


def test_scales_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="shorter"):
        over_scales(Hinge().discriminator, maps(0), maps(1)[:1])
