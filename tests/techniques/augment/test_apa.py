"""APA: as many fakes among the real images as p says; p is moved as ADA's (test_ada.py)."""

import pytest
import torch

from ganlab.errors import UserError
from ganlab.randomness import Draws
from ganlab.techniques.augment.apa import PseudoAugment
from tests.support.runs import build, tiny_config

REAL, FAKE = torch.zeros(4000, 1, 1, 1), torch.ones(4000, 1, 1, 1)


def test_p_is_the_share_of_fakes_and_images_stay_as_they_are():
    augment = PseudoAugment()
    assert augment.presented(REAL, pytest.fail, Draws(0)) is REAL  # at p = 0 no fake is made
    augment.p.fill_(0.3)
    shown = augment.presented(REAL, lambda: FAKE, Draws(0))
    assert shown.mean().item() == pytest.approx(0.3, abs=3 * (0.3 * 0.7 / 4000) ** 0.5)
    augment.p.fill_(1.0)
    assert torch.equal(augment.presented(REAL, lambda: FAKE, Draws(0)), FAKE)
    assert augment(REAL, Draws(0)) is REAL


def test_two_processes_replace_what_one_does():
    augment = PseudoAugment()
    augment.p.fill_(0.5)
    whole = augment.presented(REAL, lambda: FAKE, Draws(0))
    halves = [
        augment.presented(REAL[:2000], lambda: FAKE[:2000], Draws(0, rank=rank, world=2)) for rank in (0, 1)
    ]
    assert torch.equal(torch.cat(halves), whole)


@pytest.mark.parametrize("model", ["dcgan", "cgan_dcgan", "stylegan2"])
def test_the_discriminator_scores_fakes_as_real_ones_and_penalties_see_them(model, monkeypatch):
    module = build(tiny_config(f"model={model}", "model/augment=apa", "data.image_size=16"))[1]
    module.augment.p.fill_(1.0)
    condition = (torch.zeros(4, dtype=torch.long),) if model == "cgan_dcgan" else ()
    marked = torch.full((4, 1, 16, 16), 0.5)
    monkeypatch.setattr(type(module), "generate", lambda self, n, *condition: marked)
    assert torch.equal(module.presented(torch.zeros_like(marked), *condition), marked)


def test_a_game_that_would_not_show_them_is_refused():
    with pytest.raises(UserError, match="model/augment: WGAN takes no fakes for real images"):
        build(tiny_config("model=wgan", "model/augment=apa"))
