"""What a paper's network is beyond its number of parameters: strides, pooling, normalization, initial weights."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.parametrize import is_parametrized

from ganlab.networks.images.dcgan_minibatch import MinibatchDCGANDiscriminator, StdDevDCGANDiscriminator
from ganlab.networks.images.ebgan import EBGANDiscriminator, EBGANGenerator, EBGANPerceptron
from ganlab.networks.images.gan_2014 import MaxoutDiscriminator
from ganlab.networks.images.infogan import InfoGANDiscriminator, InfoGANRecognition
from ganlab.networks.images.lsgan import LSGANGenerator
from ganlab.networks.images.resnet import ResNetGenerator, WGANGPResNetCritic, resnet_trunk
from ganlab.networks.images.sngan import SNGANCNNDiscriminator, SNGANCNNGenerator, SNGANResNetDiscriminator
from ganlab.networks.labels.acgan import ACGANDiscriminator
from ganlab.networks.labels.projection import ProjectionDiscriminator

WEIGHTED = (nn.Linear, nn.Embedding, nn.Conv2d, nn.ConvTranspose2d)
GRAY_32 = {"channels": 1, "image_size": 32, "width": 8}
NORMALIZED = [SNGANResNetDiscriminator, SNGANCNNDiscriminator, ProjectionDiscriminator]


def images(n: int = 4, size: int = 32) -> Tensor:
    return torch.rand(n, 1, size, size, generator=torch.Generator().manual_seed(1)) * 2 - 1


def sizes_in(network: nn.Module, kind: type[nn.Module], given: Tensor) -> list[int]:
    """Heights of what the modules of one kind put out, in order."""
    seen = []
    for module in network.modules():
        if isinstance(module, kind):
            module.register_forward_hook(lambda _module, _args, output: seen.append(output.shape[-1]))
    network(given)
    return seen


# spectral normalization: every weight of D, none of G


@pytest.mark.parametrize("make", NORMALIZED)
def test_every_weight_of_a_normalized_discriminator_has_spectral_norm_1(make):
    torch.manual_seed(0)
    network = make(**GRAY_32)
    label = (torch.tensor([0, 1, 2, 3]),) if make is ProjectionDiscriminator else ()
    for _ in range(30):  # power iterations
        network(images(), *label)
    layers = [module for module in network.eval().modules() if isinstance(module, WEIGHTED)]
    assert len(layers) == {SNGANCNNDiscriminator: 8}.get(make, 10 + len(label) + 1)
    for layer in layers:
        assert is_parametrized(layer, "weight"), layer
        norm = torch.linalg.matrix_norm(layer.weight.flatten(1), ord=2)
        assert norm.item() == pytest.approx(1, abs=0.02), layer


@pytest.mark.parametrize("make", [ResNetGenerator, SNGANCNNGenerator])
def test_no_weight_of_a_generator_is_normalized(make):
    assert not any(is_parametrized(module) for module in make(**GRAY_32).modules())


def test_a_normalized_discriminator_says_the_same_after_it_is_saved_and_loaded():
    torch.manual_seed(0)
    trained, loaded = SNGANResNetDiscriminator(**GRAY_32), SNGANResNetDiscriminator(**GRAY_32)
    trained(images())
    loaded.load_state_dict(trained.state_dict())
    assert torch.equal(loaded.eval()(images()), trained.eval()(images()))


# pooling


def test_sngan_sums_over_pixels_and_wgan_gp_takes_their_mean():
    maps = torch.rand(2, 8, 5, 5)
    sngan, critic = SNGANResNetDiscriminator(**GRAY_32), WGANGPResNetCritic(**GRAY_32)
    sngan.trunk, critic.trunk = nn.Identity(), nn.Identity()
    torch.testing.assert_close(sngan.features(maps), 25 * maps.mean((2, 3)))
    torch.testing.assert_close(critic(maps), critic.head(maps.mean((2, 3))).squeeze(1))


def test_resnet_trunk_halves_to_8_and_keeps_two_blocks_there():
    for size, expected in ((16, [8, 8]), (32, [16, 16, 8, 8]), (64, [32, 32, 16, 16, 8, 8])):
        trunk = resnet_trunk(channels=1, image_size=size, width=4)
        assert sizes_in(trunk, nn.AvgPool2d, images(2, size)) == expected
        assert len(trunk) == len(expected) // 2 + 3


# strides


def test_lsgan_generator_strides_are_2_1_2_1_2_2_1():
    sizes = sizes_in(LSGANGenerator(latent_size=5, **GRAY_32), nn.ConvTranspose2d, torch.randn(2, 5))
    assert sizes == [4, 4, 8, 8, 16, 32, 32]


def test_acgan_discriminator_strides_are_2_1_2_1_2_1():
    assert sizes_in(ACGANDiscriminator(**GRAY_32), nn.Conv2d, images()) == [16, 16, 8, 8, 4, 4]


def test_sngan_cnn_discriminator_alternates_3x3_and_4x4():
    network = SNGANCNNDiscriminator(**GRAY_32)
    convs = [module for module in network.modules() if isinstance(module, nn.Conv2d)]
    assert [(conv.kernel_size[0], conv.stride[0]) for conv in convs] == [(3, 1), (4, 2)] * 3 + [(3, 1)]


# autoencoders


def test_ebgan_autoencoders_show_flat_codes():
    for network, size, code in (
        (EBGANDiscriminator(**GRAY_32), 32, 32 * 4 * 4),
        (EBGANPerceptron(code_size=9), 28, 9),
    ):
        codes = network.encoder(images(size=size))
        assert codes.shape == (4, code)
        assert torch.equal(network.decoder(codes), network(images(size=size)))


def test_ebgan_starts_with_weights_of_002_and_a_tenth_of_that_in_the_discriminator():
    torch.manual_seed(0)
    for make, std in ((EBGANGenerator, 0.02), (EBGANDiscriminator, 0.002)):
        network = make(channels=1, image_size=32, width=32)
        weights = [module.weight for module in network.modules() if isinstance(module, WEIGHTED)]
        assert torch.cat([weight.flatten() for weight in weights]).std().item() == pytest.approx(
            std, rel=0.01
        )


# minibatch layers


@pytest.mark.parametrize("make", [MinibatchDCGANDiscriminator, StdDevDCGANDiscriminator])
def test_a_score_depends_on_the_other_images_of_the_batch(make):
    torch.manual_seed(0)
    network = make(**GRAY_32).eval()
    first, *_ = batch = images()
    copies = first.expand(4, -1, -1, -1)
    assert (network(copies) - network(copies)[0]).abs().max() < 1e-5
    assert (network(batch)[0] - network(copies)[0]).abs() > 1e-6
    network(batch).sum().backward()
    assert all(parameter.grad.abs().max() > 0 for parameter in network.parameters())


# InfoGAN and the first GAN


def test_infogan_recognition_reads_the_features_that_the_score_comes_from():
    discriminator = InfoGANDiscriminator(width=4, hidden=6).eval()
    features = discriminator.features(images(size=28))
    assert features.shape == (4, 6)
    assert torch.equal(discriminator(images(size=28)), discriminator.score(features))
    assert InfoGANRecognition(outputs=14, features=6)(features).shape == (4, 14)


def test_maxout_discriminator_drops_a_fifth_of_the_pixels_and_half_of_the_rest():
    network = MaxoutDiscriminator()
    assert [module.p for module in network.modules() if isinstance(module, nn.Dropout)] == [0.2, 0.5, 0.5]
    weights = [module.weight for module in network.modules() if isinstance(module, nn.Linear)]
    assert [0.0049 < weight.abs().max() <= 0.005 for weight in weights[:2]] == [True, True]


def test_note_003_s_perceptrons_have_he_s_weights_but_glorot_s_at_the_end():
    """Keras leaves a layer without an initializer of its own to Glorot: uniform, of variance 2 / (fan in + fan out)."""
    from ganlab.config import compose, instantiate

    torch.manual_seed(0)
    words = ["model/generator=mlp_keras_blog", "model/discriminator=mlp_keras_blog", "model.prior.size=30"]
    cfg = compose(["model=vanilla", *words])
    for player, sizes in (("generator", [30, 100, 150, 784]), ("discriminator", [784, 150, 100, 1])):
        network = instantiate(cfg.model[player])
        *hidden, output = [layer for layer in network.layers if isinstance(layer, nn.Linear)]
        for layer, fan_in in zip(hidden, sizes, strict=False):
            assert layer.weight.std().item() == pytest.approx((2 / fan_in) ** 0.5, rel=0.05)
        std = (2 / (sizes[-2] + sizes[-1])) ** 0.5  # 0.046 of the generator
        assert output.weight.std().item() == pytest.approx(std, rel=0.2 if sizes[-1] == 1 else 0.02)
        assert output.weight.abs().max() <= 3**0.5 * std
        assert not output.bias.any()
