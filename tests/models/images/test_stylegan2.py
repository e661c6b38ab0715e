"""StyleGAN2's game: who moves when, and what moves beside the weights."""

import pytest
import torch

from ganlab.errors import UserError
from ganlab.randomness import Draws
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


def test_samples_have_a_second_style_from_a_layer_on(module):
    network = module.average.current()
    plain = module.sample(4, seed=1)
    with torch.no_grad():
        own, second = (network.mapping(module.prior(Draws(1, of), 4)) for of in ("sample", "second"))
        for mix in (1, 4):
            layers = [own] * mix + [second] * (network.layers - mix)
            expected = network.synthesis(torch.stack(layers, dim=1))
            assert torch.allclose(module.sample(4, seed=1, mix=mix), expected, atol=1e-5)
    with module.mixed(4):
        assert torch.allclose(torch.cat([*module.samples(4, seed=1, batch_size=3)]), expected, atol=1e-5)
        with module.truncated(0.0):
            assert torch.allclose(module.sample(4), module.sample(4, seed=1, truncation=0.0), atol=1e-5)
    assert torch.equal(module.sample(4, seed=1), plain)
    each = torch.stack([module.sample(16, seed=1, mix=mix) for mix in range(1, network.layers)])
    drawn = module.sample(16, seed=1, mix="random")
    apart = (each - drawn).abs().flatten(2).amax(dim=2)  # (mixes, samples)
    assert apart.min(dim=0).values.max() < 1e-5
    assert apart.argmin(dim=0).unique().tolist() == list(range(network.layers - 1))
    for wrong in (0, network.layers, -1, "often"):
        with pytest.raises(UserError, match=f"mix={wrong}: expected the layer .* from 1 to 5, or random"):
            module.sample(1, mix=wrong)


def test_both_styles_of_a_sample_are_of_its_class():
    _, module = build(tiny_config("model=stylegan2_conditional", "data.image_size=16"))
    network, seen = module.average.current(), []
    handle = network.mapping.register_forward_hook(lambda _, inputs, output: seen.append((*inputs, output)))
    try:
        module.sample(4, label=3, mix=2)
        module.sample(20, mix=2)
    finally:
        handle.remove()
    of_label, of_all = seen[:2], seen[2:]
    assert [label.tolist() for _, label, _ in of_label] == [[3] * 4] * 2
    assert [label.tolist() for _, label, _ in of_all] == [[label for label in range(10) for _ in "ab"]] * 2
    for (z, _, w), (second, _, other) in (of_label, of_all):
        assert not torch.equal(z, second)
        assert not torch.equal(w, other)
