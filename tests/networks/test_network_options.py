"""Every option of model/{generator,discriminator,loss,prior} and image_size gives what its name says."""

from pathlib import Path

import pytest
import torch
from hydra.errors import InstantiationException
from hydra.utils import instantiate
from omegaconf import OmegaConf

from ganlab.errors import UserError
from ganlab.randomness import Draws

CONF = Path(__file__).parents[2] / "conf"


def options(group: str) -> list[str]:
    return sorted(path.stem for path in (CONF / group).glob("*.yaml"))


def made(group: str, name: str, *, image_size: int = 28, channels: int = 1, size: int = 6):
    """The object of model/<group>=<name>, with its interpolations resolved as in a whole configuration."""
    tree = OmegaConf.create(
        {
            "data": {"image_size": image_size, "channels": channels},
            "model": {
                "prior": {"size": size},
                group: OmegaConf.load(CONF / "model" / group / f"{name}.yaml"),
            },
        }
    )
    return instantiate(tree.model[group])


def possible_size(name: str) -> int:
    return 28 if name == "conv_keras" else 32


@pytest.mark.parametrize("name", options("model/generator"))
def test_generator_option(name):
    size = possible_size(name)
    network = made("generator", name, image_size=size, channels=2)
    assert network(torch.randn(3, 6)).shape == (3, 2, size, size)


@pytest.mark.parametrize("name", options("model/discriminator"))
def test_discriminator_option(name):
    size = possible_size(name)
    network, images = made("discriminator", name, image_size=size, channels=2), torch.zeros(3, 2, size, size)
    assert network(images).shape == (images.shape if name == "began" else (3,))


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
    "began": (64, 32, 3, 489_539, 2_310_979),
    "dcgan_paper": (100, 64, 3, 18_872_323, 17_234_689),
}


@pytest.mark.parametrize("name", COUNTS)
def test_option_gives_the_network_of_its_source(name):
    size, image_size, channels, *counts = COUNTS[name]
    for group, count in zip(("generator", "discriminator"), counts, strict=True):
        with torch.device("meta"):
            network = made(group, name, image_size=image_size, channels=channels, size=size)
        assert sum(parameter.numel() for parameter in network.parameters()) == count


@pytest.mark.parametrize("name", options("model/loss"))
def test_loss_option(name):
    loss, scores = made("loss", name), torch.zeros(3)
    assert loss.discriminator(scores, scores).shape == loss.generator(scores).shape == ()


@pytest.mark.parametrize("name", options("model/prior"))
def test_prior_option(name):
    assert made("prior", name)(Draws(0, "z"), 3).shape == (3, 100)


@pytest.mark.parametrize("name", options("image_size"))
def test_image_size_option_sets_its_own_name(name):
    assert OmegaConf.load(CONF / "image_size" / f"{name}.yaml") == {"data": {"image_size": int(name)}}
