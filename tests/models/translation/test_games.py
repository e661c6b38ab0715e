"""What each image-to-image model's step computes, term by term."""

import pytest
import torch
from torch.nn import functional as F

from ganlab.config import instantiate
from ganlab.errors import UserError
from tests.support.games import bce, step, still
from tests.support.runs import fit
from tests.support.variants import translator


def mse(score, label: float):
    return F.mse_loss(score, torch.full_like(score, label)).item()


def test_pix2pix_is_the_paper_s_game(tmp_path):
    module, (d, g), calls = step(still(translator("pix2pix", "model.generator.dropout=0")), tmp_path)
    batch = module.trainer.datamodule.batch(0)
    source, target = batch["source"], batch["target"]
    assert len(calls["generator"]) == 1, "one translation for both players"
    with torch.no_grad():
        fake = module.generator(source)
        real_score, fake_score = module.score(source, target), module.score(source, fake)
    assert real_score.shape == (2, 1, 6, 6)
    assert d == {"adversarial": pytest.approx((bce(real_score, 1) + bce(fake_score, 0)) / 2, rel=1e-4)}
    assert g == {
        "adversarial": pytest.approx(bce(fake_score, 1), rel=1e-4),
        "l1": pytest.approx(100 * F.l1_loss(fake, target).item(), rel=1e-4),
    }
    assert [pair.shape[1] for pair in calls["discriminator"]] == [4, 4, 4]
    assert torch.equal(calls["discriminator"][0], torch.cat([source, target], dim=1))


def test_cyclegan_translates_once_and_weighs_as_its_authors_do(tmp_path):
    cfg = still(translator("cyclegan", "model.identity_weight=0.5", channels=(3, 3)))
    module, (g, d), calls = step(cfg, tmp_path, steps=3)
    batch = module.trainer.datamodule.batch(2)
    a, b = batch["a"], batch["b"]
    with torch.no_grad():
        fake_a, fake_b = module.b_to_a(b), module.a_to_b(a)
        cycle_a, cycle_b = module.b_to_a(fake_b), module.a_to_b(fake_a)
        same_a, same_b = module.b_to_a(a), module.a_to_b(b)
        d_a, d_b = module.discriminator_a, module.discriminator_b
        expected = {
            "adversarial_a": mse(d_a(fake_a), 1),
            "adversarial_b": mse(d_b(fake_b), 1),
            "cycle_a": 10 * F.l1_loss(cycle_a, a).item(),
            "cycle_b": 10 * F.l1_loss(cycle_b, b).item(),
            "identity_a": 5 * F.l1_loss(same_a, a).item(),
            "identity_b": 5 * F.l1_loss(same_b, b).item(),
        }
        assert g == pytest.approx(expected, rel=1e-4)
        assert d == pytest.approx(
            {
                "a": (mse(d_a(a), 1) + mse(d_a(fake_a), 0)) / 2,
                "b": (mse(d_b(b), 1) + mse(d_b(fake_b), 0)) / 2,
            },
            rel=1e-4,
        )
    for inputs, wanted in ((calls["a_to_b"], [a, fake_a, b]), (calls["b_to_a"], [b, fake_b, a])):
        assert len(inputs) == 3, "no translation twice"
        for image in wanted:
            assert any(torch.allclose(image, one, atol=1e-5) for one in inputs)


def test_cyclegan_s_discriminators_alone_see_the_pools(tmp_path):
    """Full pools that always swap return what they held before, to the discriminators and to nobody else."""
    overrides = [f"model.replay_{side}.{key}" for side in "ab" for key in ("capacity=2", "probability=1.0")]
    cfg = still(translator("cyclegan", "model.identity_weight=0", *overrides))
    module, _, calls = step(cfg, tmp_path, steps=2)
    first, second = (module.trainer.datamodule.batch(index) for index in (0, 1))
    with torch.no_grad():
        earlier, present = module.a_to_b(first["a"]), module.a_to_b(second["a"])
    for_generator, real, for_discriminator = calls["discriminator_b"]
    torch.testing.assert_close(for_generator, present)
    assert torch.equal(real, second["b"])
    swapped = [earlier[0], earlier[1], present[0]]  # a slot may be hit twice within a batch
    assert all(any(torch.allclose(image, one, atol=1e-5) for one in swapped) for image in for_discriminator)
    assert not torch.allclose(for_discriminator, present, atol=1e-5)
    assert module.replay_a.stored.shape[1] == 1
    assert module.replay_b.stored.shape[1] == 3


def test_an_identity_between_domains_of_different_channels_is_refused():
    with pytest.raises(UserError, match=r"^model\.identity_weight=0\.5: domains of 1 and 3 channels"):
        instantiate(translator("cyclegan", "model.identity_weight=0.5").model)


def test_discogan_is_the_authors_game(tmp_path):
    cfg = still(translator("discogan", "model.curriculum=1", "model.first_rate=0.01", "model.rate=0.5"))
    module, (d,), _ = step(cfg, tmp_path / "d", steps=3)
    batch = module.trainer.datamodule.batch(2)
    with torch.no_grad():
        real, fake = (module.discriminator_b(i).score for i in (batch["b"], module.a_to_b(batch["a"])))
    assert d["b"] == pytest.approx((bce(real, 1) + bce(fake, 0)) / 2, rel=1e-4)
    for steps, rho in ((1, 0.01), (2, 0.5)):
        module, (g,), calls = step(cfg, tmp_path / f"g{steps}", steps=steps)
        batch = module.trainer.datamodule.batch(steps - 1)
        a, b = batch["a"], batch["b"]
        with torch.no_grad():
            fake_b = module.a_to_b(a)
            back = module.b_to_a(fake_b)
            real, fake = module.discriminator_b(b), module.discriminator_b(fake_b)
            pairs = zip(real.features, fake.features, strict=True)
            matching = sum(F.mse_loss(f.mean(0), r.mean(0)).item() for r, f in pairs)
        assert len(g) == 6
        assert g["adversarial_b"] == pytest.approx((1 - rho) * 0.1 * bce(fake.score, 1), rel=1e-3)
        assert g["features_b"] == pytest.approx((1 - rho) * 0.9 * matching, rel=1e-3)
        unit = F.mse_loss((back + 1) / 2, (a + 1) / 2).item()
        assert g["reconstruction_a"] == pytest.approx(rho * unit, rel=1e-3)
        assert [len(calls[name]) for name in ("a_to_b", "b_to_a")] == [2, 2], "no translation twice"
        assert module.published["game/reconstruction_share"] == pytest.approx(rho, rel=1e-3)
    with pytest.raises(UserError, match=r"rate=2\.0: expected a number from 0 to 1"):
        instantiate(translator("discogan", "model.rate=2").model)


def hole_config(name: str = "context_encoder", *overrides: str, **data):
    return translator(name, "model.generator.bottleneck=20", *overrides, **data)


def test_a_context_encoder_weighs_the_hole_and_its_band(tmp_path):
    cfg = still(hole_config("context_encoder", "model.overlap=3", size=64))
    cfg.data.mask_size = 28
    module, (d, g), calls = step(cfg, tmp_path)
    batch = module.trainer.datamodule.batch(0)
    seen, real = calls["generator"][0], batch["image"][..., 16:48, 16:48]
    assert len(calls["generator"]) == 1
    colour = seen[:, :, 32, 32]
    assert torch.allclose(colour, torch.tensor([-0.08, -0.18, -0.04]))
    assert torch.equal(seen[..., :17, :], batch["image"][..., :17, :])
    with torch.no_grad():
        made = module.generator(seen)
        real_score, fake_score = module.discriminator(real), module.discriminator(made)
    weight = torch.zeros(32, 32)
    weight[2:30, 2:30] = 1
    band = torch.zeros(32, 32)
    band[:2], band[-2:], band[:, :2], band[:, -2:] = (
        1,
        1,
        1,
        1,
    )  # three pixels, of which the middle reaches two
    error = (made - real).square().mean(dim=1)
    assert g["l2"] == pytest.approx(0.999 * ((weight + 10 * band) * error).mean().item(), rel=1e-4)
    assert g["adversarial"] == pytest.approx(0.001 * bce(fake_score, 1), rel=1e-4)
    assert d["adversarial"] == pytest.approx(bce(real_score, 1) + bce(fake_score, 0), rel=1e-4)
    assert torch.equal(calls["discriminator"][0], real)
    assert torch.allclose(calls["discriminator"][1], made, atol=1e-6), "what was made, before any pasting"


def test_a_random_context_encoder_shows_completed_pictures(tmp_path):
    module, _, calls = step(still(hole_config("context_encoder_random")), tmp_path)
    batch = module.trainer.datamodule.batch(0)
    image, hole = batch["image"], batch["mask"].expand_as(batch["image"]) > 0
    real, completed, _ = calls["discriminator"]
    assert torch.equal(real, image)
    assert torch.equal(completed[~hole], image[~hole])
    assert not torch.equal(completed[hole], image[hole])
    mask = torch.zeros(1, 1, 32, 32)
    mask[..., :3] = 1  # at the border, out of reach of the other kind
    filled = module.translate({"image": image, "mask": mask.expand(2, -1, -1, -1)})["image"]
    assert torch.equal(filled[..., 3:], image[..., 3:])


@pytest.mark.parametrize("name", ["context_encoder", "context_encoder_random"])
def test_what_is_missing_does_not_leak_and_what_is_known_stays(name):
    cfg = hole_config(name)
    model, batch = instantiate(cfg.model), instantiate(cfg.data).batch(0)
    hole = batch["mask"].expand_as(batch["image"]) > 0
    secret = torch.where(hole, torch.rand_like(batch["image"]), batch["image"])
    one = model.translate(batch)["image"]
    other = model.translate({"image": secret, "mask": batch["mask"]})["image"]
    assert torch.equal(one, other)
    assert torch.equal(one[~hole], batch["image"][~hole])
    picture = torch.rand(1, 3, 50, 90) * 2 - 1
    mask = torch.zeros(1, 1, 50, 90)
    mask[..., 3:45, 20:70] = 1  # wider than the network's own middle
    filled = model.convert(picture, "output", mask=mask)
    assert torch.equal(filled, model.convert(torch.where(mask > 0, 0.9, picture), "output", mask=mask))
    assert torch.equal(filled[..., 70:], picture[..., 70:])
    assert torch.equal(model.convert(picture, "output", mask=torch.zeros_like(mask)), picture)
    with pytest.raises(UserError, match=r"^no mask for an image of 50 x 90 pixels"):
        model.convert(picture, "output")
    with pytest.raises(UserError, match=r"^a mask of shape \(1, 1, 9, 9\) for an image"):
        model.convert(picture, "output", mask=torch.zeros(1, 1, 9, 9))


def test_convert_fills_as_translate_does_where_the_hole_lies_in_the_middle():
    cfg = hole_config(size=32, batch_size=1)
    model, batch = instantiate(cfg.model), instantiate(cfg.data).batch(0)
    filled = model.convert(batch["image"], "output", mask=batch["mask"])
    torch.testing.assert_close(filled, model.translate(batch)["image"], rtol=0, atol=1e-5)


def test_a_hole_out_of_reach_is_told_before_the_first_update(tmp_path):
    def spy(module):
        def beyond(batch, batch_idx, inner=module.training_step):
            batch["mask"][..., :2, :2] = 1
            return inner(batch, batch_idx)

        module.training_step = beyond

    with pytest.raises(UserError, match=r"beyond the middle 16 x 16 pixels.*data\.mask_size=16 or less"):
        step(hole_config(), tmp_path, spy=spy)
    with pytest.raises(UserError, match=r"^data\.batch_size=1: .* try data\.batch_size=16"):
        step(hole_config(batch_size=1), tmp_path / "single")
    with pytest.raises(UserError, match=r"^model\.overlap=-1"):
        instantiate(hole_config("context_encoder", "model.overlap=-1").model)


def test_rates_fall_in_the_second_half_and_resume_where_they_were(tmp_path):
    words = ["model/schedules=linear_decay", "model.schedules.every.updates=4", "model.identity_weight=0"]
    fit(translator("cyclegan", *words, "trainer.max_steps=3"), tmp_path)
    module = fit(translator("cyclegan", *words, "trainer.max_steps=4"), tmp_path, resume=True)
    assert module.learning_rate("generator") == module.learning_rate("discriminator") == pytest.approx(1e-4)


def test_rates_fall_with_the_run_for_players_that_move_more_or_less_often(tmp_path, recwarn):
    words = ["model/schedules=linear_decay", "trainer.max_steps=5", "model.schedules.every.constant=0"]
    rates = []

    def spy(module) -> None:
        inner = module.training_step

        def noted(batch, batch_idx):
            rates.append([module.learning_rate(player) for player in ("generator", "discriminator")])
            return inner(batch, batch_idx)

        module.training_step = noted

    # the discriminators move in the third step alone
    step(translator("discogan", *words), tmp_path, steps=5, spy=spy)
    assert len(rates) == 5
    for position, both in enumerate(rates):
        assert both == pytest.approx([1e-3 * (5 - position) / 5] * 2)
    assert not [warning for warning in recwarn if "lr_scheduler" in str(warning.message)]
