"""pix2pixHD's step, term by term."""

import logging

import pytest
import torch
from PIL import Image
from torch import nn

from ganlab.config import compose, instantiate
from ganlab.errors import UserError
from ganlab.networks.translation.coarse_to_fine import CoarseToFineTranslator
from ganlab.training.run import train
from tests.support.games import step, still
from tests.support.runs import differences, training_state
from tests.support.variants import translator


def test_it_is_the_paper_s_game(tmp_path):
    module, (g, d), calls = step(still(translator("pix2pixhd")), tmp_path)
    batch = module.trainer.datamodule.batch(0)
    source, target = batch["source"], batch["target"]
    assert len(calls["generator"]) == 1, "one translation for both players"
    with torch.no_grad():
        fake = module.generator(source)
        real_maps = module.discriminator(torch.cat([source, target], 1))
        fake_maps = module.discriminator(torch.cat([source, fake], 1))
    scales = list(zip(real_maps, fake_maps, strict=True))
    assert len(scales) == 2
    squares = [((r[-1] - 1).square().mean() + f[-1].square().mean()).item() for r, f in scales]
    assert d == {"adversarial": pytest.approx(sum(squares) / 2, rel=1e-4)}
    matching = sum(
        (f - r).abs().mean().item() for a, b in scales for r, f in list(zip(a, b, strict=True))[:-1]
    )
    assert g == {
        "adversarial": pytest.approx(sum((f[-1] - 1).square().mean().item() for _, f in scales), rel=1e-4),
        "features": pytest.approx(10 * matching / 2, rel=1e-4),
        "perceptual_glyphs": pytest.approx(10 * module.perceptual(fake, target).item(), rel=1e-4),
    }


def test_a_scale_sees_the_picture_at_half_of_the_size_of_the_one_before():
    """With the same weights in both, the coarse maps of a doubled picture are the fine maps of the picture within."""
    from ganlab.networks.translation.multiscale import MultiScale

    network = MultiScale(channels=1, scales=2, layers=1, width=2)
    network.scales[1].load_state_dict(network.scales[0].state_dict())
    flat = torch.full((1, 1, 16, 16), 0.3)
    coarse, fine = network(flat.repeat_interleave(2, 2).repeat_interleave(2, 3))[1], network(flat)[0]
    for one, other in zip(coarse, fine, strict=True):
        torch.testing.assert_close(one, other)
    seen = []
    network.scales[1].register_forward_pre_hook(lambda _, args: seen.append(args[0]))
    network.scales[1][0].register_forward_pre_hook(lambda _, args: seen.append(args[0]))
    network(torch.ones(1, 1, 8, 8))
    torch.testing.assert_close(
        seen[0], torch.ones(1, 1, 4, 4), msg="what lies beyond the border does not count"
    )


TINY = [
    "trainer=cpu",
    "metrics=none",
    "callbacks.samples=null",
    "data.batch_size=2",
    "model.discriminator.width=4",
]
SMALL = ["data=fonts_paired", *TINY, "model.generator.width=4", "model.generator.blocks=1"]
COARSE = ("down", "blocks", "up")  # what the generator has of the run that it starts from


@pytest.fixture(scope="module")
def coarse(tmp_path_factory):
    """A run of the first stage, of two steps on letters of 16 pixels."""
    folder = tmp_path_factory.mktemp("coarse")
    train(compose(["model=pix2pixhd", *SMALL, "data.image_size=16", "trainer.max_steps=2"]), folder)
    return folder


def enhanced(folder, steps, *words):
    words = ["model=pix2pixhd_enhanced", *SMALL, "data.image_size=32", f"trainer.max_steps={steps}", *words]
    train(compose(words), folder)
    return training_state(folder)


def part(state, *names):
    weights = state["state_dict"]
    return {
        key: weights[key] for key in weights if key.startswith(tuple(f"generator.{name}." for name in names))
    }


def test_around_a_run_s_generator_the_enhancer_learns_first_and_then_both(coarse, tmp_path, caplog):
    words = [f"start={coarse}", "model.frozen_images=4", "trainer.threads=1"]
    with caplog.at_level(logging.INFO, "ganlab"):
        frozen = enhanced(tmp_path / "run", 2, *words)
    [line] = [line for line in caplog.messages if line.startswith("starting from")]
    assert (
        "generator is taken over but for generator.enter.1.weight (absent there, (2, 1, 7, 7) here)" in line
    )
    assert line.endswith("discriminator is taken over")
    before = training_state(coarse)
    taken = part(frozen, *COARSE)
    assert taken
    assert differences(taken, {key: before["state_dict"][key] for key in taken}) == []
    again = enhanced(tmp_path / "run", 4, *words, "resume=auto")  # over the end of the first images
    whole = enhanced(tmp_path / "whole", 4, *words)
    assert differences(whole, again) == []
    for names in (COARSE, ("enter",), ("leave",)):
        moved = zip(part(frozen, *names).values(), part(whole, *names).values(), strict=True)
        assert not any(torch.equal(one, other) for one, other in moved)


def test_a_run_whose_generator_lacks_layers_is_refused_for_they_would_stay_untrained(coarse, tmp_path):
    deeper = [f"start={coarse}", "model.generator.blocks=2"]
    with pytest.raises(
        UserError, match=r"^model\.frozen_images=4: .* has no generator\.blocks\.1\..* of its shape"
    ):
        enhanced(tmp_path / "refused", 1, *deeper, "model.frozen_images=4")
    assert enhanced(tmp_path / "all", 1, *deeper, "model.frozen_images=0")["ganlab"]["steps"] == 1


def test_without_such_a_run_it_is_refused_or_all_learns(tmp_path):
    with pytest.raises(
        UserError, match=r"^model\.frozen_images=4000: .* begin with start=RUN, a run of model=pix2pixhd"
    ):
        enhanced(tmp_path / "refused", 1)
    assert enhanced(tmp_path / "all", 1, "model.frozen_images=0")["ganlab"]["steps"] == 1


def test_the_recipe_of_1024_x_2048_takes_two_steps_at_an_eighth_of_its_size(tmp_path):
    for place in range(3):
        for side in ("A", "B"):
            (tmp_path / "pairs" / side).mkdir(parents=True, exist_ok=True)
            colour = (90 * place, 200 if side == "A" else 20, 60)
            Image.new("RGB", (256, 128), colour).save(tmp_path / "pairs" / side / f"{place}.png")
    words = [
        f"data.root={tmp_path / 'pairs'}",
        "model/perceptual=glyphs",
        "model.generator.width=4",
        "metrics=none",
    ]
    words += [
        "trainer=cpu",
        "callbacks.samples=null",
        "model.discriminator.width=4",
        "model.generator.blocks=1",
    ]
    first = ["experiment=pix2pixhd_cityscapes", "data=paired", "data.nearest=a", "data.load_size=null"]
    train(compose([*first, *words, "data.image_size=[64,128]", "trainer.max_steps=1"]), tmp_path / "first")
    second = [
        "experiment=pix2pixhd_cityscapes_enhanced",
        "data.image_size=[128,256]",
        f"start={tmp_path / 'first'}",
    ]
    train(compose([*second, *words, "trainer.max_steps=2"]), tmp_path / "second")
    state = training_state(tmp_path / "second")
    assert state["ganlab"]["images"] == 2
    assert state["state_dict"]["generator.enter.1.weight"].shape == (2, 3, 7, 7)


def test_the_enhancer_s_sizes_are_checked():
    for words, sentence in (
        (["data.image_size=36"], r"^image_size=36: .* halves 3 times .* multiples of 8"),
        (["model.generator.width=5"], r"^model\.generator\.width=5: .* choose an even number"),
    ):
        cfg = compose(["model=pix2pixhd_enhanced", "data=fonts_paired", *words])
        with pytest.raises(UserError, match=sentence):
            instantiate(cfg.model)


def test_a_generator_that_stays_as_it_is_keeps_the_statistics_of_its_norms():
    enhancer = CoarseToFineTranslator(
        in_channels=1, out_channels=1, image_size=16, blocks=1, width=4, halvings=1, norm=nn.BatchNorm2d
    )
    before = {name: value.clone() for name, value in enhancer.named_buffers()}
    enhancer.coarse_learns = False
    enhancer.train()(torch.rand(2, 1, 16, 16))
    moved = {name for name, value in enhancer.named_buffers() if not torch.equal(value, before[name])}
    assert moved
    assert {name.partition(".")[0] for name in moved} == {"enter", "leave"}
    enhancer.coarse_learns = True
    enhancer(torch.rand(2, 1, 16, 16))
    assert any(not torch.equal(enhancer.get_buffer(name), before[name]) for name in before.keys() - moved)
