"""The callback that lets augmentation follow the discriminator."""

from types import SimpleNamespace

import pytest
import torch

from ganlab.callbacks.ada import AdaptAugmentation
from ganlab.errors import UserError
from ganlab.techniques.augment.ada import AdaptiveAugment
from ganlab.techniques.augment.base import NoAugment
from ganlab.techniques.augment.bgc import BGC


class Game:
    """What the callback needs of a module; ``others`` is another process's mean sign."""

    scores_are_logits = True

    def __init__(self, others: float | None = None) -> None:
        self.augment = AdaptiveAugment(pipe=BGC(), every=1, images_to_full=1000)
        self.others = others
        self.tracked: dict[str, list[float]] = {}

    def mean_over_ranks(self, value: torch.Tensor) -> torch.Tensor:
        return value if self.others is None else (value + self.others) / 2

    def track(self, name: str, value: torch.Tensor) -> None:
        self.tracked.setdefault(name, []).append(value.item())


def after_step(game: Game, *scores: float, world: int = 1) -> float:
    outputs = {"real_score": torch.tensor(scores)}
    AdaptAugmentation().on_train_batch_end(SimpleNamespace(world_size=world), game, outputs, {}, 0)
    return game.augment.p.item()


def test_signs_and_not_sizes_of_real_logits_decide():
    game = Game()
    assert after_step(game, 0.1, 0.1, 0.1, 0.1) == pytest.approx(0.004)
    assert after_step(game, 9.0, 9.0, 9.0, -0.1) == pytest.approx(0)  # mean sign 0.5
    assert game.tracked == {"game/augment_p": pytest.approx([0.004, 0])}


def test_all_processes_count():
    assert after_step(Game(others=1.0), 1.0, 1.0, 1.0, -1.0, world=2) == pytest.approx(0.008)  # 0.75
    assert after_step(Game(others=-1.0), 1.0, 1.0, 1.0, 1.0, world=2) == 0


def test_low_precision_scores_are_counted_exactly():
    game = Game()
    outputs = {"real_score": torch.ones(1000).bfloat16()}
    AdaptAugmentation().on_train_batch_end(SimpleNamespace(world_size=1), game, outputs, {}, 0)
    assert game.augment.p.item() == pytest.approx(1.0)


def test_scores_whose_sign_says_nothing_are_refused():
    game = Game()
    AdaptAugmentation().on_fit_start(SimpleNamespace(), game)
    game.scores_are_logits = False
    with pytest.raises(UserError, match=r"sign of logits.*model/loss=non_saturating or model/augment=diff"):
        AdaptAugmentation().on_fit_start(SimpleNamespace(), game)


def test_an_augmentation_that_does_not_adapt_is_refused_before_training():
    game = Game()
    game.augment = NoAugment()
    with pytest.raises(UserError, match=r"NoAugment does not follow.*model/augment=ada"):
        AdaptAugmentation().on_fit_start(SimpleNamespace(), game)
