"""StyleGAN2's game: who moves when, and what moves beside the weights."""

import pytest
import torch

from ganlab.errors import UserError
from tests.support.runs import build, tiny_config

WORDS = ["model=stylegan2", "data.image_size=16", "model.r1_every=4", "model.path_every=2"]


def test_regularizers_take_steps_of_their_own_and_the_average_moves_once(tiny_run):
    players, averages, seen = [], [], {}

    def wrap(module):
        update, average = module.update, module.average.update

        def watched(player, kind=""):
            players.append(f"{player[0]}{kind[:1]}")
            return update(player, kind=kind)

        def moved(images):
            averages.append(images)
            average(images)

        module.update, module.average.update = watched, moved
        seen["module"] = module

    module = tiny_run(*WORDS, "trainer.max_steps=4", "callbacks.log.every_steps=4", wrap=wrap)
    assert " ".join(players) == "g d g gp d g d g gp d dr"
    assert averages == [8, 16, 24, 32]
    told = module.published
    assert told["discriminator/r1"] > 0
    assert told["generator/path_length"] > 0
    assert told["generator/loss"] == told["generator/adversarial"]  # of the players' own steps alone
    assert told["discriminator/loss"] == told["discriminator/adversarial"]
    assert module.optimizers_by_player()["discriminator"].param_groups[0]["lr"] == pytest.approx(0.002)
    assert module.path_mean > 0
    assert module.generator.w_mean.abs().max() > 0
    assert torch.equal(module.average.current().w_mean, module.generator.w_mean)


@pytest.fixture(scope="module")
def module():
    return build(tiny_config(*WORDS, "model.mixing=1.0"))[1]


def test_mixed_styles_change_at_one_layer_and_leave_the_mean_alone(module):
    module.w_decay = 1.0  # the mean style is then that of the last call
    firsts = set()
    for step in range(30):
        module.draws.reseed("step", step)
        styles = module.styles(3)
        changes = (styles[:, 1:] != styles[:, :-1]).any(dim=2)  # (3, layers - 1)
        assert changes.sum(dim=1).tolist() == [1, 1, 1]
        first = changes.int().argmax(dim=1).unique()
        assert len(first) == 1  # in all samples at the same layer
        firsts.add(int(first))
        assert torch.allclose(module.generator.w_mean, styles[:, 0].mean(0), atol=1e-6)
    assert firsts == set(range(module.generator.layers - 1))


def test_psi_holds_within_its_block_and_samples_know_it(module):
    plain = module.sample(4, seed=1)
    assert torch.equal(module.sample(4, seed=1, truncation=1.0), plain)
    narrow = module.sample(4, seed=1, truncation=0.0)
    with module.truncated(0.0):
        assert torch.equal(module.sample(4, seed=1), narrow)
    assert torch.allclose(narrow, narrow[:1].expand_as(narrow), atol=1e-5)
    assert torch.equal(module.sample(4, seed=1), plain)
    assert torch.allclose(module.sample(4, seed=1, batch_size=1), plain, atol=1e-5)
    with pytest.raises(UserError, match="truncation=-1: expected psi"):
        module.sample(1, truncation=-1)
