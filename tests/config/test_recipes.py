"""Every conf/experiment/*.yaml: it parses, has its paper's size, and trains."""

import pytest
import torch

from ganlab.config import compose, instantiate
from ganlab.config.compose.check import check
from ganlab.data.base import ImageData, Splits
from ganlab.data.store.memory import MemoryImages
from ganlab.metrics.extractors.efficientnet import EfficientNetLite, built, in_stages
from ganlab.networks.images.fast import discriminator, generator
from ganlab.networks.labels import attentive
from ganlab.training.order import in_order
from tests.support.recipes import recipes

# those of other kinds, and notes, have tests of their own
RECIPES = sorted(name for name in recipes("images", "labelled") if not name.startswith("note_"))
COUNTS = {  # of generator and discriminator, as published or counted in the authors' code
    "acgan_cifar10": (2_994_051, 1_664_875),
    "began_celeba": (1_716_611, 13_405_379),
    "biggan_imagenet128": (70_433_988, 87_982_370),
    "cgan_mnist": (2_413_984, 1_224_351),
    "dcgan_celeba": (3_576_704, 2_765_568),
    "dcgan_cifar10": (1_068_928, 663_296),
    "ebgan_celeba": (12_660_355, 1_318_659),
    "fastgan_100shot": (29_127_846, 11_526_160),
    "gan_mnist": (2_503_984, 1_231_441),
    "infogan_mnist": (6_652_481, 6_559_169),
    "lsgan_celeba": (20_444_163, 4_333_441),
    "progan_celeba": (13_629_810, 13_636_897),
    "progan_celebahq": (23_079_115, 23_087_249),
    "progan_cifar10": (17_769_228, 17_776_385),
    "projected_gan_church256": (105_684_175, 10_331_328 + 376_768),
    "r3gan_cifar10": (20_781_952, 21_280_512),
    "sagan_cifar10": (4_386_308, 1_075_586),
    "sngan_cifar10": (4_276_739, 1_053_824),
    "sngan_cnn_cifar10": (3_812_355, 2_935_873),
    "stylegan2_cifar10": (20_215_315, 23_089_664),
    "stylegan2_ffhq256": (
        23_191_522 + 6 * 262_656,
        24_001_089,
    ),  # eight layers in the mapping, where ADA's code has two
    "stylegan3_t_afhqv2": (24_873_519, 28_982_849),
    "stylegan_ffhq1024": (26_219_627, 23_087_249),
    "wgan_celeba": (3_576_704, 2_765_568),
    "wgan_gp_cifar10": (1_204_483, 1_053_825),
    "wgan_gp_mnist": (1_554_177, 1_030_145),
}
SLIM = {  # counted at full width without memory; the width that two steps can be afforded with
    "biggan_imagenet128": 2,
    "fastgan_100shot": 4,
    "projected_gan_church256": 2,
    "r3gan_cifar10": 16,
    "sagan_cifar10": 16,
    "stylegan2_cifar10": 64,
    "stylegan2_ffhq256": 16,
    "stylegan3_t_afhqv2": 8,
    "stylegan_ffhq1024": 32,
}
RATES = {  # of both players; 2e-4 where nothing is said
    "began_celeba": (1e-4, 1e-4),
    "biggan_imagenet128": (5e-5, 2e-4),
    "ebgan_celeba": (1e-3, 1e-3),
    "infogan_mnist": (1e-3, 2e-4),
    "lsgan_celeba": (1e-3, 1e-3),
    "progan_celeba": (1e-3, 1e-3),
    "progan_celebahq": (1e-3, 1e-3),
    "progan_cifar10": (1e-3, 1e-3),
    "r1gan_celeba": (1e-4, 1e-4),
    "sagan_cifar10": (1e-4, 4e-4),
    "stylegan2_cifar10": (2.5e-3, 2.5e-3),
    "stylegan2_ffhq256": (2.5e-3, 2.5e-3),
    "stylegan3_t_afhqv2": (2.5e-3, 2e-3),
    "stylegan_ffhq1024": (1e-3, 1e-3),
    "wgan_celeba": (5e-5, 5e-5),
    "wgan_gp_mnist": (1e-4, 1e-4),
}


class Noise(ImageData):
    """Two classes or more of random images in the shape of a recipe's data."""

    def __init__(self, shape, batch_size, classes, kind):
        super().__init__(image_size=shape[1:], channels=shape[0], batch_size=batch_size)
        self.kind, self.number = kind, classes

    def load(self):
        pixels = torch.randint(0, 256, (4, *self.shape), dtype=torch.uint8)
        if self.kind != "labelled":
            return Splits(MemoryImages(pixels), MemoryImages(pixels[:0]))
        names = tuple(map(str, range(self.number)))
        labels = torch.arange(4) % self.number
        return Splits(MemoryImages(pixels, labels, names), MemoryImages(pixels[:0], labels[:0], names))


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_has_its_paper_s_size_and_trains(name, tmp_path, monkeypatch):
    cfg = compose([f"experiment={name}", "trainer=cpu", "metrics=none"])
    check(cfg)
    cfg.trainer.max_steps, cfg.callbacks.samples = (
        2,
        None,
    )  # pictures cost more, and tests of each variant draw
    with torch.device("meta" if name in SLIM else "cpu"), monkeypatch.context() as patched:
        if name in SLIM:
            for networks in (attentive, generator, discriminator):  # slow, and adds no parameters
                patched.setattr(networks, "spectrally_normalized", lambda layer: layer)
        model = instantiate(cfg.model)
    if name in COUNTS:
        players = model.generator, model.discriminator
        assert tuple(sum(p.numel() for p in player.parameters()) for player in players) == COUNTS[name]
    if name in SLIM:
        cfg.model.generator.width = cfg.model.discriminator.width = SLIM[name]
        model = instantiate(cfg.model)
    size = cfg.data.image_size
    if name.startswith("projected"):  # whose eyes are a file
        monkeypatch.setattr(
            EfficientNetLite, "read", lambda self: in_stages(built()).eval().requires_grad_(False)
        )
    data = Noise((cfg.data.channels, size, size), 2, cfg.classes, model.data_kind)
    model.check(data.shape, data.classes)
    rates = tuple(cfg.model.optimizers[player].lr for player in ("generator", "discriminator"))
    assert rates == RATES.get(name, (2e-4, 2e-4))
    if name.startswith("r3gan"):
        assert (cfg.model.learning_rate.start, cfg.model.gamma.start) == (2e-4, 0.05)
    del cfg.callbacks.checkpoints  # a hundred megabytes or more
    callbacks = in_order(instantiate(cfg.callbacks))
    trainer = instantiate(cfg.trainer, run_dir=tmp_path, callbacks=callbacks, loggers=[])
    trainer.fit(model, datamodule=data)
    assert model.steps == 2
    assert all(p.isfinite().all() for p in model.parameters())
