"""A network has what the class says that it derives from."""

import pytest

from ganlab.networks.captions.encoders import CharCNNRNN, WordGRU
from ganlab.networks.captions.stackgan import StackedGenerator
from ganlab.networks.images.ebgan import EBGANDiscriminator, EBGANPerceptron
from ganlab.networks.images.infogan import InfoGANDiscriminator
from ganlab.networks.images.progressive import ProgressiveDiscriminator, ProgressiveGenerator
from ganlab.networks.translation.context_encoder import ContextEncoder
from ganlab.networks.translation.discogan import DiscoGANGenerator
from ganlab.networks.translation.residual import ResNetTranslator
from ganlab.networks.translation.srresnet import SRResNet
from ganlab.networks.translation.unet import UNet

OPTIONAL = {"CharCNNRNN": {"words"}}  # it reads letters
SIDES = {"in_channels": 1, "out_channels": 1, "image_size": 16, "width": 2}
MAKERS = {
    EBGANDiscriminator: {"image_size": 8, "width": 2},
    EBGANPerceptron: {"image_size": 8},
    InfoGANDiscriminator: {"image_size": 8, "width": 2, "hidden": 4},
    ProgressiveGenerator: {"image_size": 8, "width": 4, "latent_size": 4},
    ProgressiveDiscriminator: {"image_size": 8, "width": 4},
    UNet: SIDES,
    ResNetTranslator: SIDES,
    DiscoGANGenerator: SIDES,
    SRResNet: {"channels": 1, "width": 2},
    ContextEncoder: {"channels": 1, "image_size": 16, "width": 2, "bottleneck": 4},
    WordGRU: {"words": 5},
    CharCNNRNN: {"size": 4, "recurrent_size": 4},
    StackedGenerator: {"image_size": 16, "small_size": 8, "width": 2, "text_size": 4},
}


@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
def test_a_network_has_what_its_class_names(make):
    network = make(**MAKERS[make])
    kinds = [kind for kind in make.__mro__ if kind.__module__ == "ganlab.network_types"]
    named = {name for kind in kinds for name in kind.__annotations__} - OPTIONAL.get(make.__name__, set())
    assert named
    assert [name for name in sorted(named) if not hasattr(network, name)] == []
