"""Text-to-image GANs: their losses, who learns to read, drawing, interpolation, and the two stages of StackGAN."""

import pytest
import torch

from ganlab.config import compose, instantiate
from ganlab.config.compose.check import check
from ganlab.errors import UserError
from ganlab.inference.latents.interpolate import interpolate
from ganlab.losses.adversarial import NonSaturating
from ganlab.randomness import Draws
from tests.support.runs import build, fit, tiny_config

FEW = "data.images_per_caption=2"
CAPTION = "a large red circle at the top left"


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> dict:
    """Three steps of each model, and the weights after each step."""
    made = {}
    for name, steps in (("gan_cls", 3), ("gan_int", 2), ("stackgan", 4)):
        history: list[dict] = []
        words = [
            f"model={name}",
            "data=shapes",
            FEW,
            f"trainer.max_steps={steps}",
            "model/mode_seeking=mao_2019",
        ]
        cfg = tiny_config(*words, *(["model.first_stage_images=16"] if name == "stackgan" else []))

        def note(module, history=history):
            step = module.training_step

            def noted(batch, batch_idx):
                seen = step(batch, batch_idx)
                terms = {key: float(total) / module._additions[key] for key, total in module._sums.items()}
                weights = {
                    k: v.clone() for k, v in module.state_dict().items() if isinstance(v, torch.Tensor)
                }
                history.append({"weights": weights, "terms": terms, "seen": seen})
                return seen

            module.training_step = noted

        made[name] = fit(cfg, tmp_path_factory.mktemp(name), wrap=note), history
    return made


def test_the_discriminator_s_terms_are_those_of_algorithm_1(runs):
    module, _ = runs["gan_cls"]
    right, wrong, fake = (torch.randn(8, generator=torch.Generator().manual_seed(i)) for i in range(3))
    terms = module.matching_aware(right, wrong, fake)
    log_s, log_not = torch.nn.functional.logsigmoid(right), torch.nn.functional.logsigmoid
    expected = -log_s.mean() - (log_not(-wrong).mean() + log_not(-fake).mean()) / 2
    assert torch.allclose(sum(terms.values()), expected)
    module.mismatch_weight, kept = 0.0, module.mismatch_weight
    terms = module.matching_aware(right, wrong, fake)
    assert list(terms) == ["fake"]
    assert torch.allclose(terms["fake"], NonSaturating().discriminator(right, fake))
    module.mismatch_weight = kept


def test_terms_by_player(runs):
    plain, between, stacked = (runs[name][1][-1]["terms"] for name in ("gan_cls", "gan_int", "stackgan"))
    assert {"discriminator/fake", "discriminator/mismatch", "generator/adversarial"} <= set(plain)
    assert {"generator/interpolation", "generator/mode_seeking"} <= set(between)
    assert {"generator/kl", "second_generator/kl", "second_discriminator/mismatch"} <= set(stacked)
    assert {"generator/mode_seeking", "second_generator/mode_seeking"} <= set(stacked)
    assert "generator/mode_seeking" in plain
    assert 0 <= plain["game/right_caption_wins"] <= 1


def moved(history, first: int, second: int) -> set[str]:
    """Which parts' parameters differ between two steps; averages and norms' statistics aside."""
    before, after = history[first]["weights"], history[second]["weights"]
    return {
        ".".join(name.split(".")[:3])
        for name in before
        if not torch.equal(before[name], after[name])
        and not name.startswith("average")
        and not name.rpartition(".")[2].startswith(("running", "num_batches"))
    }


def test_the_encoder_learns_with_the_discriminator(runs):
    module, history = runs["gan_cls"]
    assert any(name.startswith("generator.encoder") for name in moved(history, 0, 1))
    assert module.players()["discriminator"] == [module.discriminator, module.generator.encoder]


def test_interpolated_texts_are_drawn_and_judged_halfway(runs):
    module, _ = runs["gan_int"]
    judged, drawn = [], []
    match, paint = module.match, module.paint
    module.match = lambda features, text: (judged.append(text.detach()), match(features, text))[1]
    module.paint = lambda z, text: (drawn.append(text.detach()), paint(z, text))[1]
    batch = next(iter(module.trainer.datamodule.train_dataloader()))
    module.training_step(batch, 0)
    del module.match, module.paint
    with torch.no_grad():
        text = (module.read(batch["caption"]) + module.read(batch["mismatch"])) / 2
    _, for_generator, between, _ = drawn  # the last by mode seeking
    assert torch.allclose(between, text, atol=1e-6)
    assert torch.equal(judged[-1], between)
    assert torch.equal(judged[-2], for_generator)


def test_right_and_wrong_pairs_are_judged_in_one_batch(runs):
    """Apart from each other, batch norm tells the discriminator which batch is wrong."""
    module, _ = runs["gan_cls"]
    sizes = []
    match = module.match
    module.match = lambda features, text: (sizes.append(len(text)), match(features, text))[1]
    batch = next(iter(module.trainer.datamodule.train_dataloader()))
    seen = module.training_step(batch, 0)
    del module.match
    assert sizes == [16, 8, 8]
    assert seen["real_score"].shape == seen["fake_score"].shape == (8,)


def test_what_is_asked_for_is_drawn(runs):
    module, _ = runs["gan_cls"]
    images = module.sample(3, seed=1, caption=CAPTION)
    assert images.shape == (3, 3, 32, 32)
    assert torch.equal(images, torch.cat(list(module.draw(3 * [CAPTION], seed=1))))
    other = module.sample(3, seed=1, caption="a small blue square at the bottom right")
    assert not torch.equal(images, other)
    parts = [torch.cat(list(module.draw(7 * [CAPTION], seed=2, rank=rank, world=2))) for rank in range(2)]
    whole = torch.cat(list(module.draw(7 * [CAPTION], seed=2, batch_size=3)))
    assert torch.allclose(parts[1], whole[1::2], atol=1e-5)
    with pytest.raises(UserError, match=r"never read 'purple', 'hexagon'; it knows a, at, blue"):
        module.sample(1, caption="a large purple hexagon")
    with pytest.raises(UserError, match="label=3: this model draws captions"):
        module.sample(1, label=3)


def test_a_caption_is_not_taken_for_a_label(runs):
    module, _ = runs["gan_cls"]
    with pytest.raises(UserError, match="this model draws captions"):
        list(module.samples(1, label=[CAPTION]))
    with pytest.raises(UserError, match="this model draws captions"):
        module.inputs(1, module.draws, [CAPTION])
    inputs = module.inputs(4, Draws(1, "sample"))
    assert torch.equal(torch.cat(list(module.pictures_of(inputs))).cpu(), module.sample(4, seed=1))


def test_a_table_has_a_row_for_each_caption_and_a_column_for_each_z(runs):
    module, _ = runs["gan_cls"]
    captions = [CAPTION, "a small blue square at the bottom right"]
    table = module.table(captions, 3, seed=4)
    for row, caption in enumerate(captions):
        assert torch.allclose(
            table[3 * row : 3 * row + 3], module.sample(3, seed=4, caption=caption), atol=1e-5
        )


def test_the_ends_of_an_interpolation_are_the_two_captions(runs):
    module, _ = runs["gan_cls"]
    other = "a small blue square at the bottom right"
    way = interpolate(module, [0], along="caption", captions=[CAPTION, other], frames=5, n=1, seed=3)
    images = way.images[0]
    assert images.shape == (5, 3, 32, 32)
    assert torch.equal(images[:1], module.sample(1, seed=3, caption=CAPTION))
    assert torch.equal(images[-1:], module.sample(1, seed=3, caption=other))
    assert len({float(image.sum()) for image in images}) == 5


def test_what_a_model_knows_of_captions_is_saved_with_its_weights(runs):
    module, _ = runs["gan_cls"]
    fresh = instantiate(tiny_config("model=gan_cls", "data=shapes").model)
    fresh.load_state_dict(module.state_dict())
    assert fresh.book.lexicon.names == module.trainer.datamodule.classes
    assert (len(fresh.book.captions), len(fresh.book.held_out)) == (84, 12)
    shown = fresh.book.shown(8)
    assert list(shown.values()) == 6 * [False] + 2 * [True]
    drawn = [model.sample(2, seed=1, caption=CAPTION) for model in (fresh, module)]
    assert torch.allclose(*drawn, atol=1e-6)


def test_the_second_stage_leaves_the_first_as_it_is(runs):
    module, history = runs["stackgan"]
    first = moved(history, 0, 1)
    assert first
    assert not any(name.startswith(("second_", "generator.network.second")) for name in first)
    second = moved(history, 2, 3)
    assert second
    assert all(name.startswith(("second_discriminator", "generator.network.second")) for name in second)
    assert [tuple(step["seen"]["fake"].shape[2:]) for step in history] == 2 * [(16, 16)] + 2 * [(32, 32)]
    assert bool(module.stacked.second_has_begun)
    assert module.sample(1).shape == (1, 3, 32, 32)
    before = {k: v for k, v in history[1]["weights"].items() if "generator.network.first" in k}
    after = {k: v for k, v in history[3]["weights"].items() if "generator.network.first" in k}
    assert all(torch.equal(before[k], after[k]) for k in before)  # its norms' statistics as well


@pytest.mark.parametrize("model", ["gan_cls", "stackgan"])
def test_the_letter_encoder_trains_too(model, tmp_path):
    words = [f"model={model}", "model/encoder=char_cnn_rnn", "data=shapes", FEW, "trainer.max_steps=1"]
    cfg = tiny_config(*words, "data.batch_size=4", "model.encoder.size=16", "model.encoder.recurrent_size=8")
    check(cfg)
    module = fit(cfg, tmp_path)
    assert module.book.lexicon.reads == "letters"
    assert module.sample(2, caption="a purple elephant").isfinite().all()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["data.tokens=letters"],
            "model.encoder reads words, and the data gives letters; set data.tokens=words",
        ),
        (["model.encoder.words=5"], "model.encoder.words=5: the data has 16 words"),
        (["data.image_size=64", "model.generator.image_size=32"], "the generator makes images of 32x32"),
        (["model.mismatch_weight=1"], "model.mismatch_weight=1.0: a share from 0"),
        (["model=stackgan", "model.first_stage_images=0"], "model.first_stage_images=0"),
        (
            ["model=stackgan", "model.discriminator.image_size=32"],
            "the first stage makes .3, 16, 16., the second .3, 32, 32.",
        ),
    ],
)
def test_settings_that_cannot_work_are_told_before_training(words, message):
    cfg = compose(["model=gan_cls", "data=shapes", FEW, "trainer=cpu", "metrics=none", *words])
    check(cfg)

    def start() -> None:
        data, module = build(cfg)
        module.check(data.shape, data.classes)

    with pytest.raises(UserError, match=message):
        start()
