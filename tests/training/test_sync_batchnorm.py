"""Batch norms of two processes against one that sees the batch of both."""

import copy

import pytest
import torch
import torch.distributed as dist
from torch import nn

from ganlab.errors import UserError
from ganlab.layers.norms import ConditionalBatchNorm2d
from ganlab.training.sync_batchnorm import SyncBatchNorm
from tests.support.processes import free_port
from tests.support.runs import forked

LAYERS = {
    "1d": (lambda: nn.BatchNorm1d(3), (6, 3)),
    "1d of sequences": (lambda: nn.BatchNorm1d(3), (6, 3, 5)),
    "2d": (lambda: nn.BatchNorm2d(3, eps=1e-3, momentum=0.01), (6, 3, 2, 2)),
    "2d of one pixel, two samples": (lambda: nn.BatchNorm2d(3), (2, 3, 1, 1)),
    "cumulative": (lambda: nn.BatchNorm2d(3, momentum=None), (6, 3, 2, 2)),
    "without weights": (lambda: nn.BatchNorm2d(3, affine=False), (6, 3, 2, 2)),
    "without statistics": (lambda: nn.BatchNorm2d(3, track_running_stats=False), (6, 3, 2, 2)),
}


def of_both(check) -> list[int]:
    """Call ``check(rank)`` in two processes that form a group; their exit codes."""
    port = free_port()

    def member(rank: int):
        def work() -> None:
            dist.init_process_group("gloo", f"tcp://127.0.0.1:{port}", rank=rank, world_size=2)
            check(rank)

        return work

    return forked(member(0), member(1))


def derivatives(layer: nn.Module, x: torch.Tensor, own: slice) -> list[torch.Tensor]:
    """Output, the penalty on its gradient, and what a step on both moves: of the samples in ``own``, and of weights."""
    x = x.clone().requires_grad_()
    score = layer(x).tanh()
    (gradient,) = torch.autograd.grad(score.square().sum(), x, create_graph=True)
    penalty = (gradient.square().flatten(1).sum(dim=1) - 1).square().mean()
    (penalty + score.pow(3).mean()).backward()
    return [score[own].detach(), gradient[own].detach(), x.grad[own], *(p.grad for p in layer.parameters())]


@pytest.mark.parametrize("name", LAYERS)
def test_two_processes_normalize_and_differentiate_twice_like_one(name):
    make, shape = LAYERS[name]
    torch.manual_seed(0)
    batches = torch.randn(2, *shape, dtype=torch.float64) * 3 + 1
    batches[:, ::2] += 5  # else the halves of the batch have nearly equal statistics

    def check(rank: int) -> None:
        n = shape[0] // 2
        plain = make().double()
        mine = SyncBatchNorm().apply(copy.deepcopy(plain))
        own = slice(rank * n, (rank + 1) * n)
        for batch in batches:
            expected = derivatives(plain, batch, own)
            found = derivatives(mine, batch[own], slice(None))
            for parameter in found[3:]:  # as training averages them
                dist.all_reduce(parameter)
                parameter /= 2
            found[2] /= 2  # of the mean of both processes' losses
            for one, two in zip(expected, found, strict=True):
                torch.testing.assert_close(two, one, rtol=1e-9, atol=1e-9)
            plain.zero_grad(), mine.zero_grad()
        assert plain.state_dict().keys() == mine.state_dict().keys()
        for key, value in plain.state_dict().items():
            torch.testing.assert_close(mine.state_dict()[key], value, rtol=1e-9, atol=1e-9)

    assert of_both(check) == [0, 0]


def test_in_eval_mode_and_afterwards_layers_are_as_ever():
    def check(rank: int) -> None:
        layer = ConditionalBatchNorm2d(3, classes=2)
        label, x = torch.tensor([0, 1]), torch.randn(2, 3, 4, 4) + rank
        plain = copy.deepcopy(layer)
        SyncBatchNorm().apply(layer)
        together = layer(x, label)
        assert not torch.allclose(together, plain(x, label))
        plain.load_state_dict(layer.state_dict())
        if rank == 0:  # alone: nobody is asked
            assert torch.equal(layer.eval()(x, label), plain.eval()(x, label))
            SyncBatchNorm().revert(layer)
            assert torch.equal(layer.train()(x, label), plain.train()(x, label))

    assert of_both(check) == [0, 0]


def test_half_precision_goes_in_and_out_and_statistics_stay_exact():
    def check(rank: int) -> None:
        layer = SyncBatchNorm().apply(nn.BatchNorm2d(3))
        x = 1000 + torch.randn(4, 3, 2, 2)
        out = layer(x.bfloat16())
        assert out.dtype == torch.bfloat16
        assert layer.running_mean.dtype == torch.float32

    assert of_both(check) == [0, 0]


def test_one_process_changes_nothing():
    def check() -> None:
        dist.init_process_group("gloo", f"tcp://127.0.0.1:{free_port()}", rank=0, world_size=1)
        layer = nn.BatchNorm2d(3)
        SyncBatchNorm().apply(layer)
        assert "forward" not in vars(layer)

    assert forked(check) == [0]


class Own(nn.BatchNorm2d):
    def forward(self, x):
        return super().forward(x) + 1


def test_a_layer_with_a_forward_of_its_own_is_refused(monkeypatch):
    monkeypatch.setattr(dist, "get_world_size", lambda: 2)
    with pytest.raises(UserError, match=r"trainer.sync_batchnorm=true: 0 is a Own, whose forward is its own"):
        SyncBatchNorm().apply(nn.Sequential(Own(3)))
