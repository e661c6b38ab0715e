"""ESRGAN: L1 first, then a game against the average of the other side; and networks between the two."""

import pytest
import torch
from torch.nn import functional as F

from ganlab.cli import main
from ganlab.config import instantiate, save_config
from ganlab.errors import UserError
from ganlab.inference.load import load
from tests.support.games import bce, step, still
from tests.support.runs import differences, fit
from tests.support.variants import translator

SKIP = "model.generator.skip=null"


def test_it_pretrains_by_l1_and_then_compares_averages(tmp_path):
    cfg = still(translator("esrgan", SKIP))
    module, (only,), _ = step(cfg, tmp_path / "first")
    batch = module.trainer.datamodule.batch(0)
    with torch.no_grad():
        fake = module.generator(batch["low"])
    assert only == {"l1": pytest.approx(F.l1_loss(fake, batch["high"]).item() / 2, rel=1e-4)}
    cfg.model.l1_weight = 0.5
    module, (g, d), calls = step(cfg, tmp_path / "then", steps=2)
    batch = module.trainer.datamodule.batch(1)
    assert len(calls["generator"]) == 1, "one enlargement for both players"
    with torch.no_grad():
        fake = module.generator(batch["low"])
        r, f = module.discriminator(batch["high"]), module.discriminator(fake)
        distance = module.perceptual(fake, batch["high"]).item()
    assert d == {"adversarial": pytest.approx((bce(r - f.mean(), 1) + bce(f - r.mean(), 0)) / 2, rel=1e-4)}
    game = (bce(r - f.mean(), 0) + bce(f - r.mean(), 1)) / 2
    assert g == {
        "perceptual_glyphs": pytest.approx(distance, rel=1e-4),
        "adversarial": pytest.approx(5e-3 * game, rel=1e-4),
        "l1": pytest.approx(0.5 * F.l1_loss(fake, batch["high"]).item() / 2, rel=1e-4),
    }


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A run of one step before its game and two in it, in its folder."""
    folder = tmp_path_factory.mktemp("esrgan")
    cfg = translator("esrgan", SKIP, "trainer.max_steps=3")
    save_config(cfg, folder, ["model=esrgan"])
    return fit(cfg, folder), folder


def test_what_it_was_when_the_game_began_is_kept(trained, tmp_path):
    module, _ = trained
    pretrained = fit(translator("esrgan", SKIP, "trainer.max_steps=1"), tmp_path)
    assert differences(pretrained.generator.state_dict(), module.before.state_dict()) == []
    assert differences(module.generator.state_dict(), module.before.state_dict()) != []
    with (
        pytest.raises(UserError, match=r"^alpha=0\.5 .* has seen 2 images, and its game begins after 2$"),
        pretrained.interpolated(0.5),
    ):
        pass


def test_networks_between_have_the_two_at_their_ends_to_the_bit(trained):
    module, _ = trained
    low = torch.rand(1, 3, 8, 10) * 2 - 1
    whole = module.convert(low, "output")
    made = {}
    for alpha in (0.0, 0.5, 1.0, None):
        with module.interpolated(alpha):
            made[alpha] = module.convert(low, "output")
            weight = module.generator.last.weight.clone()
        if alpha == 0.5:
            torch.testing.assert_close(weight, (module.generator.last.weight + module.before.last.weight) / 2)
    assert torch.equal(made[1.0], whole)
    assert torch.equal(made[None], whole)
    with torch.no_grad():
        assert torch.equal(made[0.0], module.before(low))
    assert not torch.equal(made[0.0], whole)
    assert torch.equal(module.convert(low, "output"), whole), "the weights are back"
    with pytest.raises(UserError, match=r"^alpha=2: expected a number from 0"), module.interpolated(2):
        pass


def test_alpha_is_a_key_of_sample(trained, tmp_path, capsys):
    from PIL import Image

    _, folder = trained
    Image.new("RGB", (9, 7), "orange").save(tmp_path / "small.png")
    words = ["sample", f"run={folder}", f"input={tmp_path / 'small.png'}"]
    assert main([*words, "alpha=0"]) == 0
    assert "last-small-alpha0" in capsys.readouterr().out
    made = folder / "generated" / "last-small-alpha0"
    assert Image.open(made / "small.png").size == (18, 14)
    assert "alpha" in (made / "gallery.html").read_text()
    assert main([*words, "alpha=1.5"]) != 0
    assert "alpha=1.5" in capsys.readouterr().err
    assert differences(load(folder).before.state_dict(), trained[0].before.state_dict()) == []


def test_alpha_is_refused_where_there_is_nothing_between():
    srgan = instantiate(translator("srgan").model)
    refused = pytest.raises(UserError, match=r"^alpha=0\.8: only esrgan keeps what it was before its game")
    with refused, srgan.interpolated(0.8):
        pass
