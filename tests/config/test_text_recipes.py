"""Recipes for captioned data: they parse, have their papers' sizes, and their networks fit together."""

import pytest
import torch

from ganlab.config import compose, instantiate
from ganlab.config.compose.check import check
from tests.support.recipes import recipes

RECIPES = {  # parameters of generator and discriminator as counted in the authors' code; what is not published: None
    "gan_cls_cub": (21_138_051, 4_228_801),
    "gan_cls_coco": (41_107_551, 36_190_301),
    # as gan_cls_cub, but 128 numbers of text in place of 256, and a norm of 128 in the discriminator
    "gan_int_cub": (21_138_051 - 128 * (1025 + 16 * 1024), 4_228_801 - 128 * (1025 + 512) + 256),
    "gan_int_flowers": (21_138_051 - 128 * (1025 + 16 * 1024), 4_228_801 - 128 * (1025 + 512) + 256),
    "stackgan_cub": None,
}


def test_every_recipe_is_among_them():
    assert recipes("captions") == set(RECIPES)


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_has_its_paper_s_size_and_its_networks_fit(name):
    cfg = compose([f"experiment={name}", "trainer=cpu", "metrics=none"])
    check(cfg)
    assert cfg.model.mode_seeking._target_.endswith(".NoModeSeeking")
    assert cfg.data.near_mismatches == 0
    assert (cfg.data.tokens, cfg.data.flip) == ("letters", True)
    with torch.device("meta"):  # shapes without any work
        model = instantiate(cfg.model)
        network, discriminator = model.generator.network, model.discriminator
        if RECIPES[name]:
            sizes = tuple(sum(p.numel() for p in part.parameters()) for part in (network, discriminator))
            assert sizes == RECIPES[name]
        text = model.read(torch.zeros(2, cfg.data.max_length, dtype=torch.int64))
        z = torch.zeros(2, cfg.model.prior.size)
        if name == "stackgan_cub":
            assert model.kl_weight == 2
            small = network.first(network.split(z)[0], text)
            assert small.shape == (2, 3, 64, 64)
            assert discriminator(small, text).shape == (2,)
            images = network.second(network.split(z)[1], small, text)
            discriminator = model.second_discriminator
        else:
            images = network(z, text)
        assert images.shape == (2, 3, cfg.data.image_size, cfg.data.image_size)
        assert discriminator(images, text).shape == (2,)
    model.configure_optimizers()
    assert set(model._schedule_of) == set(model.players())
