"""BEGAN's networks against the open code's layers, written down as plain functions of the same weights."""

import pytest
import torch
import torch.nn.functional as F

from ganlab.networks.images.began import BEGANDiscriminator, BEGANGenerator


def decoded(z, weights, stages):
    """A linear layer to 8 x 8, then two convolutions with ELU a stage, doubled by repetition between stages."""
    x = F.linear(z, next(weights), next(weights)).view(len(z), -1, 8, 8)
    for stage in range(stages):
        if stage:
            x = x.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3)
        for _ in range(2):
            x = F.elu(F.conv2d(x, next(weights), next(weights), padding=1))
    return F.conv2d(x, next(weights), next(weights), padding=1)


def encoded(x, weights, stages):
    """One convolution, then two a stage and one of stride 2 to the next: ELU after every one of them."""
    x = F.elu(F.conv2d(x, next(weights), next(weights), padding=1))
    for stage in range(stages):
        for stride in (1, 1, 2) if stage < stages - 1 else (1, 1):
            x = F.elu(F.conv2d(x, next(weights), next(weights), padding=1, stride=stride))
    return F.linear(x.flatten(1), next(weights), next(weights))


@pytest.mark.parametrize(("size", "stages"), [(8, 1), (16, 2), (32, 3)])
def test_began_s_autoencoder_and_generator_are_the_open_code_s(size, stages):
    torch.manual_seed(0)
    discriminator = BEGANDiscriminator(code_size=5, channels=3, image_size=size, width=4).double()
    generator = BEGANGenerator(latent_size=5, channels=3, image_size=size, width=4).double()
    for parameter in (*discriminator.parameters(), *generator.parameters()):
        torch.nn.init.normal_(parameter, std=0.3)  # biases too, so that every layer is seen
    image, z = torch.randn(2, 3, size, size).double(), torch.randn(2, 5).double()
    weights = iter(list(discriminator.parameters()))
    expected = decoded(encoded(image, weights, stages), weights, stages)
    torch.testing.assert_close(discriminator(image), expected)
    assert next(weights, None) is None
    weights = iter(list(generator.parameters()))
    torch.testing.assert_close(generator(z), decoded(z, weights, stages))
    assert next(weights, None) is None
