"""The order of samples is a pure function of the step."""

import pytest
import torch

from ganlab.data.order import IndexStream
from ganlab.errors import UserError
from ganlab.randomness import derive


def stream(length=17, batch_size=5, seed=3, rank=0, world=1) -> IndexStream:
    return IndexStream(length=length, batch_size=batch_size, seed=seed, rank=rank, world=world)


def test_position_g_is_the_permutation_of_its_epoch():
    length, seed = 17, 3
    for step in range(12):
        for position, index in zip(stream().positions(step), stream().indices(step).tolist(), strict=True):
            generator = torch.Generator().manual_seed(derive(seed, "perm", position // length))
            assert index == torch.randperm(length, generator=generator)[position % length]


def test_D13_batches_are_full_and_every_epoch_holds_each_sample_once_and_is_shuffled_anew():
    order = stream(length=17, batch_size=5)
    batches = [order.indices(step) for step in range(17)]
    assert {len(batch) for batch in batches} == {5}  # 17 is no multiple of 5, and no batch is left over
    row = torch.cat(batches)  # 85 positions: 5 epochs
    epochs = row.view(5, 17)
    assert torch.equal(epochs.sort(1).values, torch.arange(17).expand(5, 17))
    assert len({tuple(epoch.tolist()) for epoch in epochs}) == 5


def test_indices_do_not_depend_on_what_was_asked_before():
    forward = [stream().indices(step) for step in range(40)]
    used = stream()
    for step in (39, 0, 17, 3, 4, 3, 38, 39, 12):
        assert torch.equal(used.indices(step), forward[step])
    assert not torch.equal(stream(seed=4).indices(0), forward[0])


def test_P3_two_ranks_are_disjoint_and_together_one_process_at_twice_the_batch():
    whole = stream(batch_size=8)
    halves = [stream(batch_size=4, rank=rank, world=2) for rank in (0, 1)]
    for step in range(20):
        parts = [half.indices(step) for half in halves]
        assert torch.equal(torch.cat(parts), whole.indices(step))
    positions = [set(half.positions(step)) for half in halves for step in range(20)]
    assert len(set.union(*positions)) == sum(map(len, positions)) == 160


@pytest.mark.parametrize(
    ("length", "batch_size", "world", "remedy"),
    [(0, 1, 1, "0 images"), (7, 8, 1, "data.batch_size=7"), (15, 8, 2, "data.batch_size=7")],
)
def test_D2_less_than_one_batch_is_refused(length, batch_size, world, remedy):
    with pytest.raises(UserError, match=remedy) as error:
        stream(length=length, batch_size=batch_size, world=world)
    assert "0 batches per epoch" in str(error.value)


def test_D2_exactly_one_batch_is_enough():
    order = stream(length=16, batch_size=8, world=2)
    assert sorted(
        torch.cat([order.indices(0), stream(length=16, batch_size=8, rank=1, world=2).indices(0)])
    ) == list(range(16))


def test_batches_of_changing_size_follow_each_other_in_the_same_row():
    """Three batches of 6 over two ranks, then batches of 4."""

    def batch_at(step: int) -> tuple[int, int]:
        return (6 * step, 3) if step < 3 else (18 + 4 * (step - 3), 2)

    halves = [
        IndexStream(length=17, batch_size=3, seed=3, rank=rank, world=2, batch_at=batch_at) for rank in (0, 1)
    ]
    row = torch.cat([half.indices(step) for step in range(10) for half in halves])
    assert torch.equal(row, torch.cat([stream(batch_size=1).indices(g) for g in range(18 + 4 * 7)]))
    assert halves[1].side_at(5) == float("inf"), "whole images, unless told otherwise"


def test_a_limited_order_draws_the_same_few_samples_for_every_seed_all_of_them_each_epoch():
    def limited(**options) -> IndexStream:
        return IndexStream(**{"length": 17, "batch_size": 3, "seed": 3, "limit": 6} | options)

    def drawn(order: IndexStream, steps=range(2)) -> list[int]:
        return torch.cat([order.indices(step) for step in steps]).tolist()

    few = set(drawn(limited()))
    assert len(few) == 6
    assert few == set(drawn(limited(seed=8))) == set(drawn(limited(), range(2, 4)))
    assert drawn(limited()) != drawn(limited(seed=8))
    assert few < set(drawn(limited(limit=9), range(3))), "a larger limit keeps what a smaller one has"
    assert drawn(limited(limit=40), range(5)) != drawn(limited(limit=None), range(5))
    assert set(drawn(limited(limit=40), range(6))) == set(range(17))
    with pytest.raises(UserError, match=r"more than the 2 training images: .* try data.batch_size=2"):
        limited(limit=2)
