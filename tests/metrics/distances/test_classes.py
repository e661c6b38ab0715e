"""Shares of classes, which are present, and how far apart they are."""

import pytest
import torch

from ganlab.metrics.distances.classes import class_shares, classes_present, total_variation


def shares(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


def test_shares_count_the_most_likely_class():
    logits = torch.tensor([[5.0, 1, 0, 0], [0, 9, 1, 0], [0, 2, 1, 0], [0, 0, 0, -1]])
    assert torch.equal(class_shares(logits), shares(0.5, 0.5, 0, 0))
    assert class_shares(logits).dtype == torch.float64


def test_a_class_is_present_from_a_tenth_of_its_real_share():
    real = shares(0.3, 0.3, 0.2, 0.2, 0.0)
    assert classes_present(real, real) == 4
    # 0.03 of 0.3 is enough, 0.01 of 0.2 is not
    assert classes_present(shares(0.96, 0.03, 0.01, 0.0, 0.0), real) == 2
    assert classes_present(shares(0, 0, 0, 0, 1), real) == 0  # a class that no real image has is none


def test_exactly_a_tenth_is_enough_however_it_is_rounded():
    for n in range(1, 100):
        for count in range(1, 11):
            real = shares(10 * count / (10 * n + 10 * count), 10 * n / (10 * n + 10 * count))
            fake = shares(count / (10 * n + 10 * count), 1 - count / (10 * n + 10 * count))
            assert classes_present(fake, real) == 2


def test_a_collapse_is_one_class():
    real = torch.full((10,), 0.1, dtype=torch.float64)
    collapsed = class_shares(torch.eye(10)[3].repeat(50, 1))
    assert classes_present(collapsed, real) == 1
    assert total_variation(collapsed, real) == pytest.approx(0.9)


def test_total_variation_runs_from_equal_to_nothing_in_common():
    assert total_variation(shares(0.2, 0.8), shares(0.2, 0.8)) == 0
    assert total_variation(shares(1, 0), shares(0, 1)) == 1
    assert total_variation(shares(0.5, 0.3, 0.2), shares(0.3, 0.3, 0.4)) == pytest.approx(0.2)


def test_what_is_no_distribution_is_an_error():
    with pytest.raises(ValueError, match="2 classes against 3 real ones"):
        total_variation(shares(0.5, 0.5), shares(0.2, 0.2, 0.6))
    with pytest.raises(ValueError, match="sum to 30"):
        classes_present(shares(10, 20), shares(0.5, 0.5))


def test_N10_rows_that_are_not_finite_are_counted():
    with pytest.raises(ValueError, match="2 of 3 rows of logits are not finite"):
        class_shares(torch.tensor([[1.0, 2], [torch.nan, 0], [0, -torch.inf]]))
