"""Every option of model/{generator,discriminator,loss,prior} and image_size gives what its name says."""

import math
from pathlib import Path

import pytest
import torch
from hydra.errors import InstantiationException
from hydra.utils import instantiate
from omegaconf import OmegaConf

from ganlab.errors import UserError
from ganlab.randomness import Draws

CONF = Path(__file__).parents[2] / "conf"
CLASSES = 4
AUTOENCODERS = {"began", "ebgan", "mlp_ebgan"}
PLACES = {"fastgan": (50,), "projected": (75,)}  # discriminators that give so many scores of each image
PACKED = {"dcgan_packed": 2}  # discriminators that score so many images at once
CLASSIFIERS = {"acgan", "progan_conditional"}  # discriminators that are told no label, and say one


# wings of networks with other inputs, which have tests of their own
ELSEWHERE = {"translation", "captions", "points"}


def options(group: str) -> list[str]:
    """The files of a group, without those of other inputs."""
    nodes = {path.stem: OmegaConf.load(path) for path in (CONF / group).glob("*.yaml")}

    def module(name: str) -> str:
        base = nodes[name].get("defaults", [name])[0]
        return nodes[base].get("_target_", "..").split(".")[2]

    without = ("patch", "projected_efficientnet")  # the latter wants a file
    return sorted(name for name in nodes if module(name) not in ELSEWHERE and not name.startswith(without))


def made(group: str, name: str, *, image_size: int = 28, channels: int = 1, size: int = 8, **given):
    """The object of model/<group>=<name>, with its interpolations resolved as in a whole configuration."""
    tree = OmegaConf.create(
        {
            "data": {"image_size": image_size, "channels": channels},
            "classes": CLASSES,
            "model": {
                "prior": {"size": size},
                "discriminator": {"hidden": 5},
                group: OmegaConf.load(CONF / "model" / group / f"{name}.yaml"),
            },
        }
    )
    return instantiate(tree.model[group], **given)


def labels_for(group: str, name: str) -> tuple[torch.Tensor, ...]:
    """What a conditional network is given beside noise or images; ACGAN's discriminator is told none."""
    node = OmegaConf.load(CONF / "model" / group / f"{name}.yaml")
    told = "classes" in node and not (group == "discriminator" and name in CLASSIFIERS)
    return (torch.tensor([0, CLASSES - 1, 1]),) if told else ()


def possible_size(name: str) -> int:
    return {"conv_keras": 28, "fastgan": 64, "projected": 64}.get(name, 32)


@pytest.mark.parametrize("name", options("model/generator"))
def test_generator_option(name):
    size = possible_size(name)
    network = made("generator", name, image_size=size, channels=2)
    assert network(torch.randn(3, 8), *labels_for("generator", name)).shape == (3, 2, size, size)


@pytest.mark.parametrize("name", options("model/discriminator"))
def test_discriminator_option(name):
    size = possible_size(name)
    network = made("discriminator", name, image_size=size, channels=2)
    images = torch.zeros(3 * PACKED.get(name, 1), 2, size, size)
    answer = network(images, *labels_for("discriminator", name))
    if name in CLASSIFIERS:
        answer, logits = answer
        assert logits.shape == (3, CLASSES)
    scores = (len(images), *PLACES.get(name, ()))
    assert answer.shape == (images.shape if name in AUTOENCODERS else scores)


@pytest.mark.parametrize("name", options("model/recognition"))
def test_recognition_option(name):
    """12: ten logits and two means. The features are as many as the discriminator's hidden numbers."""
    assert made("recognition", name)(torch.zeros(3, 5)).shape == (3, 12)


def test_D9_an_option_passes_the_networks_own_sentence_on():
    with pytest.raises(InstantiationException) as error:
        made("generator", "dcgan", image_size=30)
    assert isinstance(error.value.__cause__, UserError)


# the prior's size that the models use, the image size, and the counts of test_parameter_counts.py
COUNTS = {
    "mlp_slim": (100, 28, 1, 89_284, 78_601),
    "mlp_keras_blog": (30, 28, 1, 136_634, 132_951),
    "mlp_keras": (32, 28, 1, 572_816, 566_273),
    "mlp_lsgan": (100, 28, 1, 227_856, 201_217),
    "dcgan": (100, 32, 1, 1_066_880, 661_248),
    "dcgan_slim": (100, 28, 1, 317_473, 68_993),
    "dcgan_keras_blog": (100, 28, 1, 840_321, 212_865),
    "conv_keras": (32, 28, 1, 260_353, 93_825),
    "wgan_gp": (128, 28, 1, 1_554_177, 1_030_145),
    "dcgan_paper": (100, 64, 3, 18_872_323, 17_234_689),
    "mlp_2014": (100, 28, 1, 2_503_984, 1_231_441),
    "mlp_ebgan": (64, 28, 1, 27_952, 50_992),
    "infogan": (74, 28, 1, 6_652_481, 6_559_169),
}
# the options that are narrower than their source, at the width of the source; generator, discriminator
WIDTHS = {
    "began": (64, 32, 3, 489_539, 2_310_979, 64, 64),
    "ebgan": (100, 64, 3, 12_660_355, 1_318_659, 128, 64),
    "lsgan": (1024, 112, 3, 20_444_163, 4_333_441, 64, 64),
    "wgan_gp_resnet": (128, 32, 3, 1_204_483, 1_053_825, 128, 128),
    "sngan_resnet": (128, 32, 3, 4_276_739, 1_053_824, 256, 128),
    "sngan_cnn": (128, 32, 3, 3_812_355, 2_935_873, 64, 64),
    "r3gan": (64, 32, 3, 20_732_160, 20_683_776, 768, 768),
    "r3gan_conditional": (64, 32, 3, 20_781_952, 21_280_512, 768, 768),
    "acgan": (100, 32, 3, 2_994_051, 1_664_875, 96, 16),
}


@pytest.mark.parametrize("name", COUNTS)
def test_option_gives_the_network_of_its_source(name):
    size, image_size, channels, *counts = COUNTS[name]
    for group, count in zip(("generator", "discriminator"), counts, strict=True):
        with torch.device("meta"):
            network = made(group, name, image_size=image_size, channels=channels, size=size)
        assert sum(parameter.numel() for parameter in network.parameters()) == count


@pytest.mark.parametrize("name", WIDTHS)
def test_option_at_the_papers_width_gives_the_network_of_its_source(name):
    size, image_size, channels, *counts = WIDTHS[name]
    for group, count, width in zip(("generator", "discriminator"), counts[:2], counts[2:], strict=True):
        classes = {"classes": 10} if labels_for(group, name) or name == "acgan" else {}
        with torch.device("cpu" if name.startswith("sngan") else "meta"):  # quicker on real weights
            network = made(
                group, name, image_size=image_size, channels=channels, size=size, width=width, **classes
            )
        assert sum(parameter.numel() for parameter in network.parameters()) == count


@pytest.mark.parametrize("name", options("model/loss"))
def test_loss_option(name):
    loss, scores = made("loss", name), torch.zeros(3)
    assert loss.discriminator(scores, scores).shape == loss.generator(scores, lambda: scores).shape == ()


@pytest.mark.parametrize("name", options("model/prior"))
def test_prior_option(name):
    """InfoGAN's: 62 of noise, ten categories, two continuous codes."""
    prior = made("prior", name)
    assert prior(Draws(0, "z"), 3).shape == (3, prior.size)
    assert prior.size == (74 if name == "codes" else 100)


@pytest.mark.parametrize("name", options("image_size"))
def test_image_size_option_sets_its_own_name(name):
    assert OmegaConf.load(CONF / "image_size" / f"{name}.yaml") == {"data": {"image_size": int(name)}}


@pytest.mark.parametrize(
    ("group", "last"), [("generator", math.sqrt(2 / 934)), ("discriminator", math.sqrt(2 / 101))]
)
def test_the_keras_blog_s_perceptrons_have_he_s_weights_but_in_the_last_layer(group, last):
    torch.manual_seed(0)
    *hidden, output = [
        layer for layer in made(group, "mlp_keras_blog", size=30).layers if hasattr(layer, "weight")
    ]
    for layer in hidden:
        assert layer.weight.std().item() == pytest.approx(math.sqrt(2 / layer.in_features), rel=0.05)
        assert layer.weight.abs().max() > math.sqrt(3 * 2 / layer.in_features)  # normal and not uniform
    assert output.weight.std().item() == pytest.approx(last, rel=0.1)
    assert output.weight.abs().max() <= math.sqrt(3) * last
