"""SRGAN: an SRResNet first, and then a game with features."""

import pytest
import torch
from torch.nn import functional as F

from ganlab.config import instantiate
from ganlab.errors import UserError
from tests.support.games import bce, step, still
from tests.support.runs import fit
from tests.support.variants import translator

SMALL = "model.generator.blocks=1"


def test_it_pretrains_by_least_squares_and_then_plays_with_features(tmp_path):
    cfg = still(translator("srgan", SMALL, "model.pretraining_images=2"))
    module, (only,), _ = step(cfg, tmp_path / "first")
    batch = module.trainer.datamodule.batch(0)
    with torch.no_grad():
        fake = module.generator(batch["low"])
    assert only == {"mse": pytest.approx(F.mse_loss(fake, batch["high"]).item(), rel=1e-4)}
    cfg.model.mse_weight = 0.5
    module, (d, g), calls = step(cfg, tmp_path / "then", steps=2)
    batch = module.trainer.datamodule.batch(1)
    assert len(calls["generator"]) == 1, "one enlargement for both players"
    with torch.no_grad():
        fake = module.generator(batch["low"])
        real_score, fake_score = module.discriminator(batch["high"]), module.discriminator(fake)
        distance = module.perceptual(fake, batch["high"]).item()
    assert d == {"adversarial": pytest.approx(bce(real_score, 1) + bce(fake_score, 0), rel=1e-4)}
    assert g == {
        "perceptual_glyphs": pytest.approx(distance, rel=1e-4),
        "mse": pytest.approx(0.5 * F.mse_loss(fake, batch["high"]).item(), rel=1e-4),
        "adversarial": pytest.approx(1e-3 * bce(fake_score, 1), rel=1e-4),
    }
    assert not any("perceptual" in key for key in module.state_dict())


def test_the_generator_slows_down_once_when_the_game_begins(tmp_path):
    words = [SMALL, "model.game_rate=0.5", "model.optimizers.generator.lr=8e-4"]
    rates = []
    for folder, steps, resume in (("a", 2, False), ("a", 3, True), ("b", 4, False)):
        cfg = translator("srgan", *words, "model.pretraining_images=4", f"trainer.max_steps={steps}")
        module = fit(cfg, tmp_path / folder, resume=resume)
        rates.append((module.learning_rate("generator"), module.learning_rate("discriminator")))
    assert rates == [(8e-4, 1e-4), (4e-4, 1e-4), (4e-4, 1e-4)]
    at_once = fit(
        translator("srgan", *words, "model.pretraining_images=0", "trainer.max_steps=2"), tmp_path / "c"
    )
    assert at_once.learning_rate("generator") == 4e-4


def test_weights_of_vgg_that_are_missing_are_told_before_training(monkeypatch, tmp_path):
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    model = instantiate(translator("srgan", SMALL, "model/perceptual=vgg54").model)
    with pytest.raises(UserError, match=r"vgg19-dcbb9e9d\.pth cannot be read"):
        model.check({"low": (3, 16, 16), "high": (3, 32, 32)})
