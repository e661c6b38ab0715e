"""The pool of earlier fakes against a plain loop."""

import pytest
import torch
from torch import Tensor

from ganlab.errors import UserError
from ganlab.randomness import Draws
from ganlab.techniques.per_process import PerProcess
from ganlab.techniques.replay import ExperienceReplay, NoReplay
from tests.support.runs import differences


def numbered(first: int, n: int) -> Tensor:
    """Images that tell which they are: (n, 1, 2, 2) filled with first, first + 1, ..."""
    return torch.arange(first, first + n, dtype=torch.float32).reshape(n, 1, 1, 1).expand(n, 1, 2, 2).clone()


def names(images: Tensor) -> list[int]:
    assert (images == images[:, :, :1, :1]).all()
    return images[:, 0, 0, 0].int().tolist()


def run(replay, *, steps: int, batch: int = 8, first: int = 0, seed: int = 0) -> list[int]:
    draws, seen = Draws(seed), []
    for step in range(first, first + steps):
        draws.reseed("step", step)
        seen += names(replay(numbered(step * batch, batch), draws))
    return seen


def test_the_first_fifty_come_back_as_they_are_and_are_stored():
    replay = ExperienceReplay()
    assert run(replay, steps=6) == list(range(48))
    assert names(replay.stored) == list(range(48))
    assert run(replay, steps=1, first=6)[:2] == [48, 49]
    assert len(replay.stored) == 50


def by_hand(capacity: int, steps: int, batch: int) -> list[int]:
    """One image after the other."""
    stored: list[int] = []
    returned, draws = [], Draws(0)
    for step in range(steps):
        draws.reseed("step", step)
        swaps, slots = draws.uniform(batch) < 0.5, draws.integers(batch, capacity)
        for i in range(batch):
            new = step * batch + i
            if len(stored) < capacity:
                stored.append(new)
                returned.append(new)
            elif swaps[i]:
                returned.append(stored[slots[i]])
                stored[slots[i]] = new
            else:
                returned.append(new)
    return returned


@pytest.mark.parametrize(("capacity", "batch"), [(50, 8), (5, 8), (3, 16), (1, 8), (100, 1)])
def test_a_batch_is_as_one_image_after_the_other(capacity, batch):
    """With few slots, several images of a batch come to the same one: the later takes what the earlier left."""
    replay = ExperienceReplay(capacity=capacity)
    assert run(replay, steps=25, batch=batch) == by_hand(capacity, 25, batch)


@pytest.mark.parametrize("probability", [0.0, 0.5, 1.0])
def test_that_share_is_replaced_once_the_pool_is_full(probability):
    replay = ExperienceReplay(capacity=20, probability=probability)
    seen = run(replay, steps=200, batch=20)[20:]
    old = sum(name != new for name, new in zip(seen, range(20, 4000), strict=True)) / len(seen)
    assert old == pytest.approx(probability, abs=0.03)
    assert len(set(seen)) == len(seen)  # no image is lost or returned twice: it leaves the pool


def test_draws_alone_decide():
    assert run(ExperienceReplay(), steps=20) == run(ExperienceReplay(), steps=20)
    assert run(ExperienceReplay(), steps=20) != run(ExperienceReplay(), steps=20, seed=1)


def test_a_saved_pool_goes_on_exactly(tmp_path):
    whole, replay = ExperienceReplay(capacity=10), ExperienceReplay(capacity=10)
    expected = run(whole, steps=12)
    first = run(replay, steps=5)
    state = replay.state_dict()
    before = names(state["_extra_state"]["stored"])
    torch.save(replay.state_dict(), tmp_path / "state.pt")
    run(replay, steps=3, first=5)
    assert names(state["_extra_state"]["stored"]) == before  # what is saved is not what goes on
    resumed = ExperienceReplay(capacity=10)
    resumed.load_state_dict(torch.load(tmp_path / "state.pt", weights_only=True))
    assert first + run(resumed, steps=7, first=5) == expected
    assert differences(resumed.state_dict(), whole.state_dict()) == []
    empty = ExperienceReplay()
    empty.load_state_dict(ExperienceReplay().state_dict())
    assert run(empty, steps=7) == run(ExperienceReplay(), steps=7)


def test_the_pool_is_each_process_own_and_no_buffer():
    replay = ExperienceReplay()
    run(replay, steps=3)
    assert isinstance(replay, PerProcess)
    assert [*replay.buffers(), *replay.parameters()] == []
    assert not isinstance(NoReplay(), PerProcess)


@pytest.mark.parametrize("identity", [NoReplay(), ExperienceReplay(capacity=0)])
def test_no_pool_is_the_identity(identity):
    fake = numbered(0, 8)
    for _ in range(3):
        assert identity(fake, Draws(0)) is fake
    assert all(not state["stored"].numel() for state in identity.state_dict().values())


def test_the_generators_graph_and_impossible_numbers_are_refused():
    with pytest.raises(ValueError, match=r"call replay\(fake.detach\(\), draws\)"):
        ExperienceReplay()(numbered(0, 2).requires_grad_(), Draws(0))
    with pytest.raises(
        UserError, match=r"capacity=-1: expected a whole number of at least 0; the default is 50"
    ):
        ExperienceReplay(capacity=-1)
    with pytest.raises(UserError, match=r"probability=1\.5: expected a number from 0 to 1"):
        ExperienceReplay(probability=1.5)


def test_points_are_kept_as_images_are():
    images, points = ExperienceReplay(capacity=3), ExperienceReplay(capacity=3)
    draws = Draws(0)
    for step in range(6):
        batch = numbered(step * 4, 4)
        draws.reseed("step", step)
        seen = names(images(batch, draws))
        draws.reseed("step", step)
        of_points = points(batch[:, 0, 0], draws)
        assert of_points.shape == (4, 2)
        assert of_points[:, 0].int().tolist() == seen
