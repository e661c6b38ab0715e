"""Networks that are told a label: they depend on it, sample by sample, and in the way of their paper."""

from functools import partial

import pytest
import torch
from torch import Tensor, nn

from ganlab.networks.images import r3gan
from ganlab.networks.labels.acgan import ACGANDiscriminator, ACGANGenerator
from ganlab.networks.labels.attentive import AttentiveDiscriminator, SAGANGenerator
from ganlab.networks.labels.cgan_2014 import CGANDiscriminator, CGANGenerator
from ganlab.networks.labels.one_hot import (
    ConditionalDCGANDiscriminator,
    ConditionalDCGANGenerator,
    OneHotMLPDiscriminator,
    OneHotMLPGenerator,
)
from ganlab.networks.labels.projection import ProjectionDiscriminator, ProjectionGenerator

GRAY_32 = {"channels": 1, "image_size": 32, "classes": 3}
GENERATORS = {
    "cgan_2014": partial(CGANGenerator, latent_size=5, width=20, **GRAY_32),
    "cgan_mlp": partial(OneHotMLPGenerator, latent_size=5, widths=[16], norm=nn.BatchNorm1d, **GRAY_32),
    "cgan_dcgan": partial(ConditionalDCGANGenerator, latent_size=5, width=8, **GRAY_32),
    "projection": partial(ProjectionGenerator, latent_size=5, width=8, **GRAY_32),
    "acgan": partial(ACGANGenerator, latent_size=5, width=8, **GRAY_32),
    "r3gan_conditional": partial(r3gan.ConditionalR3GANGenerator, latent_size=5, width=8, **GRAY_32),
    "sagan": partial(SAGANGenerator, latent_size=5, width=8, **GRAY_32),
}
DISCRIMINATORS = {
    "cgan_2014": partial(CGANDiscriminator, **GRAY_32),
    "cgan_mlp": partial(OneHotMLPDiscriminator, widths=[16], **GRAY_32),
    "cgan_dcgan": partial(ConditionalDCGANDiscriminator, width=8, **GRAY_32),
    "projection": partial(ProjectionDiscriminator, width=8, **GRAY_32),
    "r3gan_conditional": partial(r3gan.ConditionalR3GANDiscriminator, width=8, **GRAY_32),
    "sagan": partial(AttentiveDiscriminator, width=8, **GRAY_32),
}
UNBOUNDED = {"r3gan_conditional"}
LABEL = torch.tensor([0, 1, 2, 1])
EACH = [("G", name) for name in GENERATORS] + [("D", name) for name in DISCRIMINATORS]


def made(kind: str, name: str) -> nn.Module:
    """With weights away from their start, where the classes of a conditional norm, for instance, are still equal."""
    torch.manual_seed(0)
    network = (GENERATORS if kind == "G" else DISCRIMINATORS)[name]()
    for parameter in network.parameters():
        parameter.data.add_(0.1 * torch.randn_like(parameter))
    return network


def given(kind: str) -> Tensor:
    generator = torch.Generator().manual_seed(1)
    shape = (4, 5) if kind == "G" else (4, 1, 32, 32)
    return torch.randn(shape, generator=generator)


@pytest.mark.parametrize(("kind", "name"), EACH)
def test_another_label_changes_its_own_sample_and_no_other(kind, name):
    network = made(kind, name).eval()
    before, after = network(given(kind), LABEL), network(given(kind), torch.tensor([0, 1, 0, 1]))
    others = [0, 1, 3]
    torch.testing.assert_close(after[others], before[others])
    assert (after[2] - before[2]).abs().max() > 1e-4


@pytest.mark.parametrize(("kind", "name"), EACH)
def test_each_sample_is_computed_by_itself_where_no_batch_statistics_are_used(kind, name):
    network = made(kind, name).eval()
    one_by_one = [
        network(sample[None], label[None]) for sample, label in zip(given(kind), LABEL, strict=True)
    ]
    torch.testing.assert_close(network(given(kind), LABEL), torch.cat(one_by_one), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", GENERATORS)
def test_conditional_generator_output_is_a_tanh_except_for_r3gan(name):
    network = made("G", name)
    for parameter in network.parameters():
        parameter.data.mul_(20)
    largest = network(given("G"), LABEL).abs().max()
    assert (largest > 1) if name in UNBOUNDED else (0.99 < largest <= 1)


@pytest.mark.parametrize("name", DISCRIMINATORS)
def test_every_conditional_pair_trains_in_bfloat16(name):
    generator, discriminator = GENERATORS[name](), DISCRIMINATORS[name]()
    with torch.autocast("cpu", torch.bfloat16):
        scores = discriminator(generator(given("G"), LABEL), LABEL)
    assert scores.shape == (4,)
    assert scores.isfinite().all()
    scores.float().square().sum().backward()
    for parameter in [*generator.parameters(), *discriminator.parameters()]:
        assert parameter.grad is not None
        assert parameter.grad.isfinite().all()


def test_a_label_that_is_no_class_is_refused():
    for kind, name in EACH:
        with pytest.raises((RuntimeError, IndexError)):
            made(kind, name)(given(kind), torch.tensor([0, 1, 3, 1]))


def test_projection_score_is_psi_h_plus_the_product_of_v_y_and_h():
    discriminator = made("D", "projection").eval()
    images = given("D")
    h = discriminator.trunk(images).sum((2, 3))  # global sum pooling
    psi, v = discriminator.head.weight[0], discriminator.embedding.weight
    torch.testing.assert_close(discriminator(images, LABEL), h @ psi + torch.einsum("bc,bc->b", v[LABEL], h))
    other = torch.tensor([2, 0, 1, 1])
    difference = ((v[LABEL] - v[other]) * h).sum(1)
    torch.testing.assert_close(
        discriminator(images, LABEL) - discriminator(images, other), difference, rtol=1e-4, atol=1e-5
    )


def test_r3gan_score_is_the_product_of_features_and_the_embedded_label():
    discriminator = made("D", "r3gan_conditional")
    features = discriminator.layers(given("D"))
    assert features.shape == (4, 8)
    expected = torch.einsum("bc,bc->b", features, discriminator.embedding.weight[LABEL])
    torch.testing.assert_close(discriminator(given("D"), LABEL), expected)


def test_projection_generator_starts_alike_for_all_classes_and_can_tell_them_apart():
    torch.manual_seed(0)
    generator = GENERATORS["projection"]()
    z = given("G")
    torch.testing.assert_close(generator(z, LABEL), generator(z, torch.zeros_like(LABEL)))
    generator(z, torch.zeros_like(LABEL)).square().sum().backward()
    gain = generator.blocks[0].norm_1.gain.weight.grad
    assert gain[0].abs().max() > 0
    assert gain[1:].abs().max() == 0  # classes that were not asked for


def test_conditional_dcgan_discriminator_sees_one_map_of_ones():
    discriminator = made("D", "cgan_dcgan")
    seen = []
    discriminator.layers.register_forward_pre_hook(lambda _module, args: seen.append(args[0]))
    discriminator(given("D"), LABEL)
    (maps,) = seen
    assert torch.equal(maps[:, :1], given("D"))
    assert maps[:, 1:].mean((2, 3)).tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 1, 0]]


def test_acgan_discriminator_gives_raw_scores_and_raw_class_logits_of_the_same_features():
    torch.manual_seed(0)
    discriminator = ACGANDiscriminator(width=4, **GRAY_32).eval()
    score, logits = discriminator(given("D"))
    assert (score.shape, logits.shape) == ((4,), (4, 3))
    features = discriminator.trunk(given("D"))
    torch.testing.assert_close(score, discriminator.source(features)[:, 0])
    for layer in (discriminator.source, discriminator.auxiliary):
        layer.weight.data.mul_(-1000)
    large_score, large_logits = discriminator(given("D"))
    torch.testing.assert_close(large_score, -1000 * score, rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(large_logits, -1000 * logits, rtol=1e-3, atol=1e-3)


def test_acgan_trains_both_heads():
    generator, discriminator = GENERATORS["acgan"](), ACGANDiscriminator(width=4, **GRAY_32)
    score, logits = discriminator(generator(given("G"), LABEL))
    (score.sum() + nn.functional.cross_entropy(logits, LABEL)).backward()
    assert all(parameter.grad is not None for parameter in discriminator.parameters())
    assert all(parameter.grad is not None for parameter in generator.parameters())
