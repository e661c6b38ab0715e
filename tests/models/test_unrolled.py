"""Unrolled GAN where D is linear: its steps, and what G learns of them, are known in closed form."""

import pytest
import torch
from torch import nn

from ganlab.losses.adversarial import Wasserstein
from ganlab.models.points import PlaneUnrolledGAN
from ganlab.techniques.ema import NoAverage
from ganlab.techniques.priors import Normal


class Linear(nn.Module):
    """D(x) = <w, x>."""

    def __init__(self) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.tensor([1.0, -2.0]))

    def forward(self, points):
        return points @ self.w


@pytest.mark.parametrize("steps", [0, 1, 5])
def test_g_sees_what_its_points_do_to_the_steps_of_d(steps):
    """With Wasserstein's loss a step takes eta (E f - E r) from w, so D(f) = <w - k eta (E f - E r), f>."""
    sgd = torch.optim.SGD
    game = PlaneUnrolledGAN(
        loss=Wasserstein(),
        unrolled_steps=steps,
        unrolled_rate=0.1,
        generator=nn.Identity(),
        discriminator=Linear(),
        prior=Normal(size=2),
        average=NoAverage(),
        optimizers={"generator": sgd, "discriminator": sgd},
    )
    torch.manual_seed(0)
    real, fake = torch.randn(6, 2), torch.randn(6, 2, requires_grad=True)
    theta = game.unrolled(real, fake)
    apart = fake.mean(0) - real.mean(0)
    torch.testing.assert_close(theta["w"], game.discriminator.w - 0.1 * steps * apart)
    (score,) = game.scores(theta, fake)
    (gradient,) = torch.autograd.grad(-score.mean(), fake)
    expected = (-game.discriminator.w + 0.1 * steps * (apart + fake.mean(0))) / 6
    torch.testing.assert_close(gradient, expected.expand(6, 2))
    assert game.discriminator.w.tolist() == [1, -2], "D itself has not moved"
    assert game.discriminator.w.grad is None
