import math

import pytest
import torch

from ganlab.errors import UserError
from ganlab.randomness import Draws
from ganlab.techniques.augment.base import ScheduledAugment
from ganlab.techniques.ema import EMA
from ganlab.techniques.learning_rates import DecayWhenStalled, NoDecay
from ganlab.techniques.schedules import Cosine


def factors(decay, measures, batch=10):
    return [decay(torch.tensor(m), batch * (step + 1)) for step, m in enumerate(measures)]


def test_nothing_decays_while_the_measure_falls_and_it_halves_each_time_it_stalls():
    falling = [100.0 - step for step in range(60)]
    decay = DecayWhenStalled(factor=0.5, patience=200, window=50)
    assert set(factors(decay, falling)) == {1.0}
    stalled = DecayWhenStalled(factor=0.5, patience=200, window=50)
    # at images 250, 450 and 650: a low at 50, then patience
    assert factors(stalled, [1.0] * 65).count(0.5) == 3
    assert factors(NoDecay(), [1.0] * 5) == [1.0] * 5


def test_noise_around_a_falling_mean_is_no_stall():
    noisy = [50 - step / 10 + (5 if step % 2 else -5) for step in range(400)]
    assert set(factors(DecayWhenStalled(factor=0.5, patience=500, window=100), noisy)) == {1.0}


def test_a_decay_stops_at_its_floor():
    decay = DecayWhenStalled(factor=0.1, patience=10, window=10, floor=0.01)
    assert math.prod(factors(decay, [1.0] * 100)) == pytest.approx(0.01)


def test_a_decay_that_was_saved_goes_on_as_if_it_had_not_stopped():
    measures = [1 + 0.1 * math.sin(step) for step in range(120)]
    straight = factors(DecayWhenStalled(patience=100, window=30), measures)
    first, second = DecayWhenStalled(patience=100, window=30), DecayWhenStalled(patience=100, window=30)
    before = [first(torch.tensor(m), 10 * (step + 1)) for step, m in enumerate(measures[:55])]
    second.load_state_dict(first.state_dict())
    after = [second(torch.tensor(m), 10 * (step + 56)) for step, m in enumerate(measures[55:])]
    assert before + after == straight
    assert straight.count(0.5) > 2


@pytest.mark.parametrize("wrong", [{"factor": 1.0}, {"factor": 0.0}, {"patience": 10, "window": 20}])
def test_a_decay_that_cannot_be_is_refused(wrong):
    with pytest.raises(UserError, match="expected"):
        DecayWhenStalled(**wrong)


def test_a_half_life_may_grow_with_the_images_seen():
    network = torch.nn.Linear(1, 1, bias=False)
    torch.nn.init.constant_(network.weight, 1.0)
    average = EMA(half_life=Cosine(start=1, end=1000, images=100), ramp_up=None)
    average.follow(network)
    torch.nn.init.constant_(network.weight, 0.0)
    average.update(100)
    average.update(1100)
    assert average.current().weight.item() == pytest.approx(0.5**1.1, rel=1e-5)


def test_scheduled_augmentation_begins_as_the_identity_and_grows():
    seen = []

    def pipe(images, p, draws):
        seen.append(p.item())
        return images

    augment = ScheduledAugment(pipe=pipe, probability=Cosine(start=0.0, end=0.55, images=100))
    for images in (0, 50, 100, 200):
        augment.at(images)
        augment(torch.zeros(1, 1, 2, 2), Draws(0))
    assert seen == pytest.approx([0, 0.275, 0.55, 0.55])
