"""What is told before a run that grows."""

import pytest

from ganlab.errors import UserError
from ganlab.techniques.growth import Growth
from ganlab.techniques.growth_plan import GrowthPlan


def plan(batch_size: int = 16, world: int = 2, **options) -> GrowthPlan:
    growth = Growth(**{"image_size": 16, "stable_images": 100, "fade_images": 50} | options)
    return GrowthPlan(growth, batch_size, world)


def test_steps_until_so_many_images():
    found = plan(largest_batch={8: 10})
    for images in (0, 1, 99, 100, 101, 250, 1000):
        steps = found.steps(images)
        assert found.images(steps) >= images
        assert steps == 0 or found.images(steps - 1) < images


def test_the_table_has_a_line_for_each_resolution():
    table = plan(largest_batch={16: 8}, learning_rates={16: 0.5}).table("1/2")
    assert [line.split() for line in table.splitlines()][1:] == [
        ["4", "0", "0", "0", "32", "1/2"],
        ["8", "100", "150", "4", "32", "1/2"],
        ["16", "250", "300", "8", "16", "0.5"],
    ]


def test_a_run_that_ends_before_its_schedule_is_told_how_long_it_should_be():
    found = plan()
    assert found.images(10) == 320
    assert found.shortfall(10) is None
    assert found.shortfall(9) == (
        "trainer.max_steps=9: the run ends after 288 images at 16 pixels, and 16 pixels are faded in after 300; try "
        "trainer.max_steps=10 or more, or smaller model.growth.stable_images and model.growth.fade_images"
    )
    assert "after 64 images at 4 pixels" in found.shortfall(2)


def test_a_batch_that_does_not_split_into_groups_is_refused():
    plan(batch_size=3).require_groups(4)  # one group
    plan(largest_batch={16: 12}).require_groups(4)
    with pytest.raises(UserError, match="at 16 pixels a batch of 6 does not split into groups of 4"):
        plan(largest_batch={16: 6}).require_groups(4)
