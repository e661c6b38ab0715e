"""Real and fake images through a discriminator: apart, or as one batch."""

import torch
from torch import nn

from ganlab.layers.init import keep_default
from ganlab.networks.images.mlp import MLPDiscriminator
from ganlab.techniques.passes import Separate, Together


def scores(passes, norm):
    torch.manual_seed(0)
    network = MLPDiscriminator(channels=1, image_size=4, widths=[5], norm=norm, init=keep_default).double()
    real, fake = torch.randn(3, 1, 4, 4).double(), 2 + torch.randn(3, 1, 4, 4).double()
    return network, real, fake, passes(network, real, fake)


def test_without_batch_norm_both_say_the_same():
    for one, other in zip(
        scores(Separate(), nn.Identity)[3], scores(Together(), nn.Identity)[3], strict=True
    ):
        torch.testing.assert_close(one, other)


def test_apart_each_has_batch_statistics_of_its_own_and_together_they_share_them():
    network, real, fake, (real_score, fake_score) = scores(Separate(), nn.BatchNorm1d)
    assert torch.equal(real_score, network(real))
    assert torch.equal(fake_score, network(fake))
    network, real, fake, (real_score, fake_score) = scores(Together(), nn.BatchNorm1d)
    torch.testing.assert_close(torch.cat([real_score, fake_score]), network(torch.cat([real, fake])))
    assert (real_score - network(real)).abs().max() > 0.1
