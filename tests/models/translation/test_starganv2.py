"""StarGAN v2's game, term by term, and how a picture is given a style."""

import pytest
import torch
from torch.nn import functional as F

from ganlab.config import instantiate
from ganlab.errors import UserError
from ganlab.losses.penalties import zero_centred
from ganlab.randomness import Draws
from ganlab.techniques.schedules import Linear
from tests.support.games import bce, step, still
from tests.support.variants import translator


@torch.no_grad()
def test_it_is_the_paper_s_game_twice_over(tmp_path):
    """With lambda_ds half way down."""
    words = ["model.diversity_weight.images=4", "model.diversity_weight.start=2"]
    with torch.enable_grad():
        module, (d, d_reference, g, g_reference), _ = step(still(translator("starganv2", *words)), tmp_path)
    batch = module.trainer.datamodule.batch(0)
    x, y, wanted = batch["image"], batch["label"], batch["wanted"]
    draws = Draws(module.seed)
    draws.reseed("step", 1)
    z, other_z = (draws.normal(2, 16) for _ in range(2))
    drawn = [module.mapping(noise, wanted) for noise in (z, other_z)]
    seen = [module.encoder(batch[key], wanted) for key in ("reference", "second")]
    with torch.enable_grad():
        r1 = zero_centred(lambda image: module.discriminator(image, y), x).item()
    for (style, other), of_d, of_g, end in (
        (drawn, d, g, ""),
        (seen, d_reference, g_reference, "_reference"),
    ):
        made = module.generator(x, style)
        real, fake = module.discriminator(x, y), module.discriminator(made, wanted)
        assert of_d == pytest.approx(
            {f"adversarial{end}": bce(real, 1) + bce(fake, 0), f"r1{end}": r1}, rel=1e-3
        )
        back = module.generator(made, module.encoder(x, y))
        expected = {
            "adversarial": bce(fake, 1),
            "style": F.l1_loss(module.encoder(made, wanted), style).item(),
            "diversity": -F.l1_loss(made, module.generator(x, other)).item(),  # 2 images of 4: weight 1
            "cycle": F.l1_loss(back, x).item(),
        }
        assert of_g == pytest.approx({f"{name}{end}": value for name, value in expected.items()}, rel=1e-3)


def test_the_pass_of_references_moves_the_generator_alone_and_its_other_picture_not_at_all():
    module = instantiate(translator("starganv2").model)
    batch = instantiate(translator("starganv2").data).batch(0)
    style, other = torch.randn(2, 64), torch.randn(2, 64, requires_grad=True)
    sum(module.terms(batch, style, other).values()).backward()
    assert other.grad is None
    assert all(p.grad is not None for p in module.generator.parameters())


def test_a_weight_falls_in_a_line_and_stays():
    fall = Linear(start=2.0, end=0.5, images=100)
    assert [fall(images) for images in (0, 50, 100, 1000)] == [2.0, 1.25, 0.5, 0.5]


def test_a_picture_in_a_domain_has_one_style_for_a_seed_and_a_reference_gives_its_own():
    module = instantiate(translator("starganv2_small").model)
    image = torch.randn(1, 3, 32, 40)
    first, again, other = (module.convert(image, "two", seed=seed) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert not torch.equal(first, module.convert(image, "one", seed=1))
    styled = [
        module.convert(image, "two", reference=torch.randn(1, 3, *size)) for size in ((32, 32), (50, 41))
    ]
    assert all(one.shape == (1, 3, 32, 40) for one in styled)
    assert not torch.allclose(*styled)
    with torch.no_grad():
        reference = torch.randn(1, 3, 32, 32)
        style = module.making()[2](reference, torch.tensor([1]))
        of_reference = module.convert(image, "two", reference=reference)
        assert torch.allclose(of_reference, module.making()[0](image, style), atol=1e-5)


def test_pictures_are_made_by_the_averages(tmp_path):
    cfg = translator(
        "starganv2_small", "trainer.max_steps=1", "model.average.half_life=1e9", "model.average.ramp_up=null"
    )
    module, *_ = step(cfg, tmp_path)
    averaged = module.averages["generator"].average.state_dict()
    assert any(not torch.equal(value, averaged[key]) for key, value in module.generator.state_dict().items())
    batch = module.trainer.datamodule.batch(0)
    before = module.translate(batch)
    with torch.no_grad():
        for parameter in (*module.generator.parameters(), *module.encoder.parameters()):
            parameter.zero_()
    after = module.translate(batch)
    assert all(torch.equal(before[key], after[key]) for key in before)


def test_what_it_cannot_do_is_a_sentence():
    with pytest.raises(UserError, match=r"^model\.domains=\['one'\]: .* at least two are needed"):
        instantiate(translator("starganv2", "model.domains=[one]").model)
    module = instantiate(translator("starganv2").model)
    shapes = dict.fromkeys(("image", "reference", "second"), (3, 32, 32))
    with pytest.raises(
        UserError, match=r"^model\.domains=\['one', 'two'\]: the data has the 3 domains a, b, c"
    ):
        module.check(shapes, ("a", "b", "c"))
    with pytest.raises(UserError, match="needs domains data, whose batches hold 'reference'"):
        module.check({"image": (3, 32, 32)})
    with pytest.raises(UserError, match=r"^image_size=48: .* try data\.image_size=64"):
        instantiate(translator("starganv2", size=48).model)
    with pytest.raises(
        UserError, match=r"^model\.generator\.halvings=4: 32 pixels may be halved 3 times, to 4"
    ):
        instantiate(translator("starganv2", "model.generator.halvings=4").model)
