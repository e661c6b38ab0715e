"""The image-to-image networks: exact sizes, what they can and cannot make, and how far they see."""

from functools import partial

import pytest
import torch
from torch import nn

from ganlab.config import compose, config_dir, instantiate
from ganlab.errors import UserError
from ganlab.layers.labels import OneHot
from ganlab.networks.translation.coarse_to_fine import CoarseToFineTranslator
from ganlab.networks.translation.context_encoder import ContextDiscriminator, ContextEncoder
from ganlab.networks.translation.discogan import DiscoGANDiscriminator, DiscoGANGenerator
from ganlab.networks.translation.esrgan import DenseBlock, ESRGANDiscriminator, ResidualInResidual, RRDBNet
from ganlab.networks.translation.multiscale import MultiScale
from ganlab.networks.translation.patch import PatchGAN
from ganlab.networks.translation.patch_projection import PatchProjection
from ganlab.networks.translation.residual import ResNetTranslator
from ganlab.networks.translation.spade import SPADEGenerator
from ganlab.networks.translation.srresnet import Bicubic, SRGANDiscriminator, SRResNet
from ganlab.networks.translation.starganv2 import (
    DomainDiscriminator,
    StarTranslator,
    StyleEncoder,
    StyleMapping,
)
from ganlab.networks.translation.unet import UNet

RGB = {"in_channels": 3, "out_channels": 3}
GREY = {"in_channels": 1, "out_channels": 1}
Instance = nn.InstanceNorm2d

COUNTS = {
    "U-Net 256": (partial(UNet, **RGB), 54_413_955),
    "U-Net 128": (partial(UNet, **RGB, image_size=128), 41_828_995),
    "U-Net 64": (partial(UNet, **RGB, image_size=64, width=64), 29_244_035),
    "U-Net 32 grey": (partial(UNet, **GREY, image_size=32), 4_164_929),
    "PatchGAN of pairs": (partial(PatchGAN, channels=6), 2_768_705),
    "PatchGAN instance": (partial(PatchGAN, channels=3, norm=Instance), 2_764_737),
    "ResNet 9": (partial(ResNetTranslator, **RGB), 11_378_179),
    "ResNet 6": (partial(ResNetTranslator, **RGB, image_size=128), 7_837_699),
    "ResNet 3 grey": (partial(ResNetTranslator, **GREY, image_size=32), 269_377),
    "ResNet 9 antialiased": (partial(ResNetTranslator, **RGB, antialias=True), 11_378_179),
    "PatchGAN antialiased": (partial(PatchGAN, channels=3, norm=Instance, antialias=True), 2_764_737),
    "CUT F": (partial(PatchProjection, widths=[3, 128, 256, 256, 256]), 560_384),
    "CUT F small": (partial(PatchProjection, widths=[1, 32, 64, 64, 64], size=64), 35_520),
    "StarGAN v2 G": (partial(StarTranslator, channels=3), 33_892_995),
    "StarGAN v2 F": (partial(StyleMapping, domains=3), 3_259_072),
    "StarGAN v2 E": (partial(StyleEncoder, channels=3, domains=3), 20_949_760),
    "StarGAN v2 D": (partial(DomainDiscriminator, channels=3, domains=3), 20_852_803),
    "StarGAN v2 F 2": (partial(StyleMapping, domains=2, style_size=16), 2_389_024),
    "StarGAN v2 G 64": (
        partial(StarTranslator, channels=3, image_size=64, max_width=64, style_size=16),
        1_985_475,
    ),
    "StarGAN v2 D 64": (
        partial(DomainDiscriminator, channels=3, domains=2, image_size=64, max_width=64),
        1_048_450,
    ),
    "DiscoGAN G": (partial(DiscoGANGenerator, **RGB), 5_513_856),
    "DiscoGAN G extra": (partial(DiscoGANGenerator, **RGB, bottleneck=100), 7_153_480),
    "DiscoGAN D": (partial(DiscoGANDiscriminator, channels=3), 2_765_568),
    "SRResNet": (partial(SRResNet, channels=3), 1_549_462),
    "SRGAN D": (partial(SRGANDiscriminator, channels=3), 23_565_505),
    "RRDB x4": (partial(RRDBNet, channels=3), 16_697_987),
    "RRDB x2": (partial(RRDBNet, channels=3, scale=2), 16_703_171),
    "RRDB 16 blocks": (partial(RRDBNet, channels=3, blocks=16), 11_662_019),
    "RRDB small": (partial(RRDBNet, channels=3, image_size=64), 578_755),
    "RRDB smaller": (partial(RRDBNet, channels=3, image_size=64, width=16, growth=8), 145_379),
    "ESRGAN D 128": (partial(ESRGANDiscriminator, channels=3), 14_499_401),
    "ESRGAN D 256": (partial(ESRGANDiscriminator, channels=3, image_size=256), 21_055_049),
    "SPADE ADE20K": (partial(SPADEGenerator, labels=OneHot(regions=150)), 96_492_483),
    "SPADE COCO": (partial(SPADEGenerator, labels=OneHot(regions=184)), 97_510_851),
    "SPADE Cityscapes": (
        partial(SPADEGenerator, labels=OneHot(regions=35), image_size=[256, 512]),
        93_048_003,
    ),
    "SPADE D ADE20K": (partial(MultiScale, channels=154, spectral=True), 5_836_930),
    "SPADE D Cityscapes": (partial(MultiScale, channels=39, spectral=True), 5_601_410),
    "pix2pixHD global": (
        partial(ResNetTranslator, in_channels=36, out_channels=3, image_size=512, halvings=4),
        182_546_755,
    ),
    "pix2pixHD global without edges": (
        partial(ResNetTranslator, in_channels=35, out_channels=3, image_size=512, halvings=4),
        182_543_619,
    ),
    "pix2pixHD enhanced": (
        partial(CoarseToFineTranslator, in_channels=36, out_channels=3, image_size=1024, halvings=4),
        182_857_059,
    ),
    "pix2pixHD D": (partial(MultiScale, channels=39), 5_603_202),
    "pix2pixHD D one scale": (partial(MultiScale, channels=39, scales=1), 2_801_601),
    "context encoder 4000": (partial(ContextEncoder, channels=3), 71_130_531),
    "context encoder 100": (partial(ContextEncoder, channels=3, bottleneck=100), 7_221_231),
    "context encoder D": (partial(ContextDiscriminator, channels=3), 2_766_529),
}


@pytest.mark.parametrize("name", COUNTS)
def test_parameter_count_is_exact(name):
    make, count = COUNTS[name]
    with torch.device("meta"):
        network = make()
    assert sum(parameter.numel() for parameter in network.parameters()) == count
    statistics = sum(b.numel() for key, b in network.named_buffers() if "running" in key)
    assert statistics == {"SRResNet": 4_224, "SPADE ADE20K": 21_888, "ESRGAN D 128": 5_760}.get(
        name, statistics
    )
    if name.startswith(("U-Net", "ResNet")):
        assert statistics == 0, "it has no memory of other batches"


# model/<group>=<name>: a model that takes it, data, the size of its images, and the number of parameters there
PAIRS, DOMAINS = ("pix2pix", "photos_edges"), ("discogan", "fonts_unpaired")
REGIONS = ("spade", "shapes_semantic")
SHARP, HOLES = ("srgan", "photos_sr"), ("context_encoder", "photos_inpaint")
FONTS = ("starganv2", "fonts_domains")
OPTIONS = {
    "generator": {
        "unet": (*PAIRS, 32, 4_164_929 + 2 * 32 * 32 + 2),  # three channels out instead of one
        "unet_256": (*PAIRS, 256, 54_413_955 - 2 * 16 * 64),  # one channel in instead of three
        "unet_128": (*PAIRS, 128, 41_828_995 - 2 * 16 * 64),
        "unet_64": (*PAIRS, 64, 29_244_035 - 2 * 16 * 64),
        "resnet": (*PAIRS, 256, 11_378_179 - 2 * 49 * 64),
        "resnet_cut": (*PAIRS, 256, 11_378_179 - 2 * 49 * 64),
        "resnet_9": (*PAIRS, 64, 11_378_179 - 2 * 49 * 64),
        "resnet_6": (*PAIRS, 64, 7_837_699 - 2 * 49 * 64),
        "resnet_3": (*PAIRS, 256, 269_377 + 2 * 49 * 16 + 2),
        "pix2pixhd": (*PAIRS, 64, 182_543_619 - 34 * 49 * 64),
        "pix2pixhd_enhanced": (*PAIRS, 64, 182_857_059 - 35 * 49 * (64 + 32)),
        "coarse_to_fine": (*PAIRS, 64, 286_419),
        "discogan": (*DOMAINS, 64, 5_513_856 - 4 * 16 * 64),
        "srresnet": (*SHARP, 96, 1_549_462),
        "spade": (*REGIONS, 32, 644_531),
        "rrdb": (*SHARP, 128, 16_697_987),
        "starganv2": (*FONTS, 256, 33_892_995 - 2 * (9 * 64 + 65)),  # one channel in and out
        "context_encoder": (*HOLES, 128, 71_130_531),
    },
    "discriminator": {
        "patch": (*PAIRS, 256, 2_768_705 - 2 * 16 * 64),
        "patch_instance": (*PAIRS, 256, 2_764_737 + 16 * 64),
        "patch_cut": (*PAIRS, 256, 2_764_737 + 16 * 64),
        "discogan": (*DOMAINS, 64, 2_765_568 - 2 * 16 * 64),
        "srgan": (*SHARP, 96, 23_565_505),
        "multiscale": (*REGIONS, 32, 5_603_202 - 2 * 16 * 64 * 30),  # nine channels in
        "multiscale_spectral": (*REGIONS, 32, 5_601_410 - 2 * 16 * 64 * 30),
        "esrgan": (*SHARP, 128, 14_499_401),
        "starganv2": (*FONTS, 256, 20_852_803 - 2 * 9 * 64),
        "context_encoder": (*HOLES, 128, 2_766_529),
    },
}
CASES = [(group, name) for group, names in OPTIONS.items() for name in names]


@pytest.mark.parametrize(("group", "name"), CASES)
def test_an_option_gives_the_network_of_its_name(group, name):
    model, data, size, count = OPTIONS[group][name]
    cfg = compose([f"model={model}", f"model/{group}={name}", f"data={data}", f"data.image_size={size}"])
    if group == "discriminator" and "multiscale" in name:
        cfg.model.discriminator.width = 64
    source, target = {"pix2pix": (1, 3), "spade": (6, 3), "discogan": (1, 0)}.get(model, (3, 0))
    with torch.device("meta"):
        network = instantiate(cfg.model[group])
        if not isinstance(network, nn.Module):
            given = {"channels": source + target}
            if model == "starganv2":
                given = {"channels": 1} if group == "generator" else {"channels": 1, "domains": 3}
            elif group == "generator":
                given = {"in_channels": source, "out_channels": target or source}
            network = network(**given)
    assert sum(parameter.numel() for parameter in network.parameters()) == count


def test_every_option_of_these_networks_is_tested():
    for group, names in OPTIONS.items():
        for path in (config_dir() / "model" / group).glob("*.yaml"):
            if "ganlab.networks.translation." in path.read_text():
                assert path.stem in names


TRANSLATORS = {
    "unet": partial(UNet, width=4),
    "resnet": partial(ResNetTranslator, width=4, blocks=1),
    "resnet antialiased": partial(ResNetTranslator, width=4, blocks=1, antialias=True),
    "coarse to fine": partial(CoarseToFineTranslator, width=4, blocks=1),
    "discogan": partial(DiscoGANGenerator, width=4),
    "discogan extra": partial(DiscoGANGenerator, width=4, bottleneck=5),
}


@pytest.mark.parametrize("name", TRANSLATORS)
@pytest.mark.parametrize("size", [32, 64])
def test_a_translator_keeps_the_size_and_takes_all_multiples_of_its_stride(name, size):
    network = TRANSLATORS[name](in_channels=2, out_channels=5, image_size=size)
    images = torch.randn(2, 2, network.minimum, network.minimum + 3 * network.stride)
    made = network(images)
    assert made.shape == (2, 5, *images.shape[2:])
    assert made.abs().max() <= 1
    assert network.scale == 1


@pytest.mark.parametrize(
    ("make", "size", "sentence"),
    [
        (UNet, 300, r"multiples of 8; try data\.image_size=304$"),
        (
            partial(UNet, depth=8),
            128,
            r"multiples of 256; try model\.generator\.depth=7 or data\.image_size=256$",
        ),
        (partial(UNet, depth=2), 32, r"^depth=2: .* at least 3 times"),
        (UNet, [64, 36], r"^image_size=\[64, 36\]: .* multiples of 8; try data\.image_size=\[64,32\]$"),
        (ResNetTranslator, 30, r"multiples of 4, at least 8; try data\.image_size=32$"),
        (ResNetTranslator, 4, r"try data\.image_size=8$"),
        (DiscoGANGenerator, 48, r"^image_size=48: DiscoGAN doubles from 4, .*; try data\.image_size=32$"),
    ],
)
def test_D9_a_translator_refuses_an_impossible_size(make, size, sentence):
    with pytest.raises(UserError, match=sentence):
        make(in_channels=1, out_channels=1, image_size=size)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (partial(PatchGAN, image_size=16, layers=3), r"^image_size=16: .* 24 pixels a side"),
        (partial(PatchGAN, image_size=256, layers=0), "at least 1 layer"),
        (partial(DiscoGANDiscriminator, image_size=8), r"try data\.image_size=16$"),
        (
            partial(SRResNet, scale=3),
            r"^scale=3: SRResNet doubles, so it needs 2, 4, 8, \.\.\.; try data\.scale=4$",
        ),
        (partial(RRDBNet, scale=3), r"^scale=3: RRDBNet enlarges 2 or 4 times; try data\.scale=4$"),
        (partial(RRDBNet, image_size=30), r"multiples of 4; try data\.image_size=32$"),
        (partial(ESRGANDiscriminator, image_size=90), r"multiples of 16; try data\.image_size=96$"),
        (partial(SRGANDiscriminator, image_size=90), r"multiples of 16; try data\.image_size=96$"),
        (partial(ContextEncoder, image_size=100), r"try data\.image_size=128$"),
        (partial(ContextEncoder, image_size=64, output_size=24), "context encoder doubles from 4"),
    ],
)
def test_D9_the_others_refuse_what_they_cannot_do(make, sentence):
    with pytest.raises(UserError, match=sentence):
        make(channels=3)


@pytest.mark.parametrize(("layers", "patch"), [(1, 16), (2, 34), (3, 70), (4, 142)])
def test_a_score_of_a_patchgan_sees_its_patch_and_no_more(layers, patch):
    network = PatchGAN(
        channels=1, image_size=256, layers=layers, width=2, norm=lambda channels: nn.Identity()
    )
    images = torch.randn(1, 1, 256, 256, requires_grad=True)
    scores = network(images)
    assert scores.shape == (1, 1, 256 // 2**layers - 2, 256 // 2**layers - 2)
    middle = scores.shape[2] // 2
    (gradient,) = torch.autograd.grad(scores[0, 0, middle, middle], images)
    rows = gradient[0, 0].abs().sum(dim=1).nonzero().flatten()
    assert rows[-1] - rows[0] + 1 == patch


@pytest.mark.parametrize(("size", "layers"), [(256, 3), (64, 3), (32, 2), (28, 2), (12, 1)])
def test_a_patchgan_is_as_deep_as_the_images_allow(size, layers):
    for antialias in (False, True):
        network = PatchGAN(channels=1, image_size=size, width=2, antialias=antialias)
        scores = network(torch.randn(2, 1, size, size))
        assert scores.shape[2] == size // 2**layers - 2


def test_a_translator_shows_what_it_sees_before_each_norm_and_after_each_block():
    """At CUT's places: those of numbers 0, 4, 8, 12 and 16 among the layers of its authors."""
    with torch.device("meta"):
        network = ResNetTranslator(**RGB, width=8, antialias=True)
    assert [network.tap_widths[tap] for tap in network.usual_taps] == [3, 16, 32, 32, 32]
    assert [network._layers_of_taps[tap] for tap in network.usual_taps] == [0, 4, 8, 12, 16]
    for antialias, recompute in ((False, False), (True, True)):
        network = ResNetTranslator(
            **GREY, image_size=16, width=4, blocks=2, antialias=antialias, recompute=recompute
        )
        assert network.usual_taps == (0, 1, 2, 3)
        images = torch.randn(2, 1, 16, 16)
        padded, first, _, third, last = network.encode(images, range(5))
        torch.testing.assert_close(padded, nn.functional.pad(images, [3] * 4, mode="reflect"))
        torch.testing.assert_close(first, network.down[:5](images))
        torch.testing.assert_close(third, network.blocks[0](network.down(images)))
        torch.testing.assert_close(network.up(last), network(images))
        assert torch.equal(network.encode(images, [3])[0], third)


def test_a_projection_is_of_unit_length_and_the_same_at_every_place():
    # of other seeds, all four units of a place may be off: that vector is 0
    torch.manual_seed(0)
    project = PatchProjection(widths=[3, 5], size=4)
    maps = [torch.randn(2, 3, 6, 6), torch.randn(2, 5, 2, 3)]
    places = [torch.tensor([7, 0, 35]), torch.tensor([5])]
    made = project(maps, places)
    assert [tuple(vectors.shape) for vectors in made] == [(2, 3, 4), (2, 1, 4)]
    torch.testing.assert_close(made[0].norm(dim=2), torch.ones(2, 3))
    alone = project([maps[0][:, :, 1:2, 1:2], maps[1]], [torch.tensor([0]), places[1]])
    torch.testing.assert_close(alone[0], made[0][:, :1])


def test_the_noise_of_a_unet_acts_in_eval_mode_and_the_batch_gives_its_statistics():
    network = UNet(in_channels=1, out_channels=1, image_size=32, width=4).eval()
    images = torch.randn(2, 1, 32, 32)
    assert not torch.equal(network(images), network(images)), "dropout is the noise z"
    quiet = UNet(in_channels=1, out_channels=1, image_size=32, width=4, dropout=0.0).eval()
    assert torch.equal(quiet(images), quiet(images))
    assert torch.equal(quiet(images), quiet.train()(images)), "statistics of the present batch in both modes"
    assert not torch.allclose(quiet(images)[:1], quiet(images[:1]))


@pytest.mark.parametrize(("size", "noisy"), [(256, 3), (128, 2), (64, 1), (32, 1), (8, 1)])
def test_dropout_is_in_the_paper_s_layers_and_in_one_at_least(size, noisy):
    with torch.device("meta"):
        network = UNet(in_channels=1, out_channels=1, image_size=size, width=2)
    assert [len(up) == 4 for up in network.ups] == [0 < level <= noisy for level in range(len(network.ups))]


def test_every_size_of_a_unet_is_joined_by_a_skip():
    """With the innermost half silenced the output still depends on the input, through each skip by itself."""
    network = UNet(in_channels=1, out_channels=1, image_size=32, width=4, dropout=0.0)
    images = torch.randn(2, 1, 32, 32)
    whole = network(images)
    for up in network.ups[1:]:
        weight = up[1].weight.data
        half, kept = len(weight) // 2, weight.clone()
        weight[:half] = 0  # the maps of the way down come first
        assert not torch.allclose(network(images), whole)
        weight.copy_(kept)
        weight[half:] = 0
        assert network(images).std() > 0
        weight.copy_(kept)


def test_recomputed_blocks_give_the_same_gradients_with_less_kept():
    def run(recompute):
        torch.manual_seed(0)
        network = ResNetTranslator(in_channels=1, out_channels=1, image_size=32, width=4, recompute=recompute)
        kept = []
        with torch.autograd.graph.saved_tensors_hooks(lambda x: kept.append(x.numel()) or x, lambda x: x):
            loss = network(torch.linspace(-1, 1, 1024).reshape(1, 1, 32, 32)).square().mean()
        loss.backward()
        return [p.grad for p in network.parameters()], sum(kept)

    plain, much = run(False)
    again, less = run(True)
    assert all(torch.equal(a, b) for a, b in zip(plain, again, strict=True))
    assert less < 0.8 * much


def test_an_srresnet_with_a_skip_begins_as_the_skip_and_learns():
    low = torch.rand(2, 3, 5, 7) * 2 - 1
    torch.manual_seed(0)
    network = SRResNet(channels=3, scale=2, width=4, blocks=1, skip=Bicubic(scale=2))
    expected = torch.nn.functional.interpolate(low, (10, 14), mode="bicubic")
    assert torch.equal(network(low), expected)
    network(low).square().mean().backward()
    assert network.up[-1].weight.grad.abs().sum() > 0
    torch.manual_seed(0)
    paper = SRResNet(channels=3, scale=2, width=4, blocks=1)
    assert not torch.equal(paper(low), expected)
    assert all(
        torch.equal(weight, network.get_parameter(name))
        for name, weight in paper.named_parameters()
        if not name.startswith("up.3.")
    )


@pytest.mark.parametrize("scale", [2, 4])
def test_an_rrdbnet_enlarges_and_begins_as_its_skip(scale):
    make = partial(RRDBNet, channels=1, image_size=64, scale=scale, width=4, blocks=1, growth=2)
    low = torch.rand(2, 1, 6, 8) * 2 - 1
    expected = torch.nn.functional.interpolate(low, (6 * scale, 8 * scale), mode="bicubic")
    torch.testing.assert_close(make(skip=Bicubic(scale=scale))(low), expected)
    assert make()(low).shape == expected.shape
    assert make().stride == 4 // scale


def test_a_residual_in_residual_block_whose_last_convolutions_are_0_enlarges_by_a_fifth():
    block, maps = ResidualInResidual(6, 3), torch.randn(2, 6, 5, 5)
    assert not torch.allclose(block(maps), 1.2 * maps)
    for dense in block.children():
        nn.init.zeros_(dense.conv5.weight)
    torch.testing.assert_close(block(maps), 1.2 * maps)


def test_a_dense_block_reads_all_before_it_and_begins_at_a_tenth_of_he_s_weights():
    block = DenseBlock(64, 32)
    assert [conv.in_channels for conv in block.children()] == [64, 96, 128, 160, 192]
    for conv in block.children():
        fan_in = 9 * conv.in_channels
        assert conv.weight.std().item() == pytest.approx(0.1 * (2 / fan_in) ** 0.5, rel=0.05)
        assert conv.bias.abs().max() == 0


@pytest.mark.parametrize("scale", [2, 4, 8])
def test_srresnet_enlarges_pictures_of_any_size(scale):
    network = SRResNet(channels=1, scale=scale, width=4, blocks=1)
    assert network(torch.randn(2, 1, 5, 7)).shape == (2, 1, 5 * scale, 7 * scale)


def test_srresnet_and_discogan_bring_their_input_to_the_papers_range():
    for network, first in (
        (SRResNet(channels=1, width=4, blocks=1), lambda n: n.first[0]),
        (DiscoGANGenerator(in_channels=1, out_channels=1, image_size=32, width=4), lambda n: n.layers[0]),
        (DiscoGANDiscriminator(channels=1, image_size=32, width=4), lambda n: n.first[0]),
    ):
        seen = []
        first(network).register_forward_pre_hook(lambda module, args, seen=seen: seen.append(args[0]))
        network(torch.tensor([-1.0, 1.0]).reshape(2, 1, 1, 1).expand(2, 1, 32, 32))
        assert [image.unique().tolist() for image in seen[0]] == [[0], [1]]


@pytest.mark.parametrize(("size", "output"), [(16, None), (64, None), (64, 64), (32, 8)])
def test_a_context_encoder_makes_the_middle_or_what_it_is_asked_for(size, output):
    network = ContextEncoder(channels=2, image_size=size, output_size=output, width=4, bottleneck=5)
    made, side = network(torch.randn(2, 2, size, size)), output or size // 2
    assert made.shape == (2, 2, side, side)
    scores = ContextDiscriminator(channels=2, image_size=size, output_size=output, width=4)(made)
    assert scores.shape == (2,)


def test_a_discogan_discriminator_shows_its_features():
    score, features = DiscoGANDiscriminator(channels=1, image_size=64, width=4)(torch.randn(2, 1, 64, 64))
    assert score.shape == (2,)
    assert [maps.shape[1:] for maps in features] == [(8, 16, 16), (16, 8, 8), (32, 4, 4)]
    assert features[0].min() < 0, "after a leaky ReLU"


def test_a_head_of_starganv2_learns_from_its_own_domain_alone():
    torch.manual_seed(0)
    networks = {
        "D": DomainDiscriminator(channels=1, domains=3, image_size=8, width=2),
        "E": StyleEncoder(channels=1, domains=3, image_size=8, width=2, style_size=4),
    }
    domain = torch.tensor([2, 0])
    for network in networks.values():
        network(torch.randn(2, 1, 8, 8), domain).sum().backward()
    assert [bool(row.abs().sum()) for row in networks["D"].head.weight.grad] == [True, False, True]
    heads = networks["E"].heads
    assert [bool(head.weight.grad.abs().sum()) for head in heads] == [True, False, True]
    assert networks["D"](torch.randn(2, 1, 8, 8), domain).shape == (2,)
    mapping = StyleMapping(domains=3, latent_size=2, style_size=4, width=16)
    z = torch.randn(1, 2).expand(3, -1)
    assert len(mapping(z, torch.arange(3)).unique(dim=0)) == 3
    torch.testing.assert_close(mapping(z, torch.tensor([1, 1, 0]))[0], mapping(z, torch.arange(3))[1])
