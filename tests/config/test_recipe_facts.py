"""The numbers of papers and of their authors' code, and that each recipe has them or says ``# paper:`` where not."""

from copy import deepcopy
from functools import cache
from typing import Any, NamedTuple

import pytest
from omegaconf import OmegaConf

from ganlab.config import compose, config_dir
from ganlab.config.compose.check import check

NONE, PER_UPDATE, IN_IMAGES = "NoAverage", "EMAPerUpdate", "EMA"


class Adam(NamedTuple):
    """Rates of generator and discriminator, and betas; None: the paper does not say."""

    generator: float | None
    discriminator: float | None
    betas: tuple[float, float] = (0.5, 0.999)


class LazyAdam(NamedTuple):
    """Before it is corrected for the regularizers' steps."""

    generator: float
    discriminator: float
    betas: tuple[float, float] = (0.0, 0.99)


class RMSprop(NamedTuple):
    generator: float
    discriminator: float
    alpha: float = 0.99  # PyTorch's own


class SGD(NamedTuple):
    generator: float
    discriminator: float


class Fact(NamedTuple):
    """average: which one is scored, None where the model has no such choice. images: seen by the discriminator."""

    average: str | None
    optimizer: Adam | LazyAdam | RMSprop | SGD
    batch: int | None
    images: int | None = None


FACTS = {
    "acgan_cifar10": Fact(NONE, Adam(2e-4, 2e-4), 100),
    "began_celeba": Fact(NONE, Adam(1e-4, 1e-4, (0.9, 0.999)), 16, 500_000 * 16),
    "biggan_imagenet128": Fact(PER_UPDATE, Adam(5e-5, 2e-4, (0.0, 0.999)), 2048),
    "cgan_mnist": Fact(NONE, SGD(0.1, 0.1), 100),
    "context_encoder_paris": Fact(None, Adam(2e-3, 2e-4), 64, 500 * 14_900),
    "cut_horse2zebra": Fact(None, Adam(2e-4, 2e-4), 1, 400 * 1334),
    "fastcut_horse2zebra": Fact(None, Adam(2e-4, 2e-4), 1, 200 * 1334),
    "cyclegan_horse2zebra": Fact(None, Adam(2e-4, 2e-4), 1, 200 * 1334),
    "dcgan_celeba": Fact(NONE, Adam(2e-4, 2e-4), 128, 25 * 162_770),
    "dcgan_cifar10": Fact(NONE, Adam(2e-4, 2e-4), 128),
    "discogan_edges2shoes": Fact(None, Adam(2e-4, 2e-4), 64),
    "ebgan_celeba": Fact(NONE, Adam(None, None), None),
    "esrgan_df2k": Fact(None, Adam(2e-4, 1e-4, (0.9, 0.99)), 16, (10**6 + 4 * 10**5) * 16),
    "fastgan_100shot": Fact(PER_UPDATE, Adam(2e-4, 2e-4, (0.5, 0.999)), 8, 400_000),
    "gan_cls_coco": Fact(NONE, Adam(2e-4, 2e-4), 64, 200 * 82_783),
    "gan_cls_cub": Fact(NONE, Adam(2e-4, 2e-4), 64, 600 * 8855),
    "gan_int_cub": Fact(NONE, Adam(2e-4, 2e-4), 64, 600 * 8855),
    "gan_int_flowers": Fact(NONE, Adam(2e-4, 2e-4), 64, 600 * 7034),
    "gan_mnist": Fact(NONE, SGD(0.1, 0.1), 100),
    "infogan_mnist": Fact(NONE, Adam(1e-3, 2e-4), 128, 50 * 100 * 128),
    "lsgan_celeba": Fact(NONE, Adam(1e-3, 1e-3), 64),
    "pix2pix_facades": Fact(None, Adam(2e-4, 2e-4), 1, 200 * 400),
    "pix2pixhd_cityscapes": Fact(None, Adam(2e-4, 2e-4), 1, 200 * 2975),
    "pix2pixhd_cityscapes_enhanced": Fact(None, Adam(2e-4, 2e-4), 1, 100 * 2975),
    "progan_celeba": Fact(PER_UPDATE, Adam(1e-3, 1e-3, (0.0, 0.99)), 16, 10_000_000),
    "progan_celebahq": Fact(PER_UPDATE, Adam(1e-3, 1e-3, (0.0, 0.99)), 128),  # steps of shrinking batches
    "progan_cifar10": Fact(PER_UPDATE, Adam(1e-3, 1e-3, (0.0, 0.99)), 16),
    "projection_cifar10": Fact(NONE, Adam(2e-4, 2e-4, (0.0, 0.9)), 64),
    "r1gan_celeba": Fact(PER_UPDATE, RMSprop(1e-4, 1e-4), 64),
    "projected_gan_church256": Fact(IN_IMAGES, Adam(2e-4, 2e-4, (0.0, 0.99)), 64, 10_000_000),
    "r3gan_cifar10": Fact(IN_IMAGES, Adam(2e-4, 2e-4, (0.0, 0.9)), 512, 20_000_000),
    "sagan_cifar10": Fact(None, Adam(1e-4, 4e-4, (0.0, 0.999)), None),
    "sngan_cifar10": Fact(NONE, Adam(2e-4, 2e-4, (0.0, 0.9)), 64, 5 * 50_000 * 64),
    "sngan_cnn_cifar10": Fact(NONE, Adam(2e-4, 2e-4, (0.0, 0.9)), 64, 5 * 50_000 * 64),
    "spade_ade20k": Fact(None, Adam(1e-4, 4e-4, (0.0, 0.9)), 32, 200 * 20_210),
    "srgan_div2k": Fact(None, Adam(1e-4, 1e-4, (0.9, 0.999)), 16, (10**6 + 2 * 10**5) * 16),
    "srresnet_div2k": Fact(None, Adam(1e-4, None, (0.9, 0.999)), 16, 10**6 * 16),
    "starganv2_celeba_hq": Fact(PER_UPDATE, Adam(1e-4, 1e-4, (0.0, 0.99)), 8, 100_000 * 8),
    "starganv2_afhq": Fact(PER_UPDATE, Adam(1e-4, 1e-4, (0.0, 0.99)), 8, 100_000 * 8),
    "stackgan_cub": Fact(NONE, Adam(2e-4, 2e-4), 64, 2 * 600 * 8855),
    "stylegan2_cifar10": Fact(IN_IMAGES, LazyAdam(2.5e-3, 2.5e-3), 64, 100_000_000),
    "stylegan2_ffhq256": Fact(IN_IMAGES, LazyAdam(2.5e-3, 2.5e-3), 64, 25_000_000),
    "stylegan3_t_afhqv2": Fact(IN_IMAGES, LazyAdam(2.5e-3, 2e-3), 32, 25_000_000),
    "stylegan_ffhq1024": Fact(IN_IMAGES, Adam(1e-3, 1e-3, (0.0, 0.99)), 512),  # steps of shrinking batches
    "wgan_celeba": Fact(NONE, RMSprop(5e-5, 5e-5), 64, 25 * 162_770),
    "wgan_gp_cifar10": Fact(NONE, Adam(2e-4, 2e-4, (0.0, 0.9)), 64, 5 * 100_000 * 64),
    "wgan_gp_mnist": Fact(NONE, Adam(1e-4, 1e-4, (0.5, 0.9)), 50, 5 * 200_000 * 50),
}
RATES = {"mapping": 1e-6}  # of a player beside these, in the paper's code
FREE = {"grid", "ring"}  # of no paper


@cache
def composed(name: str, *words: str):
    return compose([f"experiment={name}", "trainer=cpu", "metrics=none", *words])


def departures(cfg: Any, fact: Fact) -> list[str]:
    """The keys at which a recipe has another value than its paper."""
    found = []

    def compare(key: str, value: Any, said: Any) -> None:
        if said is not None and value != said:
            found.append(key)

    if fact.average:
        compare("average", cfg.model.average._target_.rpartition(".")[2], fact.average)
    for player, optimizer in cfg.model.optimizers.items():
        kind = optimizer._target_.rpartition(".")[2]
        if kind != type(fact.optimizer).__name__:
            found.append(player)
            continue
        role = "generator" if "generator" in player else "discriminator"
        compare(f"{player}.lr", optimizer.lr, RATES.get(player, getattr(fact.optimizer, role)))
        for rest in ("betas", "alpha"):
            if hasattr(fact.optimizer, rest):
                compare(f"{player}.{rest}", optimizer[rest], getattr(fact.optimizer, rest))
    compare("batch_size", cfg.data.batch_size, fact.batch)
    if (
        fact.images
        and not cfg.trainer.max_steps - 1 <= fact.images / cfg.data.batch_size <= cfg.trainer.max_steps + 1
    ):
        found.append("max_steps")
    return found


def test_every_recipe_of_a_paper_has_its_facts_here():
    assert {
        path.stem
        for path in (config_dir() / "experiment").glob("*.yaml")
        if not path.stem.startswith("note_")
    } == {
        *FACTS,
        *FREE,
    }


@pytest.mark.parametrize("name", FACTS)
def test_a_recipe_has_its_paper_s_numbers_or_says_where_not(name):
    cfg, fact = composed(name), FACTS[name]
    if "learning_rate" in cfg.model:  # R3GAN's own schedule, which sets the optimizers' rates
        assert cfg.model.learning_rate.start == fact.optimizer.generator
    lines = (config_dir() / "experiment" / f"{name}.yaml").read_text().splitlines()
    said = [line.partition(":")[0].strip() for line in lines if "# paper: " in line]
    for key in departures(cfg, fact):
        assert key.partition(".")[0] in said, f"{name}: {key} is not the paper's, and no '# paper:' beside it"


def test_the_facts_see_a_recipe_that_departs():
    for key, value, found in (
        ("model.average._target_", "ganlab.techniques.ema.EMA", "average"),
        ("model.optimizers.generator.lr", 2e-3, "generator.lr"),
        ("model.optimizers.discriminator.betas", [0.9, 0.999], "discriminator.betas"),
        ("trainer.max_steps", 31_793, "max_steps"),
    ):
        cfg = deepcopy(composed("dcgan_celeba"))
        OmegaConf.update(cfg, key, value)
        assert departures(cfg, FACTS["dcgan_celeba"]) == [found]
    cfg = deepcopy(composed("dcgan_celeba"))
    cfg.data.batch_size, cfg.trainer.max_steps = 32, 127_164
    assert departures(cfg, FACTS["dcgan_celeba"]) == ["batch_size"]
    assert departures(composed("gan_mnist"), FACTS["gan_mnist"]) == ["discriminator", "generator"]


def test_an_average_is_one_word_away_from_a_recipe_without_one_and_the_other_way_round():
    with_one = composed("dcgan_cifar10", "model/average=ema")
    assert with_one.model.average._target_ == "ganlab.techniques.ema.EMA"
    without = composed("progan_cifar10", "model/average=none")
    assert dict(without.model.average) == {"_target_": "ganlab.techniques.ema.NoAverage"}
    per_update = compose(["model=dcgan", "model/average=per_update"])
    assert dict(per_update.model.average) == {
        "_target_": "ganlab.techniques.ema.EMAPerUpdate",
        "decay": 0.999,
    }
    for cfg in (with_one, without, per_update):
        check(cfg)


def test_particulars_of_papers_that_only_their_recipes_have():
    wgan = composed("wgan_celeba").model
    assert (wgan.critic_steps, wgan.boosted_critic_steps, wgan.boost_first, wgan.boost_every) == (
        5,
        100,
        25,
        500,
    )
    assert wgan.clip == 0.01
    assert composed("wgan_gp_cifar10").data.dequantize == 1
    assert compose(["data=cifar10"]).data.dequantize == 0
    for name in ("progan_celeba", "progan_celebahq", "progan_cifar10"):
        assert composed(name).model.gp_resolution == "final"
    assert composed("infogan_mnist").model.recognition_player == "discriminator"
