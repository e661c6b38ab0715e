import pytest
import torch
from torch import nn

from ganlab.errors import UserError
from ganlab.techniques.ema import EMA, EMAPerUpdate, NoAverage


def constant(value: float) -> nn.Module:
    layer = nn.Linear(1, 1, bias=False)
    nn.init.constant_(layer.weight, value)
    return layer


@pytest.mark.parametrize("batch", [1, 10, 500])
def test_the_start_halves_every_half_life_whatever_the_batch(batch):
    network = constant(1.0)
    average = EMA(half_life=1000, ramp_up=None)
    average.follow(network)
    nn.init.constant_(network.weight, 0.0)
    for seen in range(batch, 2001, batch):
        average.update(seen)
    assert average.current().weight.item() == pytest.approx(0.25, rel=1e-4)


def test_ramp_up_forgets_the_start_early():
    network = constant(1.0)
    average = EMA(half_life=1e9, ramp_up=0.05)
    average.follow(network)
    nn.init.constant_(network.weight, 0.0)
    average.update(100)  # the half-life is 5 images: 20 halvings
    assert average.current().weight.item() == pytest.approx(0.5**20, rel=1e-2)


def test_statistics_of_batch_norms_are_averaged_as_the_weights_are():
    network = nn.BatchNorm1d(3)
    average = EMA(half_life=8, ramp_up=None)
    average.follow(network)
    network(torch.randn(8, 3) + 5)
    average.update(8)
    mine = average.current()
    assert torch.allclose(mine.running_mean, network.running_mean / 2)  # began at 0 ...
    assert torch.allclose(mine.running_var, (1 + network.running_var) / 2)  # ... and at 1
    assert mine.num_batches_tracked == 1


def test_of_a_fixed_batch_an_averaged_norm_makes_what_the_averaged_weights_expect():
    """Layers whose weights swing: with the statistics of the last weights their average would be off its mean."""
    linear, norm = nn.Linear(1, 1, bias=False), nn.BatchNorm1d(1, momentum=1.0)
    network, x = nn.Sequential(linear, norm), torch.tensor([[1.0], [3.0]])
    average = EMA(half_life=2, ramp_up=None)
    average.follow(network)
    for step in range(200):
        nn.init.constant_(linear.weight, 1.0 + step % 2)
        network(x)
        average.update(2 * step + 2)
    mine = average.current()
    assert mine[1].running_mean.item() == pytest.approx(mine[0](x).mean().item(), rel=1e-5)
    assert mine(x).mean().item() == pytest.approx(0, abs=1e-5)


def test_other_buffers_are_copied_and_the_average_stays_in_eval_mode():
    network = nn.BatchNorm1d(3)
    network.register_buffer("begun", torch.tensor(0.0))
    average = EMA(half_life=100)
    average.follow(network)
    network.begun += 1
    average.update(8)
    assert average.current().begun == 1
    average.train()
    assert not average.current().training
    assert network.training


def test_only_the_copy_is_in_the_state_and_it_comes_back():
    network = constant(1.0)
    average = EMA(half_life=100, ramp_up=None)
    average.follow(network)
    nn.init.constant_(network.weight, 0.0)
    average.update(30)
    other = EMA(half_life=100, ramp_up=None)
    other.follow(constant(5.0))
    other.load_state_dict(average.state_dict())
    assert other.seen == 30
    assert torch.equal(other.current().weight, average.current().weight)
    assert [name for name, _ in average.named_parameters()] == ["average.weight"]


def test_no_average_is_the_network():
    network = constant(1.0)
    identity = NoAverage()
    identity.follow(network)
    identity.update(10)
    assert identity.current() is network
    assert list(identity.parameters()) == []


def test_half_life_must_be_positive():
    with pytest.raises(UserError, match="half_life=0: expected a number above 0; the default is 10000"):
        EMA(half_life=0)


@pytest.mark.parametrize("batches", [[1] * 693, [128] * 400 + [4] * 293])
def test_an_average_per_update_keeps_0_999_of_itself_whatever_the_batches(batches):
    network = constant(1.0)
    average = EMAPerUpdate(decay=0.999)
    average.follow(network)
    nn.init.constant_(network.weight, 0.0)
    seen = 0
    for batch in batches:
        seen += batch
        average.update(seen)
    assert average.current().weight.item() == pytest.approx(0.999**693, rel=1e-3)
    assert average.current().weight.item() == pytest.approx(0.5, rel=1e-2)


@pytest.mark.parametrize("decay", [-0.1, 1.0, 1.5])
def test_a_decay_that_forgets_nothing_or_overshoots_is_refused(decay):
    with pytest.raises(UserError, match="decay"):
        EMAPerUpdate(decay=decay)
