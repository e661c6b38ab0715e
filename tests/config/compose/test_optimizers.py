"""model/optimizers=NAME replaces both players' optimizers, model/optimizer@model.optimizers.PLAYER=NAME one's."""

import pytest
import torch
from omegaconf import OmegaConf

from ganlab.config import compose, instantiate
from ganlab.config.compose.check import check
from ganlab.config.compose.compose import settle
from ganlab.config.compose.hydra_compose import compose_all, split
from ganlab.config.compose.overrides import merge_overrides
from ganlab.errors import UserError

ONE = "model/optimizer@model.optimizers.generator"
SGD = {
    "_target_": "torch.optim.SGD",
    "_partial_": True,
    "lr": 0.1,
    "momentum": 0.5,
    "nesterov": False,
    "weight_decay": 0.0,
}
ADAM = {
    "_target_": "torch.optim.Adam",
    "_partial_": True,
    "lr": 2e-4,
    "betas": [0.5, 0.999],
}  # of model=dcgan's discriminator
FASTER = ADAM | {"lr": 1e-3}  # and of its generator


def optimizers(*words: str, **options) -> tuple[dict, dict]:
    """The nodes of discriminator and generator."""
    cfg = compose(list(words), **options)
    check(cfg)
    return tuple(
        OmegaConf.to_container(cfg.model.optimizers[name]) for name in ("discriminator", "generator")
    )


def test_one_word_replaces_both_players_optimizers():
    assert optimizers("model/optimizers=sgd") == (SGD, SGD)
    assert optimizers("~model/optimizers") == optimizers() == (ADAM, FASTER)


def test_one_word_replaces_one_player_s_optimizer_without_a_trace_of_the_model_s():
    assert optimizers(f"{ONE}=sgd") == (ADAM, SGD)
    assert optimizers("model=discogan", "data=fonts_unpaired", f"{ONE}=sgd")[1] == SGD


def test_the_player_s_word_wins_over_the_word_for_both():
    discriminator, generator = optimizers("model/optimizers=sgd", f"{ONE}=rmsprop")
    assert discriminator == SGD
    assert generator["_target_"] == "torch.optim.RMSprop"
    assert "nesterov" not in generator


def test_a_chosen_optimizer_wins_over_a_recipe_s_numbers_and_typed_numbers_over_both():
    typed = ["model.optimizers.generator.momentum=0.9", "+model.optimizers.generator.foreach=false"]
    for choice in ("model/optimizers=sgd", f"{ONE}=sgd"):
        generator = optimizers("experiment=dcgan_celeba", choice, *typed)[1]
        assert generator == SGD | {"momentum": 0.9, "foreach": False}


@pytest.mark.parametrize(
    ("name", "kind"), [("adam", torch.optim.Adam), ("rmsprop", torch.optim.RMSprop), ("sgd", torch.optim.SGD)]
)
def test_each_choice_makes_an_optimizer_of_its_numbers(name, kind):
    node = compose([f"model/optimizers={name}"]).model.optimizers.generator
    optimizer = instantiate(node)([torch.nn.Parameter(torch.zeros(1))])
    assert type(optimizer) is kind
    numbers = OmegaConf.to_container(node)
    for key in numbers.keys() - {"_target_", "_partial_"}:
        value = optimizer.param_groups[0][key]
        assert (list(value) if isinstance(value, tuple) else value) == numbers[key]


def test_an_option_of_one_s_own_may_build_on_ours(tmp_path):
    folder = tmp_path / "model" / "optimizer"
    folder.mkdir(parents=True)
    (folder / "slow.yaml").write_text("defaults: [sgd]\nlr: 1e-3\ndampening: 0.5\n")
    generator = optimizers(f"{ONE}=slow", config_dirs=[tmp_path])[1]
    assert generator == SGD | {"lr": 1e-3, "dampening": 0.5}


def test_a_recipe_s_optimizer_keeps_the_recipe_s_numbers_and_yields_to_the_command_line_s(tmp_path):
    (tmp_path / "experiment").mkdir()
    recipe = tmp_path / "experiment" / "mine.yaml"
    recipe.write_text(
        "# @package _global_\ndefaults: [/model/optimizers/sgd]\nmodel: {optimizers: {generator: {lr: 0.3}}}\n"
    )
    assert optimizers("experiment=mine", config_dirs=[tmp_path]) == (SGD, SGD | {"lr": 0.3})
    both = optimizers("experiment=mine", "model/optimizers=adam", config_dirs=[tmp_path])
    assert both[0] == both[1] == optimizers("model/optimizers=adam")[0]
    recipe.write_text("# @package _global_\ndefaults: [override /model/optimizers: sgd]\n")
    with pytest.raises(UserError, match="a recipe says - /model/optimizers/sgd first among its defaults"):
        optimizers("experiment=mine", config_dirs=[tmp_path])


def test_a_job_of_hydra_settles_the_same():
    cfg, job = split(compose_all([f"{ONE}=sgd"]))
    assert "betas" in cfg.model.optimizers.generator  # Hydra's merge
    settle(cfg, job)
    assert OmegaConf.to_container(cfg.model.optimizers.generator) == SGD


def test_a_resumed_run_keeps_the_other_player_s_word():
    other = "model/optimizer@model.optimizers.discriminator=sgd"
    assert merge_overrides([other, f"{ONE}=sgd"], [f"{ONE}=adam"]) == [other, f"{ONE}=adam"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["model/optimizers=lion"], "there is adam, rmsprop, sgd"),
        (["model/optimizer=sgd"], r"model/optimizers=sgd for both players or {ONE}=sgd for one"),
    ],
)
def test_a_word_that_does_not_fit_is_told_with_one_that_does(words, message):
    with pytest.raises(UserError, match=message.replace("{ONE}", ONE)):
        compose(words)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["model=stackgan", "data=shapes"],
            r"\+model/optimizer@model\.optimizers\.second_discriminator=adam",
        ),
        (["model=srresnet", "data=photos_sr"], r"model/optimizer@model\.optimizers\.generator=sgd"),
    ],
)
def test_a_game_of_other_players_says_how_each_gets_its_own(words, message):
    cfg = compose([*words, "model/optimizers=sgd"])
    with pytest.raises(UserError, match=message):
        instantiate(cfg.model).configure_optimizers()
