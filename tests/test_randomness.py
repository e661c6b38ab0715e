import torch

from ganlab.randomness import Draws, derive


def test_derive_is_stable_across_processes_and_versions():
    assert derive(0, "perm", 3) == 2441891715273959335
    assert derive(0, "perm", 3) != derive(0, "perm", 4) != derive(1, "perm", 4)
    assert derive(1, 2) != derive(12), "parts are kept apart"
    assert all(0 <= derive(0, n) < 2**63 for n in range(100))


def test_draws_depend_on_seed_and_parts_alone():
    first = Draws(1, "step", 5).normal(3, 2)
    other = Draws(1)
    other.uniform(100)
    other.reseed("step", 5)
    assert torch.equal(other.normal(3, 2), first)
    assert not torch.equal(Draws(1, "step", 6).normal(3, 2), first)


def test_ranges():
    draws = Draws(0)
    uniform = draws.uniform(10_000, low=-1.0, high=3.0)
    assert uniform.min() >= -1
    assert uniform.max() < 3
    assert abs(uniform.mean() - 1) < 0.05
    integers = draws.integers(1000, 7)
    assert set(integers.tolist()) == set(range(7))


def test_places_are_distinct_and_the_same_on_all_ranks():
    chosen = [Draws(9, rank=rank, world=3).places(5, 40).tolist() for rank in range(3)]
    assert chosen[0] == chosen[1] == chosen[2]
    assert len(set(chosen[0])) == 5
    assert sorted(Draws(9).places(50, 7).tolist()) == list(range(7))


def test_ranks_share_one_batch():
    for kind in ("normal", "uniform"):
        whole = getattr(Draws(9), kind)(6, 4)
        parts = [getattr(Draws(9, rank=rank, world=3), kind)(2, 4) for rank in range(3)]
        assert torch.equal(torch.cat(parts), whole)
