"""The mechanism that every variant stands on."""

import re
from functools import partial

import pytest
import torch
from torch import nn

from ganlab.errors import UserError
from ganlab.models.base import GAN
from ganlab.types import observed
from tests.support.runs import build, fit

MLP = ["model=mlp_gan", "data.image_size=8"]


def test_gradients_are_clipped_to_the_norm_asked_for(tiny_run):
    norms = []

    def wrap(module):
        step = module._step

        def spied(player):
            gradients = [p.grad for p in module.parameters_of()[player]]
            norms.append(torch.stack([g.norm() for g in gradients]).norm().item())
            step(player)

        module._step = spied

    module = tiny_run(*MLP, "model.gradient_clip=0.01", "trainer.max_steps=3", wrap=wrap)
    assert len(norms) == 6
    assert all(norm == pytest.approx(0.01, rel=1e-3) for norm in norms)
    assert module.published["health/generator_gradient_norm"] > 0.01, "the norm before clipping is logged"


def test_each_player_has_its_own_schedule_stepped_at_its_own_updates(tiny, tmp_path):
    def wrap(module):
        halve = partial(torch.optim.lr_scheduler.StepLR, step_size=1, gamma=0.5)
        module.schedule_factories = {"generator": halve}

    config = tiny(*MLP, "trainer.max_steps=6", "model.discriminator_steps=2")
    module = fit(config, tmp_path, wrap=wrap)
    # three of six steps were its own
    assert module.learning_rate("generator") == pytest.approx(2e-4 * 0.5**3)
    assert module.learning_rate("discriminator") == pytest.approx(2e-4)


def test_an_update_of_a_kind_is_no_step_of_the_schedule_and_its_terms_are_logged(tiny, tmp_path):
    def wrap(module):
        step, halve = module.training_step, partial(torch.optim.lr_scheduler.StepLR, step_size=1, gamma=0.5)

        def training_step(batch, batch_idx):
            result = step(batch, batch_idx)
            with module.update("generator", kind="extra") as terms:
                terms["extra"] = 0 * module.generate(2).sum() + 3.0
            return result

        module.schedule_factories, module.training_step = {"generator": halve}, training_step

    module = fit(tiny(*MLP, "trainer.max_steps=3", "callbacks.log.every_steps=3"), tmp_path, wrap=wrap)
    assert module.learning_rate("generator") == pytest.approx(2e-4 * 0.5**3)
    assert module.published["generator/extra"] == 3
    assert module.published["generator/loss"] == module.published["generator/adversarial"]
    assert module.trainer.global_step == 3


def test_an_update_of_several_players_moves_each_by_its_own_optimizer(tiny, tmp_path):
    """And its terms are the first one's."""
    moved, norms = {}, {}

    def wrap(module):
        halve = partial(torch.optim.lr_scheduler.StepLR, step_size=1, gamma=0.5)

        def training_step(batch, batch_idx):
            before = {name: [p.clone() for p in ps] for name, ps in module.parameters_of().items()}
            with module.update("generator", "discriminator") as terms:
                terms["both"] = module.score(fake := module.generate(4)).mean()
            for name, parameters in module.parameters_of().items():
                pairs = zip(before[name], parameters, strict=True)
                moved.setdefault(name, max(float((one - two).detach().abs().max()) for one, two in pairs))
            norms.update(module.gradient_norms())
            score = module.score(fake)
            return observed(batch["image"], fake, score, score)

        module.schedule_factories, module.training_step = {"discriminator": halve}, training_step

    config = tiny(*MLP, "trainer.max_steps=2", "model.optimizers.discriminator.lr=1e-3")
    module = fit(config, tmp_path, wrap=wrap)
    assert moved == {
        "generator": pytest.approx(2e-4, rel=1e-3),
        "discriminator": pytest.approx(1e-3, rel=1e-3),
    }
    assert module.learning_rate("discriminator") == pytest.approx(1e-3 * 0.5**2)
    assert norms.keys() == {"generator", "discriminator"}
    assert {"generator/both", "generator/loss"} <= module.published.keys()
    assert not {"discriminator/both", "discriminator/loss"} & module.published.keys()


def test_k_discriminator_steps_have_new_images_and_new_noise_each(tiny_run):
    images, noise, players = [], [], []

    def wrap(module):
        step, prior, update = module.training_step, module.prior, module.update

        def training_step(batch, batch_idx):
            images.append(batch["image"].sum().item())
            return step(batch, batch_idx)

        def draw(draws, n):
            z = prior(draws, n)
            if draws is module.draws:  # and not those of the sample grids
                noise.append(z.sum().item())
            return z

        def spied(player):
            players.append(player[0])
            return update(player)

        draw.size = prior.size
        module.training_step, module.prior, module.update = training_step, draw, spied

    tiny_run(*MLP, "model.discriminator_steps=3", "trainer.max_steps=6", wrap=wrap)
    assert "".join(players) == "dddgdddg"
    assert len(set(images)) == 6
    assert len(noise) == len(set(noise)) == 8, "each of the eight updates drew its own z"


def test_the_optimizers_are_fused_where_pytorch_has_it(tiny):
    _, module = build(tiny(*MLP))
    optimizers, _ = module.configure_optimizers()
    assert all(optimizer.param_groups[0]["fused"] for optimizer in optimizers)
    _, module = build(tiny("model=wgan"))
    assert "fused" not in module.configure_optimizers()[0][0].param_groups[0]  # RMSprop


@pytest.mark.parametrize(
    ("optimizers", "schedules", "sentence"),
    [
        ({"critic"}, set(), "no players of this game"),
        (set(), set(), r"no optimizer for \['player'\]"),
        ({"player"}, {"judge"}, r"model.schedules: \['judge'\] are no players"),
    ],
)
def test_players_without_optimizers_and_optimizers_without_players(optimizers, schedules, sentence):
    class Solitaire(GAN):
        def players(self):
            return {"player": [nn.Linear(1, 1)]}

    game = Solitaire(
        optimizers=dict.fromkeys(optimizers, torch.optim.SGD),
        schedules=dict.fromkeys(schedules, lambda o: None),
    )
    with pytest.raises(UserError, match=sentence):
        game.configure_optimizers()


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        ("lr=-1.0", "lr=-1.0: expected a number of at least 0"),
        ("betas=[0.5,1.0]", "betas.1=1.0: expected a number of at least 0 and below 1"),
        ("weight_decay=-2.0", "weight_decay=-2.0: expected a number of at least 0"),
    ],
)
def test_a_number_that_an_optimizer_refuses_is_told_with_its_key(tiny, word, sentence):
    _, module = build(tiny(*MLP, f"++model.optimizers.generator.{word}"))
    with pytest.raises(UserError, match=re.escape(f"model.optimizers.generator.{sentence}")):
        module.configure_optimizers()


@pytest.mark.parametrize(
    ("optimizer", "said"),
    [
        (torch.optim.LBFGS, "LBFGS computes the loss again"),
        (torch.optim.SparseAdam, "SparseAdam takes sparse"),
    ],
)
def test_an_optimizer_that_no_game_can_step_is_refused(tiny, optimizer, said):
    _, module = build(tiny(*MLP))
    module.optimizer_factories["generator"] = optimizer
    with pytest.raises(UserError, match=rf"model.optimizers.generator: {said}"):
        module.configure_optimizers()


def test_terms_are_logged_as_means_between_two_rows(tiny_run):
    terms = []

    def wrap(module):
        step = module.training_step

        def training_step(batch, batch_idx):
            result = step(batch, batch_idx)
            terms.append(
                {name: total.item() for name, total in module._sums.items()}["generator/adversarial"]
            )
            return result

        module.training_step = training_step

    module = tiny_run(*MLP, "trainer.max_steps=5", "callbacks.log.every_steps=5", wrap=wrap)
    assert module.published["generator/adversarial"] == pytest.approx(terms[-1] / 4)  # steps 2 to 5
    assert module.published["generator/loss"] == module.published["generator/adversarial"]


def test_bf16_trains_and_samples_in_float32(tiny_run):
    module = tiny_run("model=wgan_gp", "data.image_size=16", "precision=bf16", "trainer.max_steps=5")
    assert module.published["discriminator/gradient_penalty"] > 0
    assert module.sample(2).dtype == torch.float32
    assert all(p.dtype == torch.float32 for p in module.parameters())


def test_an_update_without_a_player_or_a_term_says_so(tiny_run):
    told = []

    def wrap(module):
        def training_step(batch, batch_idx):
            for player in ("judge", "generator"):
                with pytest.raises(ValueError, match="update") as error, module.update(player):
                    pass
                told.append(str(error.value))
            raise ZeroDivisionError

        module.training_step = training_step

    with pytest.raises(ZeroDivisionError):
        tiny_run(*MLP, "trainer.max_steps=1", wrap=wrap)
    assert told == [
        "update('judge'): the players of this game are ['discriminator', 'generator']",
        "update('generator'): give at least one term, as in terms['adversarial'] = ...",
    ]


def test_a_part_that_is_frozen_stays_frozen(tiny_run):
    def wrap(module):
        next(module.generator.parameters()).requires_grad_(False)

    module = tiny_run(*MLP, "trainer.max_steps=2", wrap=wrap)
    frozen, *others = module.generator.parameters()
    assert not frozen.requires_grad
    assert all(p.requires_grad for p in others)
    assert frozen.grad is None
