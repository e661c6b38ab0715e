"""Standing statistics: of the noise and of nothing else, for a while."""

import pytest
import torch
from torch import nn

from ganlab.errors import UserError
from ganlab.models.standing import BATCH, norms_of, standing_statistics
from ganlab.randomness import Draws
from tests.support.runs import build, tiny_config

BATCHES = 5


class Scaled(nn.Module):
    """z (B, 4) to images (B, 1, 2, 2): batch norm of 3 z + 1, dropout between."""

    def __init__(self) -> None:
        super().__init__()
        self.dropout, self.norm = nn.Dropout(), nn.BatchNorm1d(4)

    def forward(self, z):
        return self.norm(self.dropout(3 * z + 1)).reshape(-1, 1, 2, 2)


@pytest.fixture(scope="module")
def module():
    return build(tiny_config("model=cgan_dcgan", "data.image_size=8"))[1].eval()


def buffers(network):
    return {name: value.clone() for name, value in network.named_buffers()}


def test_statistics_are_means_over_the_noise():
    _, module = build(tiny_config("model=vanilla", "model/prior=normal", "model.prior.size=4"))
    module.average.average = network = Scaled().eval()
    with standing_statistics(module, BATCHES):
        z = Draws(module.seed, "standing").normal(BATCHES * BATCH, 4)
        parts = 3 * z.reshape(BATCH, BATCHES, 4) + 1
        assert torch.allclose(network.norm.running_mean, (3 * z + 1).mean(0), atol=1e-5)
        assert torch.allclose(network.norm.running_var, parts.var(0).mean(0), atol=1e-4)
        assert not network.norm.training
        expected = (z[:7] * 3 + 1 - network.norm.running_mean) / (network.norm.running_var + 1e-5).sqrt()
        assert torch.allclose(network(z[:7]).flatten(1), expected, atol=1e-5)
    assert network.norm.running_mean.tolist() == [0] * 4
    assert network.norm.momentum == 0.1


def test_samples_are_the_same_again_in_batches_of_any_size_and_as_before_afterwards(module):
    network = module.average.current()
    before, plain = buffers(network), module.sample(20, seed=2)
    with standing_statistics(module, 2):
        drawn, standing = module.sample(20, seed=2), buffers(network)
        assert not torch.allclose(drawn, plain, atol=1e-2)
        assert torch.allclose(module.sample(20, seed=2, batch_size=3), drawn, atol=1e-5)
        assert module.sampled_from() == "averaged weights, standing statistics of 2 batches"
        assert module.sampled_from(averaged=False) == "weights in training"
    with standing_statistics(module, 2):
        assert torch.equal(module.sample(20, seed=2), drawn)
    with standing_statistics(module, 3):
        assert not torch.equal(module.sample(20, seed=2), drawn)
    with module.truncated(0.1), standing_statistics(module, 2):
        of_truncated = buffers(network)
    changed = [name for name in standing if not torch.equal(standing[name], of_truncated[name])]
    assert any(name.endswith("running_var") for name in changed)
    assert all(torch.equal(before[name], value) for name, value in network.named_buffers())
    assert torch.equal(module.sample(20, seed=2), plain)
    assert module.sampled_from() == "averaged weights"
    with standing_statistics(module, None):
        assert torch.equal(module.sample(20, seed=2), plain)


def test_each_pass_has_all_classes(module):
    seen = []
    handle = module.average.current().register_forward_pre_hook(lambda _, inputs: seen.append(inputs[1]))
    try:
        with standing_statistics(module, 3):
            pass
    finally:
        handle.remove()
    assert [labels.unique().tolist() for labels in seen] == [list(range(10))] * 3


def test_they_end_with_an_error_and_need_batches_and_batch_norm(module, monkeypatch):
    before = buffers(module.average.current())
    with pytest.raises(RuntimeError, match="stop"), standing_statistics(module, 1):
        raise RuntimeError("stop")
    assert all(torch.equal(before[name], value) for name, value in module.average.current().named_buffers())
    monkeypatch.setattr(module, "drawn", lambda *_: 1 / 0)  # while they are taken
    with pytest.raises(ZeroDivisionError), standing_statistics(module, 1):
        pass
    assert all(torch.equal(before[name], value) for name, value in module.average.current().named_buffers())
    assert {norm.momentum for norm in norms_of(module.average.current())} == {0.1}
    with pytest.raises(UserError, match="standing_statistics=0: expected"), standing_statistics(module, 0):
        pass
    _, without = build(tiny_config("model=vanilla", "data.image_size=8"))
    assert norms_of(without.generator) == []
    with pytest.raises(UserError, match="has no batch norm"), standing_statistics(without, 4):
        pass


def test_without_an_average_they_are_of_the_weights_in_training_and_said_of_both():
    _, module = build(tiny_config("model=cgan_dcgan", "model/average=none", "data.image_size=8"))
    with standing_statistics(module.eval(), 2):
        for averaged in (True, False):
            said = module.sampled_from(averaged=averaged)
            assert said == "weights in training, standing statistics of 2 batches"
