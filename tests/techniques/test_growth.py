"""Growth as a function of images seen: stages, batches, learning rates."""

import pytest

from ganlab.errors import UserError
from ganlab.techniques.growth import Growth, Stage

PAPER = Growth(
    image_size=1024,
    stable_images=600_000,
    fade_images=600_000,
    largest_batch={32: 64, 64: 32, 128: 16, 256: 8, 512: 4, 1024: 3},
    learning_rates={1024: 0.0015},
)


def growth(**options) -> Growth:
    return Growth(**{"image_size": 16, "stable_images": 100, "fade_images": 50} | options)


def test_stages_of_the_paper():
    """4 x 4 for 600,000 images; then each resolution fades in during 600,000 and is learned for as many."""
    assert PAPER.at(0) == PAPER.at(599_999) == Stage(0, 1.0)
    assert PAPER.at(600_000) == Stage(1, 0.0)
    assert PAPER.at(900_000) == Stage(1, 0.5)
    assert PAPER.at(1_200_000) == PAPER.at(1_799_999) == Stage(1, 1.0)
    assert PAPER.at(1_950_000) == Stage(2, 0.25)
    assert PAPER.at(9_000_000 + 300_000) == Stage(8, 0.5)
    assert PAPER.at(12_000_000) == PAPER.at(10**9) == Stage(8, 1.0)
    assert [PAPER.at(images).resolution for images in (0, 600_000, 1_800_000, 9_000_000)] == [4, 8, 16, 1024]


def test_a_phase_changes_where_a_fade_begins_and_where_it_ends():
    phases = [growth().at(images).phase for images in range(400)]
    changes = [images for images in range(1, 400) if phases[images] != phases[images - 1]]
    assert changes == [100, 150, 250, 300]
    abrupt = growth(fade_images=0)
    assert [abrupt.at(images) for images in (99, 100, 200)] == [Stage(0, 1.0), Stage(1, 1.0), Stage(2, 1.0)]


def test_batch_sizes_and_learning_rates_hold_from_a_resolution_on():
    assert [PAPER.batch_size(level, 128) for level in range(9)] == [128, 128, 128, 64, 32, 16, 8, 4, 3]
    assert [PAPER.batch_size(level, 6) for level in range(9)] == [6, 6, 6, 6, 6, 6, 6, 4, 3], (
        "the data's is the most"
    )
    assert [PAPER.learning_rate(level) for level in (0, 7, 8)] == [None, None, 0.0015]
    assert growth(learning_rates={8: 0.1}).learning_rate(2) == 0.1


@pytest.mark.parametrize("world", [1, 2, 3])
@pytest.mark.parametrize("batches", [{}, {8: 7, 16: 3}, {4: 5, 16: 60}])
def test_the_place_of_a_step_is_the_sum_of_the_batches_before_it(batches, world):
    schedule, seen = growth(largest_batch=batches), 0
    for step in range(200):
        size = schedule.batch_size(schedule.at(seen).level, 16)
        assert schedule.batch_at(step, 16, world) == (seen, size)
        seen += size * world


def test_a_batch_larger_than_a_whole_stage_passes_it_by():
    schedule = growth(stable_images=10, fade_images=5)
    assert [schedule.batch_at(step, 64, 1) for step in range(3)] == [(0, 64), (64, 64), (128, 64)]
    assert schedule.at(64) == Stage(2, 1.0)


def test_a_run_goes_on_from_the_images_it_has_seen_on_another_number_of_processes():
    schedule = growth(largest_batch={8: 10})
    seen = schedule.batch_at(9, 16, 1)[0]
    before = seen
    for step in range(9, 30):
        size = schedule.batch_size(schedule.at(seen).level, 16)
        assert schedule.batch_at(step - 9, 16, 4, before) == (seen, size)
        seen += 4 * size


@pytest.mark.parametrize(("size", "nearest"), [(30, 32), (48, 32), (4, 8), (2, 8)])
def test_D9_a_resolution_that_is_no_power_of_two_is_refused(size, nearest):
    with pytest.raises(
        UserError, match=rf"image_size={size}: growth doubles 4 .*try data.image_size={nearest}"
    ):
        growth(image_size=size)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"stable_images": 0}, "stable_images=0: expected a whole number of at least 1"),
        ({"fade_images": -1}, "fade_images=-1: expected a whole number of at least 0"),
        (
            {"largest_batch": {32: 0}},
            r"largest_batch\.32=0: expected a whole number from 1 to 65,536",
        ),
        ({"learning_rates": {2: 0.1}}, r"learning_rates=\{2: 0.1\}"),
        ({"learning_rates": {"all": 0.1}}, r"learning_rates=\{all: 0.1\}"),
    ],
)
def test_numbers_that_make_no_schedule_are_refused(options, sentence):
    with pytest.raises(UserError, match=sentence):
        growth(**options)
