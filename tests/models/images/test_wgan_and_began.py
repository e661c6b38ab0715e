"""What the papers' algorithms say, step by step."""

import pytest
import torch

from ganlab.errors import UserError
from tests.support.runs import build


def test_wgan_clips_every_critic_weight_right_after_the_step(tiny_run):
    largest = []

    def wrap(module):
        after = module.after_update

        def after_update(player):
            after(player)
            if player == "discriminator":
                largest.append(max(p.abs().max().item() for p in module.discriminator.parameters()))

        module.after_update = after_update

    tiny_run("model=wgan", "data.image_size=8", "model.clip=0.005", "trainer.max_steps=3", wrap=wrap)
    assert len(largest) == 3
    assert all(value == pytest.approx(0.005) for value in largest)


def test_wgan_boosts_the_critic_as_the_authors_code_does(tiny):
    _, module = build(tiny("model=wgan", "model.boost_first=25", "model.boost_every=500"))
    due = []
    for done in (0, 24, 25, 499, 500, 501, 1000):
        module.counts["generator_steps"] = done
        due.append(module.critic_steps_due())
    assert due == [100, 100, 5, 5, 100, 5, 100]


def test_wgan_takes_n_critic_steps_before_each_generator_step(tiny_run):
    players = []

    def wrap(module):
        update = module.update

        def spied(player):
            players.append(player[0])
            return update(player)

        module.update = spied

    tiny_run("model=wgan", "data.image_size=8", "model.critic_steps=3", "trainer.max_steps=7", wrap=wrap)
    assert "".join(players) == "dddgdddgd"


def test_began_moves_k_by_its_rule(tiny):
    _, module = build(tiny("model=began", "model.k_rate=0.1", "model.diversity=0.5"))
    module.draws.world = 1
    real, fake = torch.tensor([0.6, 0.2]), torch.tensor([0.05, 0.15])
    module.balance(real, fake)
    assert module.k.item() == pytest.approx(0.1 * (0.5 * 0.4 - 0.1))
    assert module.tracked()["game/convergence"] == pytest.approx(0.4 + 0.1)
    module.balance(fake, real)  # falls, but never below 0
    assert module.k.item() == 0
    for _ in range(300):
        module.balance(real, fake)
    assert module.k.item() == 1, "nor above 1"
    assert not module.k.requires_grad


def test_began_discriminator_keeps_the_weights_of_fakes_by_k(tiny_run):
    """With k at 0 the discriminator's loss is the real images' energy alone."""
    module = tiny_run("model=began", "model.k_rate=0", "trainer.max_steps=2", "callbacks.log.every_steps=2")
    assert module.published["discriminator/fake"] == 0
    assert module.published["discriminator/loss"] == module.published["discriminator/real"]


def test_wgan_gp_refuses_batch_normalization_in_the_critic(tiny):
    with pytest.raises(UserError, match=r"without batch normalization .* model/discriminator=wgan_gp"):
        build(tiny("model=wgan_gp", "model/discriminator=dcgan", "data.image_size=16"))
    build(tiny("model=wgan_gp", "model/discriminator=dcgan_no_norm", "data.image_size=16"))
