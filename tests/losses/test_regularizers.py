"""LeCam and zCR, where their values are known."""

import pytest
import torch

from ganlab.losses.regularizers import LatentConsistency, LeCam
from tests.support.runs import differences


def term(lecam: LeCam, real, fake, step: int = 1) -> dict:
    scores = (torch.tensor(values, requires_grad=True) for values in (real, fake))
    return lecam.discriminator(*scores, nearby=None, mean=lambda value: value, step=step)


def test_lecam_pays_the_squares_of_what_lies_beyond_the_other_average():
    lecam = LeCam(weight=1.0, decay=0.0, start=1)  # the averages are then those of the step
    value = term(lecam, [2.0, 1.0], [-1.0, 0.0])["lecam"]
    assert (lecam.real_mean, lecam.fake_mean) == (1.5, -0.5)
    assert value.item() == pytest.approx(8.5)  # twice the mean of 2.5^2 and 1.5^2
    assert term(lecam, [-1.0, -3.0], [0.0, 2.0])["lecam"] == 0  # fakes above, real ones below
    assert not lecam.real_mean.requires_grad


def test_lecam_waits_and_then_remembers_what_a_saved_state_goes_on_with(tmp_path):
    lecam, resumed = LeCam(decay=0.75, start=3), LeCam(decay=0.75, start=3)
    assert term(lecam, [9.0], [7.0], step=1) == term(lecam, [4.0], [0.0], step=2) == {}
    assert (lecam.real_mean, lecam.fake_mean) == (4.0, 0.0)  # of the last step alone
    torch.save(lecam.state_dict(), tmp_path / "state.pt")
    resumed.load_state_dict(torch.load(tmp_path / "state.pt", weights_only=True))
    values = [term(one, [0.0], [-4.0], step=3)["lecam"].item() for one in (lecam, resumed)]
    assert lecam.real_mean == pytest.approx(3.0)
    assert lecam.fake_mean == pytest.approx(-1.0)
    assert values == pytest.approx([0.3 * (1 + 49)] * 2)
    assert differences(lecam.state_dict(), resumed.state_dict()) == []


def test_lecam_averages_over_all_processes():
    lecam = LeCam(decay=0.0, start=1)
    scores = torch.tensor([2.0]), torch.tensor([0.0])
    lecam.discriminator(*scores, nearby=None, mean=lambda value: (value + 4) / 2, step=1)
    assert (lecam.real_mean, lecam.fake_mean) == (3.0, 2.0)


def test_zcr_of_linear_players_is_the_square_of_what_the_noise_moves():
    asked = []

    def nearby(of):
        def draw(std: float):
            asked.append(std)
            return of + 3 * std

        return draw

    zcr = LatentConsistency(std=0.05, discriminator_weight=20.0, generator_weight=0.5)
    score, image = torch.randn(4, requires_grad=True), torch.randn(4, 1, 2, 2, requires_grad=True)
    terms = zcr.discriminator(score, score, nearby(score), mean=lambda value: value, step=1)
    assert terms["consistency_latent"].item() == pytest.approx(20 * 0.15**2, rel=1e-4)
    terms = zcr.generator(image, nearby(image))
    assert terms["consistency_latent"].item() == pytest.approx(-0.5 * 0.15**2, rel=1e-4)
    assert asked == [0.05, 0.05]
