"""SAGAN's and BigGAN's networks by what is known of them."""

import pytest
import torch
from torch import nn

from ganlab.errors import UserError
from ganlab.layers.attention import SelfAttention
from ganlab.networks.labels.attentive import AttentiveDiscriminator, BigGANGenerator, SAGANGenerator

SMALL = {"classes": 3, "channels": 1, "width": 8}


def test_a_chunk_of_z_is_not_seen_before_its_block():
    torch.manual_seed(0)
    generator = BigGANGenerator(latent_size=8, image_size=32, embedding_size=4, **SMALL).eval()
    seen: list[torch.Tensor] = []
    for block in generator.upward.blocks:
        block.register_forward_hook(lambda _, __, output: seen.append(output))
    z, label = torch.randn(1, 8), torch.tensor([1])
    generator(z, label)
    before, changed = list(seen), z.clone()
    changed[:, 4:6] += 1  # chunks of 2: the first begins, the third is the second block's
    seen.clear()
    generator(changed, label)
    assert [torch.equal(a, b) for a, b in zip(before, seen, strict=True)] == [True, False, False]


def test_a_mixture_of_classes_lies_between_them():
    torch.manual_seed(0)
    for network in (SAGANGenerator, BigGANGenerator):
        generator = network(latent_size=6, image_size=16, **SMALL).eval()
        z, one_hot = torch.randn(1, 6), torch.eye(3)
        assert torch.allclose(generator(z, torch.tensor([2])), generator(z, one_hot[2:]), atol=1e-6)


def test_scores_of_two_classes_differ_by_their_projections():
    torch.manual_seed(0)
    discriminator = AttentiveDiscriminator(image_size=16, **SMALL).eval()
    images, one, other = torch.randn(2, 1, 16, 16), torch.tensor([0, 1]), torch.tensor([2, 1])
    h = discriminator.trunk(images).sum((2, 3))
    v = discriminator.embedding.weight
    difference = ((v[one] - v[other]) * h).sum(1)
    torch.testing.assert_close(discriminator(images, one) - discriminator(images, other), difference)


def test_attention_stands_once_at_each_size_that_is_named_and_every_name_is_a_size():
    def attended(network: nn.Module) -> int:
        return sum(isinstance(part, SelfAttention) for part in network.modules())

    assert attended(BigGANGenerator(latent_size=8, image_size=32, attention=[8, 16], **SMALL)) == 2
    assert attended(AttentiveDiscriminator(image_size=32, attention=[8, 16], **SMALL)) == 2
    for network, sizes in ((SAGANGenerator, r"\[8, 16\]"), (AttentiveDiscriminator, r"\[8\]")):
        with pytest.raises(UserError, match=rf"no block ends at 32 pixels; there are {sizes}"):
            network(image_size=16, attention=[32], **SMALL)


def test_sizes_that_do_not_fit_are_refused():
    with pytest.raises(UserError, match=r"cuts z into 4 equal chunks; try model\.prior\.size=8"):
        BigGANGenerator(latent_size=10, image_size=32, **SMALL)
    with pytest.raises(UserError, match=r"multipliers=\[2, 1\]: 4 to 16 pixels need 3 of them"):
        SAGANGenerator(image_size=16, multipliers=[2, 1], **SMALL)


def test_embeddings_of_the_generator_are_free_and_those_of_the_discriminator_normalized():
    generator = BigGANGenerator(latent_size=6, image_size=16, **SMALL)
    assert not hasattr(generator.embedding, "parametrizations")
    assert hasattr(generator.upward.blocks[0].norm_1.gain, "parametrizations")
    assert hasattr(AttentiveDiscriminator(image_size=16, **SMALL).embedding, "parametrizations")
