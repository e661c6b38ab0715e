"""CUT's game, term by term, and what it refuses."""

import pytest
import torch
from torch.nn import functional as F

from ganlab.config import instantiate
from ganlab.errors import UserError
from ganlab.losses.patch_nce import patch_nce
from tests.support.games import step, still
from tests.support.variants import translator


def small(name: str, *words: str, **data):
    """All places of a picture of 16 pixels are compared, so that none is drawn."""
    return translator(name, "model.patches=1000", *words, size=16, **data)


def mse(score, label: float):
    return F.mse_loss(score, torch.full_like(score, label)).item()


def nce(module, made, image):
    """Without any place left out, and so in any order of places."""
    maps = [module.generator.encode(pictures, module.taps) for pictures in (made, image)]
    places = [torch.arange(seen.shape[2] * seen.shape[3]) for seen in maps[0]]
    pairs = zip(*(module.projection(seen, places) for seen in maps), strict=True)
    return sum(patch_nce(*pair).item() for pair in pairs) / len(places)


@torch.no_grad()
def test_cut_is_its_paper_s_game(tmp_path):
    with torch.enable_grad():
        module, (d, g), calls = step(still(small("cut")), tmp_path)
    batch = module.trainer.datamodule.batch(0)
    a, b = batch["a"], batch["b"]
    fake, same = module.generator(a), module.generator(b)
    real_score, fake_score = module.discriminator(b), module.discriminator(fake)
    assert d == {"adversarial": pytest.approx((mse(real_score, 1) + mse(fake_score, 0)) / 2, rel=1e-4)}
    assert g == {
        "adversarial": pytest.approx(mse(fake_score, 1), rel=1e-4),
        "nce": pytest.approx(nce(module, fake, a) / 2, rel=1e-3),
        "nce_identity": pytest.approx(nce(module, same, b) / 2, rel=1e-3),
    }
    assert len(calls["generator"]) == 2, "one translation of each domain"


@torch.no_grad()
def test_fastcut_translates_mirror_images_and_mirrors_what_it_sees_of_them_back(tmp_path):
    with torch.enable_grad():
        module, (_, g), calls = step(still(small("fastcut", "model.mirrored=1")), tmp_path)
    a = module.trainer.datamodule.batch(0)["a"]
    (seen,) = calls["generator"]
    assert torch.equal(seen, a.flip(3))
    fake = module.generator(a.flip(3))
    maps = [seen.flip(3) for seen in module.generator.encode(fake, module.taps)]
    keys = module.generator.encode(a, module.taps)
    places = [torch.arange(one.shape[2] * one.shape[3]) for one in keys]
    pairs = zip(*(module.projection(one, places) for one in (maps, keys)), strict=True)
    expected = 10 * sum(patch_nce(*pair).item() for pair in pairs) / len(places)
    assert set(g) == {"adversarial", "nce"}
    assert g["nce"] == pytest.approx(expected, rel=1e-3)
    straight = 10 * nce(module, fake, a)
    assert abs(g["nce"] - straight) > 1e-3 * straight, "it would show if nothing were mirrored back"


def test_the_patches_of_the_input_do_not_move():
    model = instantiate(small("cut").model)
    image, made = (torch.randn(2, 3, 16, 16, requires_grad=True) for _ in range(2))
    model.nce(image, made, lambda maps: maps).backward()
    assert image.grad is None
    assert made.grad.abs().sum() > 0
    assert all(p.grad.abs().sum() > 0 for p in model.projection.parameters())


def test_places_are_drawn_for_all_images_of_a_step_and_anew_in_the_next():
    model = instantiate(translator("cut", "model.patches=5").model)
    shown = []
    project = model.projection.forward
    model.projection.forward = lambda maps, places: shown.append(places) or project(maps, places)
    pictures = torch.randn(2, 3, 32, 32)
    for number in (1, 1, 2):
        model.draws.reseed("step", number)
        model.nce(pictures, pictures, lambda maps: maps)
    first, again, other = shown[::2]
    assert all(torch.equal(one, two) for one, two in zip(shown[0], shown[1], strict=True)), "queries and keys"
    assert all(torch.equal(one, two) for one, two in zip(first, again, strict=True))
    assert not all(torch.equal(one, two) for one, two in zip(first, other, strict=True))


def test_it_translates_the_other_way_as_well(tmp_path):
    module, _, calls = step(small("cut_small", "model.direction=b_to_a"), tmp_path)
    batch = module.trainer.datamodule.batch(0)
    assert torch.equal(calls["generator"][0], batch["b"])
    assert torch.equal(calls["discriminator"][0], batch["a"])
    assert list(module.panels(batch)) == ["b", "a from b", "a"]
    assert module.convert(torch.randn(1, 3, 16, 20), "b_to_a").shape == (1, 3, 16, 20)
    with pytest.raises(UserError, match=r"^direction=a_to_b: this model has b_to_a"):
        module.convert(torch.randn(1, 3, 16, 20), "a_to_b")


@pytest.mark.parametrize(
    ("words", "data", "sentence"),
    [
        ([], {"channels": (1, 3)}, r"^domains of 1 and 3 channels: .* set data\.a_channels and data\.b_ch"),
        (["model/generator=unet"], {}, r"^model\.generator: .*UNet does not show it; choose model/generator"),
        (["model.taps=[0,9]"], {}, r"^model\.taps=\[0, 9\]: .* in places 0 to 5; null chooses"),
        (["model.direction=a_to_a"], {}, r"model\.direction=a_to_a"),
    ],
)
def test_what_it_cannot_do_is_a_sentence(words, data, sentence):
    blocks = [] if any("unet" in word for word in words) else ["model.generator.blocks=3"]
    with pytest.raises(UserError, match=sentence):
        instantiate(translator_without_blocks("cut", *words, *blocks, **data).model)


def translator_without_blocks(name, *words, **data):
    """A U-Net has no blocks to be set."""
    from ganlab.config import compose
    from ganlab.config.compose.check import check
    from tests.support.translation_data import noise

    cfg = compose(["trainer=cpu", "metrics=none", "callbacks.samples=null", f"model={name}", *words])
    cfg.data = noise("unpaired", **{"channels": (3, 3), **data})
    check(cfg)
    return cfg
