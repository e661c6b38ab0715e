"""Layers that compare samples: values in closed form, and what permutations do."""

import pytest
import torch

from ganlab.errors import UserError
from ganlab.layers.minibatch import MinibatchDiscrimination, MinibatchStdDev


@pytest.fixture(autouse=True)
def _seeded():
    torch.manual_seed(0)


def test_discrimination_is_0_far_from_all_and_counts_copies():
    layer = MinibatchDiscrimination(features=4, kernels=3, dimensions=2)
    far = 1000 * torch.randn(5, 4)
    assert (layer(far)[:, 4:] == 0).all()  # a sample is not compared with itself
    same = torch.randn(1, 4).repeat(5, 1)
    assert (layer(same)[:, 4:] == 4).all()  # the others
    mixed = torch.cat([far[:1], same])
    assert layer(mixed)[:, 4:].mean(1).tolist() == [0, 4, 4, 4, 4, 4]


def test_discrimination_is_the_papers_sum_without_its_own_term():
    layer, f = MinibatchDiscrimination(features=4, kernels=3, dimensions=2), torch.randn(5, 4)
    m = (f @ layer.projection).reshape(5, 3, 2)
    expected = torch.zeros(5, 3)
    for i in range(5):
        for b in range(3):
            c = [(-(m[i, b] - m[j, b]).abs().sum()).exp() for j in range(5)]
            expected[i, b] = sum(c) - c[i]
            assert c[i] == 1  # what the paper's sum has more
    out = layer(f)
    assert out.shape == (5, layer.out_features) == (5, 7)
    assert torch.equal(out[:, :4], f)
    torch.testing.assert_close(out[:, 4:], expected)


@pytest.mark.parametrize("layer", [MinibatchDiscrimination(features=4), MinibatchStdDev(group=6)])
def test_a_permuted_batch_gives_the_permuted_answer(layer):
    batch = torch.randn(6, 4) if isinstance(layer, MinibatchDiscrimination) else torch.randn(6, 4, 3, 3)
    order = torch.randperm(6)
    torch.testing.assert_close(layer(batch[order]), layer(batch)[order])


def test_discrimination_learns_and_tells_the_generator_to_spread():
    layer = MinibatchDiscrimination(features=4)
    features = torch.randn(6, 4, requires_grad=True)
    layer(features)[:, 4:].sum().backward()
    assert layer.projection.grad.abs().sum() > 0
    assert features.grad.abs().sum() > 0
    assert layer.bfloat16()(features.bfloat16()).dtype == torch.bfloat16


def strided(maps: torch.Tensor, group: int) -> torch.Tensor:
    """Sample i belongs to group i mod M: one plain loop."""
    groups = len(maps) // group
    extra = torch.zeros(len(maps))
    for m in range(groups):
        members = [i for i in range(len(maps)) if i % groups == m]
        of_pixels = (maps[members].var(0, correction=0) + 1e-8).sqrt()
        extra[members] = of_pixels.mean()
    return extra


@pytest.mark.parametrize(("batch", "group"), [(8, 4), (12, 4), (12, 3), (4, 4), (6, 2)])
def test_deviation_is_of_strided_groups(batch, group):
    maps = torch.randn(batch, 3, 4, 5) * torch.arange(1, batch + 1).reshape(-1, 1, 1, 1)
    out = MinibatchStdDev(group=group)(maps)
    assert out.shape == (batch, 4, 4, 5)
    assert torch.equal(out[:, :3], maps)
    extra = out[:, 3]
    assert (extra == extra[:, :1, :1]).all()  # one number for each sample
    torch.testing.assert_close(extra[:, 0, 0], strided(maps, group))


def test_groups_are_not_of_neighbours():
    maps = torch.zeros(8, 1, 2, 2)
    maps[4:] = 1  # neighbours 0..3 and 4..7 are equal; 0, 2, 4, 6 are not
    assert MinibatchStdDev(group=4)(maps)[:, 1].flatten().tolist() == pytest.approx([0.5] * 32, abs=1e-6)


def test_a_small_batch_is_one_group_and_equal_samples_give_no_nan():
    layer = MinibatchStdDev(group=4)
    pair = torch.ones(2, 3, 4, 4, requires_grad=True)
    out = layer(pair)
    assert out[:, 3].flatten().tolist() == pytest.approx([1e-4] * 32)  # sqrt(1e-8)
    out.sum().backward()
    assert pair.grad.isfinite().all()


def test_a_batch_that_does_not_split_is_refused():
    with pytest.raises(UserError, match=r"batch of 10 .* groups of 4 .*try data\.batch_size=12"):
        MinibatchStdDev(group=4)(torch.zeros(10, 3, 4, 4))
    with pytest.raises(UserError, match=r"group=1: .*try group=4"):
        MinibatchStdDev(group=1)
