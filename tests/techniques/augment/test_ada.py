"""ADA: p follows the discriminator's overfitting by the published amounts."""

import pytest
import torch

from ganlab.errors import UserError
from ganlab.randomness import Draws
from ganlab.techniques.augment.ada import AdaptiveAugment
from ganlab.techniques.augment.bgc import BGC
from tests.support.runs import differences


def adaptive(**options) -> AdaptiveAugment:
    return AdaptiveAugment(pipe=BGC(), **options)


def observe(augment: AdaptiveAugment, *signs: float, images: int = 64) -> list[float]:
    """p after each step."""
    seen = []
    for sign in signs:
        augment.observe(torch.tensor(sign), images)
        seen.append(augment.p.item())
    return seen


def test_p_moves_each_fourth_step_by_batch_times_4_over_500_000():
    augment = adaptive()
    step = 64 * 4 / 500_000
    assert observe(augment, *[0.9] * 9) == pytest.approx([0, 0, 0, *[step] * 4, 2 * step, 2 * step])


def test_500_000_images_take_p_from_0_to_1_whatever_the_batch():
    for batch, every in ((1000, 4), (500, 2), (50_000, 1)):
        augment = adaptive(every=every)
        assert observe(augment, *[1.0] * (500_000 // batch), images=batch)[-1] == pytest.approx(1, rel=1e-4)


def test_overfitting_strengthens_and_its_absence_weakens_down_to_0():
    augment = adaptive(every=1)
    up = 64 / 500_000
    assert observe(augment, 0.61, 0.61, 0.59, 0.6 - 1, 0.0) == pytest.approx([up, 2 * up, up, 0, 0])


def test_the_mean_of_the_steps_decides_and_then_they_are_forgotten():
    augment = adaptive()
    assert observe(augment, 1.0, 1.0, 1.0, -0.5)[-1] > 0  # mean 0.625
    assert observe(augment, 1.0, 1.0, 1.0, -0.7)[-1] == 0  # mean 0.575
    assert observe(augment, 0.0, 1.0, 1.0, 1.0)[-1] > 0


def test_p_0_is_exactly_the_identity_and_p_is_what_the_pipe_gets():
    augment, images = adaptive(), torch.rand(4, 3, 8, 8)
    assert torch.equal(augment(images, Draws(0)), images)
    augment.p.fill_(0.8)
    assert torch.equal(augment(images, Draws(0)), BGC()(images, torch.tensor(0.8), Draws(0)))
    augment.p.fill_(1.3)  # the paper bounds p from below only
    assert augment(images, Draws(0)).isfinite().all()


def test_a_saved_state_goes_on_exactly(tmp_path):
    signs = torch.rand(23).tolist()
    whole, augment = adaptive(), adaptive()
    expected = observe(whole, *signs)
    first = observe(augment, *signs[:10])  # in the middle of four
    torch.save(augment.state_dict(), tmp_path / "state.pt")
    resumed = adaptive()
    resumed.load_state_dict(torch.load(tmp_path / "state.pt", weights_only=True))
    assert first + observe(resumed, *signs[10:]) == expected
    assert differences(resumed.state_dict(), whole.state_dict()) == []
    assert "p" in whole.state_dict()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"target": 1.0}, r"target=1\.0: expected a number above -1 and below 1; the default is 0\.6"),
        ({"every": 0}, r"every=0: expected a whole number of at least 1; the default is 4"),
        ({"images_to_full": 0}, r"images_to_full=0: .*the default is 500000"),
    ],
)
def test_impossible_numbers_are_refused(options, sentence):
    with pytest.raises(UserError, match=sentence):
        adaptive(**options)
