"""A sick run stops or is told of, once."""

import json
import logging
import time

import pytest
import torch

from ganlab.callbacks.health import Health
from ganlab.config import compose
from ganlab.errors import DivergedError, UserError
from ganlab.losses.adversarial import NonSaturating
from ganlab.training.checkpoints import PATTERN, read_checkpoint
from ganlab.training.run import train
from tests.support.runs import fit

QUICK = [
    "model=mlp_gan",
    "metrics=none",
    "data.image_size=8",
    "trainer=cpu",
    "data.batch_size=64",
    "callbacks.samples=null",
]
EVERY_SECOND = "callbacks.checkpoints.every_images=128"


@pytest.mark.parametrize("player", ["discriminator", "generator"])
def test_N1_a_loss_that_is_not_finite_stops_the_run(player, tmp_path, monkeypatch):
    loss = getattr(NonSaturating, player)
    calls = []

    def poisoned(self, *scores):
        calls.append(1)
        return loss(self, *scores) * (float("nan") if len(calls) == 7 else 1.0)

    monkeypatch.setattr(NonSaturating, player, poisoned)
    config = compose([*QUICK, "trainer.max_steps=20", "callbacks.checkpoints.every_images=128"])
    with pytest.raises(
        DivergedError, match=rf"the {player}'s loss is not finite in step 7 \(adversarial=nan"
    ) as error:
        train(config, tmp_path)
    assert error.value.exit_code == 3
    files = list((tmp_path / "checkpoints").glob(PATTERN))
    assert sorted(path.name for path in files) == ["step-00000004.ckpt", "step-00000006.ckpt"]
    for path in files:
        assert all(
            w.isfinite().all() for w in read_checkpoint(path)["state_dict"].values() if torch.is_tensor(w)
        )
    assert json.loads((tmp_path / "results.json").read_text())["status"] == "diverged"


def test_N1_a_weight_that_is_not_finite_is_never_saved(tmp_path):
    def poison(module):
        after = module.after_update

        def after_update(player):
            after(player)
            if module.steps == 4 and player == "generator":
                next(module.generator.parameters()).data[0] = float("inf")

        module.after_update = after_update

    config = compose([*QUICK, "trainer.max_steps=20", "callbacks.checkpoints.every_images=128"])
    with pytest.raises(DivergedError, match="weight of the generator is not finite at step 4"):
        fit(config, tmp_path, wrap=poison)
    assert [path.name for path in (tmp_path / "checkpoints").glob(PATTERN)] == ["step-00000002.ckpt"]


def test_N1_where_updates_do_not_look_the_callback_does(tmp_path):
    """On a GPU or over several processes, the sums are looked at every few steps."""

    class Module:
        steps, device = 10, torch.device("cpu")

        def non_finite(self):
            return ["generator/adversarial"]

        def mean_over_ranks(self, value):
            return value

    with pytest.raises(DivergedError, match="not finite at step 10: generator/adversarial"):
        Health().require_finite(Module())


def poison_gradient(monkeypatch, step: int, module: list) -> None:
    """In one step the generator's loss is finite, and its gradient is not: 0 times the slope of a root at 0."""
    loss = NonSaturating.generator

    def poisoned(self, *scores):
        value = loss(self, *scores)
        return value + (0 * value).sqrt() if module[0].steps == step else value

    monkeypatch.setattr(NonSaturating, "generator", poisoned)


@pytest.mark.parametrize("clip", ["null", "1.0"])
def test_N2_a_gradient_that_is_not_finite_never_reaches_the_weights(clip, tmp_path, monkeypatch):
    modules = []
    poison_gradient(monkeypatch, 5, modules)
    config = compose([*QUICK, f"model.gradient_clip={clip}", "trainer.max_steps=20", EVERY_SECOND])
    with pytest.raises(
        DivergedError, match=r"the generator's gradient is not finite in step 5 \(norm nan"
    ) as error:
        fit(config, tmp_path, wrap=modules.append)
    assert error.value.exit_code == 3
    assert all(p.isfinite().all() for p in modules[0].parameters())
    assert sorted(path.name for path in (tmp_path / "checkpoints").glob(PATTERN)) == [
        "step-00000002.ckpt",
        "step-00000004.ckpt",
    ]


def test_N3_a_run_that_diverged_goes_on_from_before_with_another_learning_rate(tmp_path, monkeypatch, caplog):
    """In place of a rollback: the same data and the same numbers would diverge again, bit for bit."""
    caplog.set_level(logging.INFO, logger="ganlab")
    loss = NonSaturating.generator

    def wild(self, *scores):
        calls.append(1)
        return loss(self, *scores) * (float("nan") if len(calls) == 5 and first else 1.0)

    monkeypatch.setattr(NonSaturating, "generator", wild)
    calls, first = [], True
    words = [*QUICK, "trainer.max_steps=6", EVERY_SECOND, "callbacks.log.every_steps=1", "resume=auto"]
    with pytest.raises(DivergedError):
        train(compose(words), tmp_path)
    first = False
    train(compose([*words, "model.optimizers.generator.lr=1e-5"]), tmp_path)
    assert "resuming" in caplog.text
    assert "model.optimizers.generator: lr 0.0002 -> 1e-05" in caplog.text
    results = json.loads((tmp_path / "results.json").read_text())
    assert (results["status"], results["steps"]) == ("finished", 6)
    assert results["last"]["generator/lr"] == pytest.approx(1e-5)
    assert results["last"]["discriminator/lr"] == pytest.approx(2e-4)


@pytest.mark.filterwarnings("ignore:Error detected")  # with where in the forward pass it was
def test_N4_the_operation_whose_gradient_is_nan_is_named(tmp_path, monkeypatch):
    modules = []
    poison_gradient(monkeypatch, 2, modules)
    config = compose([*QUICK, "debug=anomaly", "trainer.max_steps=4"])
    with pytest.raises(RuntimeError, match="MulBackward0"):
        fit(config, tmp_path, wrap=modules.append)


@pytest.mark.parametrize("loss", ["non_saturating", "wasserstein"])
def test_N5_an_exploding_loss_is_told(loss, tmp_path, told):
    words = [f"model.optimizers.{player}.lr=1e3" for player in ("generator", "discriminator")]
    words += ["callbacks.log.every_steps=1", "callbacks.health.every_steps=1", "callbacks.health.warm_up=0"]
    train(compose([*QUICK, f"model/loss={loss}", *words, "trainer.max_steps=6"]), tmp_path)
    assert sum("training has exploded" in text for text in told()) == 1


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (0.0, 255.0, "from 0 to 255; a model needs images in [-1, 1]"),
        (0.0, 1.0, "not in [0, 1]"),
        (-1.0, 1.0, None),
    ],
    ids=["bytes", "from 0", "as they should be"],
)
def test_N11_images_of_another_range_are_noticed_before_the_first_step(low, high, said, told):
    images = torch.linspace(low, high, 16).reshape(4, 1, 2, 2)
    batch = {"image": images, "mask": torch.ones(4, 1, 2, 2), "label": torch.arange(4) + 7}
    try:
        Health().on_train_batch_start(None, Game(), batch, 0)
        sentences = told()
    except UserError as error:
        sentences = [str(error)]
    assert len(sentences) == (said is not None)
    assert all(said in text for text in sentences)


def test_N15_a_body_that_raises_leaves_no_player_frozen(tiny_run):
    trainable = []

    def interrupted_update(module):
        with module.update("discriminator"):
            assert not any(p.requires_grad for p in module.generator.parameters())
            raise ZeroDivisionError

    def wrap(module):
        step = module.training_step

        def training_step(batch, batch_idx):
            with pytest.raises(ZeroDivisionError):
                interrupted_update(module)
            trainable.extend(p.requires_grad for ps in module.parameters_of().values() for p in ps)
            return step(batch, batch_idx)

        module.training_step = training_step

    tiny_run("model=mlp_gan", "trainer.max_steps=2", wrap=wrap)
    assert trainable
    assert all(trainable)


class Game:
    """What the health callback reads of a module."""

    gradient_clip, data_kind = None, "images"

    def __init__(self):
        self.steps, self.images, self.published, self.told = 0, 0, {}, {}
        self.trainer = type("Trainer", (), {"is_global_zero": True})()

    def mean_over_ranks(self, value):
        return value

    def news(self):
        return self.told


def look(
    health: Health, game: Game, *, gap: float, accuracy: float = 0.6, spread: float = 1.0, loss: float
) -> dict[str, float]:
    real = torch.linspace(-1, 1, 16).reshape(16, 1, 1, 1)
    game.steps += 100
    game.images += 6400
    game.published |= {"game/logit_gap": gap, "game/accuracy": accuracy, "discriminator/loss": loss}
    health.look_at_game(game)
    return health.look_at_pixels(game, {"real": real, "fake": real * spread})


@pytest.fixture
def told(caplog):
    """The sentences of the warnings so far."""
    caplog.set_level(logging.WARNING, logger="ganlab")
    return lambda: [record.getMessage() for record in caplog.records]


def test_N6_N8_warnings_once_and_only_after_several_signs_in_a_row(told):
    health, game = Health(patience=3, warm_up=0), Game()
    for step, healthy in enumerate([False, False, True, False, False]):
        gap, accuracy, spread = (1.0, 0.6, 1.0) if healthy else (40.0, 0.99, 0.05)
        look(health, game, gap=gap, accuracy=accuracy, spread=spread, loss=0.1 + step / 100)
    assert told() == []
    for step in range(5):
        seen = look(health, game, gap=40.0, accuracy=0.99, spread=0.05, loss=0.01 + step / 1000)
    assert len(told()) == 2, "each is told once"
    assert sum("samples are nearly identical" in text for text in told()) == 1
    assert sum("without effort (score gap 40.0)" in text for text in told()) == 1
    assert seen == {"health/diversity": pytest.approx(0.05)}


def test_N6_a_wide_gap_alone_is_no_victory(told):
    health, game = Health(patience=1, warm_up=0), Game()
    for step in range(3):
        look(health, game, gap=20.0, accuracy=0.9, loss=1.0 + step)
    assert told() == []


@pytest.mark.parametrize(("gap", "loss"), [(-19.0, 0.5), (0.0, 20.0)])
def test_N7_a_discriminator_that_has_lost(told, gap, loss):
    health, game = Health(patience=3, warm_up=0), Game()
    for step in range(4):
        look(health, game, gap=gap, accuracy=0.3, loss=loss + step / 100)
    assert len(told()) == 1
    assert "worse than a coin toss" in told()[0]


def test_N8_collapse_in_the_features_of_the_metrics(told):
    health, game = Health(warm_up=0), Game()
    game.images = 1
    game.told = {"val/diversity_digits": 0.3}
    health.look_at_scores(game)
    game.told = {"generator/loss": 1.0}
    for _ in range(5):
        health.look_at_scores(game)  # no evaluation, no sign
    assert told() == []
    game.told = {"val/diversity_digits": 0.4}
    health.look_at_scores(game)
    assert len(told()) == 1
    assert "distances are 40%" in told()[0]


def test_N8_pixels_do_not_contradict_features(told):
    """Digits in other places are as far apart in pixels as other digits: where there are features, they decide."""
    health, game = Health(patience=1, warm_up=0), Game()
    game.published["val/diversity_digits"] = 0.9
    look(health, game, gap=0.0, spread=0.05, loss=1.0)
    assert told() == []


def test_N8_one_collapsed_direction_is_enough(told):
    health, game = Health(warm_up=0), Game()
    game.images = 1
    for _ in range(2):
        assert told() == []
        game.told = {"val/diversity_glyphs_a_to_b": 0.2, "val/diversity_glyphs_b_to_a": 0.9}
        health.look_at_scores(game)
    assert len(told()) == 1
    assert "distances are 20%" in told()[0]
    assert "model=wgan_gp" not in told()[0], "this is no model that makes images of noise"


@pytest.mark.parametrize(
    ("kind", "name", "sentence"),
    [
        (
            "captions",
            "val/diversity_caption",
            "pictures of one caption are nearly identical (their distances are 14%",
        ),
        ("labelled", "val/diversity_class_digits", "pictures of one class are nearly identical"),
    ],
)
def test_noise_that_is_ignored_is_told_of_and_is_no_collapse(told, kind, name, sentence):
    health, game = Health(patience=1, warm_up=0), Game()
    game.images, game.data_kind = 1, kind
    for value in (0.14, 0.5, 0.14):
        game.told = {name: value, f"{name}_held_out": 0.9}
        health.look_at_scores(game)
    assert told() == [], "two in a row"
    game.told = {name: 0.9, f"{name}_held_out": 0.14}
    health.look_at_scores(game)
    assert len(told()) == 1
    assert sentence in told()[0]
    game.published[name] = 0.9  # it says nothing about the whole: pixels still do
    look(health, game, gap=0.0, spread=0.05, loss=1.0)
    assert "samples are nearly identical" in told()[1]


def test_a_model_without_classes_is_not_told_that_classes_are_alike(told):
    health, game = Health(warm_up=0), Game()
    game.images = 1
    for _ in range(3):
        game.told = {"val/diversity_digits": 0.9, "val/diversity_class_digits": 0.1}
        health.look_at_scores(game)
    assert told() == []


def test_N8_a_batch_of_one_has_no_diversity_and_shapes_may_differ(told):
    health, game = Health(patience=1, warm_up=0), Game()
    game.images = 1
    one = torch.zeros(1, 3, 8, 8)
    assert health.look_at_pixels(game, {"real": one, "fake": one}) == {}
    real = torch.linspace(-1, 1, 4).reshape(4, 1, 1, 1).expand(4, 3, 8, 8)
    seen = health.look_at_pixels(game, {"real": real, "fake": real[:, :1, :2, :2]})
    assert seen == {"health/diversity": pytest.approx(1.0)}
    assert told() == []


def test_a_frozen_loss_is_told(told):
    health, game = Health(patience=3, warm_up=0), Game()
    for _ in range(6):
        look(health, game, gap=0.0, loss=0.5)
    assert told() == ["step 400: the losses have not changed at all: is a learning rate 0?"]


def test_healthy_training_is_silent(told):
    health, game = Health(patience=1, warm_up=0), Game()
    for step in range(10):
        look(health, game, gap=0.3, spread=0.9, loss=float(step) / 10)
    assert told() == []


def test_gradient_norms_accuracy_and_cost_are_logged(tiny_run):
    began = time.monotonic()
    module = tiny_run("model=mlp_gan", "trainer.max_steps=4")
    whole = time.monotonic() - began
    for player in module.players():
        norm = module.published[f"health/{player}_gradient_norm"]
        assert 0 < norm < 1000
    assert 0 <= module.published["game/accuracy"] <= 1
    gap = module.published["game/real_score"] - module.published["game/fake_score"]
    assert module.published["game/logit_gap"] == pytest.approx(gap, abs=1e-6)
    assert 0 < module.published["progress/health_seconds"] < whole


def test_the_gradient_norm_is_the_one_that_clipping_measures(tiny_run):
    settings = ["model=mlp_gan", "trainer.max_steps=1", "callbacks.log.every_steps=1"]
    watched = tiny_run(*settings, folder="watched").published
    clipped = tiny_run(*settings, "model.gradient_clip=1e9", folder="clipped").published
    for player in ("generator", "discriminator"):
        name = f"health/{player}_gradient_norm"
        assert watched[name] == pytest.approx(clipped[name], rel=1e-4)
