"""What a training loop relies on: range, raw scores, one sample by itself, memory layout and precision."""

from functools import partial

import pytest
import torch
from torch import nn

from ganlab.networks.images import ebgan, gan_2014, infogan, lsgan, r3gan
from ganlab.networks.images.began import BEGANDiscriminator, BEGANGenerator
from ganlab.networks.images.dcgan import DCGANDiscriminator, DCGANGenerator
from ganlab.networks.images.dcgan_paper import DCGANPaperDiscriminator, DCGANPaperGenerator
from ganlab.networks.images.keras import (
    KerasBlogDiscriminator,
    KerasBlogGenerator,
    KerasConvDiscriminator,
    KerasConvGenerator,
)
from ganlab.networks.images.mlp import MLPDiscriminator, MLPGenerator
from ganlab.networks.images.resnet import ResNetGenerator, WGANGPResNetCritic
from ganlab.networks.images.slim import SlimDCGANDiscriminator, SlimDCGANGenerator
from ganlab.networks.images.sngan import SNGANCNNDiscriminator, SNGANCNNGenerator, SNGANResNetDiscriminator
from ganlab.networks.images.wgan_gp import WGANGPCritic, WGANGPGenerator

AT_32 = {"channels": 1, "image_size": 32}
RESNET = partial(ResNetGenerator, latent_size=5, width=8, **AT_32)
MLP = {"channels": 1, "image_size": 28, "widths": [16]}
GENERATORS = {
    "mlp": partial(MLPGenerator, latent_size=5, norm=nn.BatchNorm1d, **MLP),
    "dcgan": partial(DCGANGenerator, latent_size=5, channels=1, image_size=32, width=8),
    "dcgan_paper": partial(DCGANPaperGenerator, latent_size=5, channels=1, image_size=32, width=8),
    "conv_keras": partial(KerasConvGenerator, latent_size=5),
    "dcgan_keras_blog": partial(KerasBlogGenerator, latent_size=5),
    "dcgan_slim": partial(SlimDCGANGenerator, latent_size=5),
    "wgan_gp": partial(WGANGPGenerator, latent_size=5, width=8),
    "began": partial(BEGANGenerator, latent_size=5, channels=1, image_size=32, width=8),
    "mlp_2014": partial(MLPGenerator, latent_size=5, init=gan_2014.uniform_weights, **MLP),
    "ebgan": partial(ebgan.EBGANGenerator, latent_size=5, width=8, **AT_32),
    "mlp_ebgan": partial(MLPGenerator, latent_size=5, **MLP),
    "lsgan": partial(lsgan.LSGANGenerator, latent_size=5, width=8, **AT_32),
    "wgan_gp_resnet": RESNET,
    "sngan_resnet": RESNET,
    "sngan_cnn": partial(SNGANCNNGenerator, latent_size=5, width=8, **AT_32),
    "infogan": partial(infogan.InfoGANGenerator, latent_size=5, width=8, hidden=16),
    "r3gan": partial(r3gan.R3GANGenerator, latent_size=5, width=8, **AT_32),
}
DISCRIMINATORS = {
    "mlp": partial(MLPDiscriminator, **MLP),
    "dcgan": partial(DCGANDiscriminator, channels=1, image_size=32, width=8),
    "dcgan_no_norm": partial(DCGANDiscriminator, channels=1, image_size=32, width=8, norm=nn.Identity),
    "dcgan_paper": partial(DCGANPaperDiscriminator, channels=1, image_size=32, width=8),
    "conv_keras": KerasConvDiscriminator,
    "dcgan_keras_blog": KerasBlogDiscriminator,
    "dcgan_slim": SlimDCGANDiscriminator,
    "wgan_gp": partial(WGANGPCritic, width=8),
    "began": partial(BEGANDiscriminator, code_size=5, channels=1, image_size=32, width=8),
    "mlp_2014": partial(gan_2014.MaxoutDiscriminator, bound=0.05),
    "ebgan": partial(ebgan.EBGANDiscriminator, width=8, **AT_32),
    "mlp_ebgan": ebgan.EBGANPerceptron,
    "lsgan": partial(lsgan.LSGANDiscriminator, width=8, **AT_32),
    "wgan_gp_resnet": partial(WGANGPResNetCritic, width=8, **AT_32),
    "sngan_resnet": partial(SNGANResNetDiscriminator, width=8, **AT_32),
    "sngan_cnn": partial(SNGANCNNDiscriminator, width=8, **AT_32),
    "infogan": partial(infogan.InfoGANDiscriminator, width=8, hidden=16),
    "r3gan": partial(r3gan.R3GANDiscriminator, width=8, **AT_32),
}
UNBOUNDED = {"began", "r3gan"}  # their generators are linear, as in the papers
AUTOENCODERS = {"began", "ebgan", "mlp_ebgan"}
NORMALIZED = {"sngan_resnet", "sngan_cnn"}  # larger weights are the same weights
AT_28 = {"mlp", "mlp_2014", "mlp_ebgan", "conv_keras", "dcgan_keras_blog", "dcgan_slim", "wgan_gp", "infogan"}


def images_for(name: str) -> torch.Tensor:
    size = 28 if name in AT_28 else 32
    return torch.rand(4, 1, size, size, generator=torch.Generator().manual_seed(1)) * 2 - 1


def noise() -> torch.Tensor:
    return torch.randn(4, 5, generator=torch.Generator().manual_seed(1))


def made(make) -> nn.Module:
    torch.manual_seed(0)
    return make()


@pytest.mark.parametrize("name", GENERATORS)
def test_generator_output_is_a_tanh_except_for_linear_ones(name):
    network = made(GENERATORS[name])
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.mul_(20)
    largest = network(noise()).abs().max()
    assert (largest > 1) if name in UNBOUNDED else (0.99 < largest <= 1)


@pytest.mark.parametrize("name", sorted(set(DISCRIMINATORS) - AUTOENCODERS - NORMALIZED))
def test_discriminator_gives_raw_scores(name):
    """A sigmoid at the end would keep them within 0 and 1."""
    network = made(DISCRIMINATORS[name]).eval()
    for parameter in network.parameters():
        parameter.data.mul_(20)
    scores = network(images_for(name))
    assert scores.shape == (4,)
    assert scores.abs().max() > 1
    last = [module for module in network.modules() if isinstance(module, nn.Linear | nn.Conv2d)][-1]
    last.weight.data.neg_()
    if last.bias is not None:
        last.bias.data.neg_()
    torch.testing.assert_close(network(images_for(name)), -scores)


@pytest.mark.parametrize("name", sorted(NORMALIZED))
def test_spectrally_normalized_discriminator_gives_raw_scores(name):
    """Its weights cannot be enlarged, but images can; there are scores of both signs over many initial weights."""
    scores = []
    for seed in range(8):
        torch.manual_seed(seed)
        scores.append(DISCRIMINATORS[name]().eval()(1000 * images_for(name)))
    assert torch.stack(scores).min() < -1
    assert torch.stack(scores).max() > 1


@pytest.mark.parametrize("name", DISCRIMINATORS)
def test_discriminator_without_batch_statistics_scores_each_image_by_itself(name):
    network, images = made(DISCRIMINATORS[name]).eval(), images_for(name)
    one_by_one = torch.cat([network(image[None]) for image in images])
    torch.testing.assert_close(network(images), one_by_one, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("kind", "name"), [("G", name) for name in GENERATORS] + [("D", name) for name in DISCRIMINATORS]
)
def test_channels_last_gives_the_same_numbers_and_gradients(kind, name):
    make = GENERATORS[name] if kind == "G" else DISCRIMINATORS[name]
    given = noise() if kind == "G" else images_for(name)
    results = []
    for memory_format in (torch.contiguous_format, torch.channels_last):
        network = made(make).eval().to(memory_format=memory_format)
        output = network(given if kind == "G" else given.to(memory_format=memory_format))
        output.square().sum().backward()
        results.append((output.detach(), [parameter.grad for parameter in network.parameters()]))
    (output, gradients), (output_last, gradients_last) = results
    torch.testing.assert_close(output_last, output, rtol=1e-4, atol=1e-5)
    for gradient_last, gradient in zip(gradients_last, gradients, strict=True):
        torch.testing.assert_close(gradient_last, gradient, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("name", GENERATORS)
def test_every_pair_trains_in_bfloat16(name):
    generator, discriminator = made(GENERATORS[name]), made(DISCRIMINATORS[name])
    with torch.autocast("cpu", torch.bfloat16):
        answer = discriminator(generator(noise()))
    assert answer.isfinite().all()
    answer.float().square().sum().backward()
    for parameter in [*generator.parameters(), *discriminator.parameters()]:
        assert parameter.grad is not None
        assert parameter.grad.isfinite().all()


@pytest.mark.parametrize("name", ["conv_keras", "dcgan_keras_blog"])
def test_keras_batch_norm_settings(name):
    """Keras: epsilon .001 and momentum .99, which PyTorch writes as .01."""
    norms = [module for module in made(GENERATORS[name]).modules() if isinstance(module, nn.BatchNorm2d)]
    assert [(norm.eps, norm.momentum) for norm in norms] == [(1e-3, 0.01)] * 2


def test_critics_under_a_gradient_penalty_and_normalized_ones_have_no_batch_norm():
    without = ("wgan_gp", "wgan_gp_resnet", "dcgan_no_norm", "sngan_resnet", "sngan_cnn", "r3gan")
    for name, expected in (*((name, 0) for name in without), ("dcgan", 2)):
        network = made(DISCRIMINATORS[name])
        assert sum(isinstance(module, nn.BatchNorm2d) for module in network.modules()) == expected


def test_dcgan_discriminator_norm_is_neither_first_nor_last():
    kinds = [type(module).__name__ for module in made(DISCRIMINATORS["dcgan"]).layers]
    assert kinds == ["Conv2d", "LeakyReLU", *["Conv2d", "BatchNorm2d", "LeakyReLU"] * 2, "Conv2d"]


def test_wgan_gp_generator_crops_8_to_7_only_for_28_pixels():
    def sizes(image_size):
        seen = []
        generator = WGANGPGenerator(latent_size=5, width=4, image_size=image_size)
        for module in generator.layers:
            module.register_forward_hook(lambda _module, _args, output: seen.append(output.shape[-1]))
        generator(noise())
        return [size for index, size in enumerate(seen) if index > 1 and size != seen[index - 1]]

    assert sizes(28) == [4, 8, 7, 14, 28]
    assert sizes(32) == [4, 8, 16, 32]


def test_began_decoder_is_laid_out_like_the_generator_with_its_own_weights():
    discriminator, generator = made(DISCRIMINATORS["began"]), made(GENERATORS["began"])
    shapes = [
        [tuple(weight.shape) for weight in net.parameters()] for net in (discriminator.decoder, generator)
    ]
    assert shapes[0] == shapes[1]
    assert discriminator.encoder(images_for("began")).shape == (4, 5)
