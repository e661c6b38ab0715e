"""Image-to-image recipes: the networks and numbers of their papers, and one step each on data of their shapes."""

import pytest
import torch
from omegaconf import OmegaConf

from ganlab.config import compose, instantiate
from ganlab.config.compose.check import check
from tests.support.recipes import recipes

# the networks' parameters, the steps of the whole run, and the shapes of a batch
RECIPES = {
    "pix2pix_facades": ([2_768_705, 54_413_955], 80_000, {"source": (3, 256), "target": (3, 256)}),
    "spade_ade20k": ([5_836_930, 96_492_483], 126_312, {"label_map": (1, 256), "target": (3, 256)}),
    "pix2pixhd_cityscapes": (
        [5_603_202 - 2 * 33 * 16 * 64, 182_543_619 - 32 * 49 * 64],
        595_000,
        {"source": (3, 256), "target": (3, 256)},
    ),
    "pix2pixhd_cityscapes_enhanced": (
        [8_404_803 - 3 * 33 * 16 * 64, 182_857_059 - 33 * 49 * (64 + 32)],
        297_500,
        {"source": (3, [1024, 2048]), "target": (3, [1024, 2048])},
    ),
    "cyclegan_horse2zebra": ([11_378_179] * 2 + [2_764_737] * 2, 266_800, {"a": (3, 256), "b": (3, 256)}),
    "cut_horse2zebra": ([2_764_737, 11_378_179, 560_384], 533_600, {"a": (3, 256), "b": (3, 256)}),
    "fastcut_horse2zebra": ([2_764_737, 11_378_179, 560_384], 266_800, {"a": (3, 256), "b": (3, 256)}),
    "discogan_edges2shoes": ([5_513_856] * 2 + [2_765_568] * 2, 100_000, {"a": (3, 64), "b": (3, 64)}),
    "starganv2_afhq": (
        [20_852_803, 33_892_995, 3_259_072, 20_949_760],
        100_000,
        {"image": (3, 256), "reference": (3, 256), "second": (3, 256)},
    ),
    "starganv2_celeba_hq": (
        [20_852_290, 43_467_395, 2_438_272, 20_916_928],
        100_000,
        {"image": (3, 256), "reference": (3, 256), "second": (3, 256)},
    ),
    "srresnet_div2k": ([1_549_462], 1_000_000, {"low": (3, 24), "high": (3, 96)}),
    "srgan_div2k": ([23_565_505, 1_549_462], 1_200_000, {"low": (3, 24), "high": (3, 96)}),
    "esrgan_df2k": ([14_499_401, 16_697_987], 1_400_000, {"low": (3, 32), "high": (3, 128)}),
    "context_encoder_paris": ([2_766_529, 71_130_531], 116_406, {"image": (3, 128), "mask": (1, 128)}),
}


def test_every_recipe_is_among_them():
    kinds = ("paired", "semantic", "unpaired", "domains", "super_resolution", "inpainting")
    assert recipes(*kinds) == set(RECIPES)


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_has_its_paper_s_networks_and_length(name):
    counts, steps, shapes = RECIPES[name]
    cfg = compose([f"experiment={name}", "metrics=none"])
    if OmegaConf.is_missing(cfg.data, "root"):
        cfg.data.root = "."
    check(cfg)
    assert cfg.trainer.max_steps == steps
    with torch.device("meta"):
        model = instantiate(cfg.model)
    players = [network for player in model.players().values() for network in player]
    assert [sum(p.numel() for p in network.parameters()) for network in players] == counts
    data = cfg.data
    sizes = {
        key: (channels, data.image_size // data.scale if key == "low" else data.image_size)
        for key, (channels, _) in shapes.items()
    }
    assert sizes == shapes
    _, schedules = model.configure_optimizers()
    assert len(schedules) == {
        "discogan_edges2shoes": 0,
        "srresnet_div2k": 0,
        "context_encoder_paris": 0,
        "starganv2_afhq": 0,
        "starganv2_celeba_hq": 0,
    }.get(name, 2)


def test_rates_of_the_papers():
    rates = {
        name: {
            player: optimizer.lr
            for player, optimizer in compose([f"experiment={name}"]).model.optimizers.items()
        }
        for name in RECIPES
    }
    assert rates["context_encoder_paris"] == {"discriminator": 2e-4, "generator": 2e-3}
    assert rates["srgan_div2k"] == {"discriminator": 1e-4, "generator": 1e-4}
    assert rates["spade_ade20k"] == {"discriminator": 4e-4, "generator": 1e-4}
    assert rates["discogan_edges2shoes"] == {"generator": 2e-4, "discriminator": 2e-4}
    srgan = compose(["experiment=srgan_div2k"])
    batches = srgan.model.pretraining_images // srgan.data.batch_size
    (rate,) = srgan.model.schedules.generator.milestones
    (judge,) = srgan.model.schedules.discriminator.milestones
    assert rate - batches == judge == 100_000
    cut, fastcut = (compose([f"experiment={name}_horse2zebra"]).model for name in ("cut", "fastcut"))
    assert (cut.nce_weight, cut.identity_weight, cut.mirrored) == (1, 1, 0)
    assert (fastcut.nce_weight, fastcut.identity_weight, fastcut.mirrored) == (10, 0, 0.5)
    assert (cut.schedules.every.constant, fastcut.schedules.every.constant) == (0.5, 0.75)
    assert cut.generator.antialias is cut.discriminator.antialias is fastcut.generator.antialias is True
    discogan = compose(["experiment=discogan_edges2shoes"])
    assert all(optimizer.weight_decay == 1e-5 for optimizer in discogan.model.optimizers.values())
    assert discogan.data.batch_size == 64
    assert (discogan.model.first_rate, discogan.model.rate, discogan.model.curriculum) == (0.01, 0.5, 10_000)
    assert (srgan.model.game_rate, srgan.model.mse_weight) == (1, 0)
    esrgan = compose(["experiment=esrgan_df2k"]).model
    pretraining = [rate for rate in esrgan.schedules.generator.milestones if rate <= 10**6]
    game = [rate - 10**6 for rate in esrgan.schedules.generator.milestones[len(pretraining) :]]
    assert game == esrgan.schedules.discriminator.milestones == [50_000, 100_000, 200_000, 300_000]
    assert rates["esrgan_df2k"]["generator"] * 0.5 ** len(pretraining) * esrgan.game_rate == 1e-4
    assert (esrgan.adversarial_weight, esrgan.l1_weight, esrgan.generator.skip) == (5e-3, 1e-2, None)
    assert rates["srresnet_div2k"] == {"generator": 1e-4}
    assert srgan.model.generator.skip is compose(["experiment=srresnet_div2k"]).model.generator.skip is None
    paris = compose(["experiment=context_encoder_paris"])
    assert paris.data.image_size // 2 - paris.data.mask_size == 2 * paris.model.overlap
