"""A sick run stops or is told of, once."""

import logging

import pytest
import torch

from ganlab.callbacks.health import Health
from ganlab.config import compose
from ganlab.errors import DivergedError
from ganlab.losses.adversarial import NonSaturating
from ganlab.training.checkpoints import PATTERN, read_checkpoint
from ganlab.training.run import train
from tests.helpers import fit

QUICK = ["model=mlp_gan", "data.image_size=8", "trainer=cpu", "data.batch_size=64", "callbacks.samples.n=4"]


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
    assert not (tmp_path / "results.json").exists()  # nothing is reported as finished


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

    scores_are_logits = True

    def __init__(self):
        self.steps, self.images, self.published, self.tracked = 0, 0, {}, {}
        self.trainer = type("Trainer", (), {"is_global_zero": True})()

    def track(self, name, value):
        self.tracked[name] = value


def look(health: Health, game: Game, *, gap: float, spread: float, loss: float) -> None:
    real = torch.linspace(-1, 1, 16).reshape(16, 1, 1, 1)
    game.steps += 100
    game.images += 6400
    game.published |= {"game/real_score": gap, "game/fake_score": 0.0, "generator/loss": loss}
    health.look(game, {"real": real, "fake": real * spread})


def test_warnings_once_and_only_after_several_signs_in_a_row(caplog):
    caplog.set_level(logging.WARNING, logger="ganlab")
    health, game = Health(patience=3, warm_up=0), Game()
    for step, healthy in enumerate([False, False, True, False, False]):
        look(health, game, gap=1.0 if healthy else 40.0, spread=1.0 if healthy else 0.05, loss=float(step))
    assert caplog.records == []
    for step in range(5):
        look(health, game, gap=40.0, spread=0.05, loss=10.0 + step)
    texts = [record.getMessage() for record in caplog.records]
    assert len(texts) == 2, "each is told once"
    assert sum("samples of a batch are nearly identical" in text for text in texts) == 1
    assert sum("without effort" in text for text in texts) == 1
    assert game.tracked["health/diversity"] == pytest.approx(0.05)


def test_a_frozen_loss_is_told(caplog):
    caplog.set_level(logging.WARNING, logger="ganlab")
    health, game = Health(patience=3, warm_up=0), Game()
    for _ in range(6):
        look(health, game, gap=0.0, spread=1.0, loss=0.5)
    assert [record.getMessage() for record in caplog.records] == [
        "step 400: the losses have not changed at all: is a learning rate 0?"
    ]


def test_healthy_training_is_silent(caplog):
    caplog.set_level(logging.WARNING, logger="ganlab")
    health, game = Health(patience=1, warm_up=0), Game()
    for step in range(10):
        look(health, game, gap=0.3, spread=0.9, loss=float(step))
    assert caplog.records == []
