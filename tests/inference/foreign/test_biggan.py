"""Files of BigGAN-PyTorch and StudioGAN: the same pictures and scores here, and what does not fit is named."""

from functools import partial

import pytest
import torch
from torch import nn

from ganlab.errors import UserError
from ganlab.inference.foreign.biggan import ADVICE
from ganlab.inference.foreign.import_weights import weights_for
from ganlab.networks.images.dcgan import DCGANDiscriminator
from ganlab.networks.labels.attentive import AttentiveDiscriminator, BigGANGenerator, SAGANGenerator
from tests.support.biggan_layouts import CLASSES, Discriminator, Generator, StudioGenerator

SIZES = {"classes": CLASSES, "image_size": 16, "attention": [8]}
HERE = partial(BigGANGenerator, latent_size=6, embedding_size=5, width=4, multipliers=[2, 2, 1], **SIZES)
SAGAN = partial(SAGANGenerator, latent_size=6, width=4, multipliers=[2, 2, 1], **SIZES)
JUDGE = partial(AttentiveDiscriminator, width=8, multipliers=[1, 2, 2], smallest=4, **SIZES)
CASES = {
    "biggan": (Generator, HERE),
    "sagan": (partial(Generator, shared=False), SAGAN),
    "studiogan": (StudioGenerator, HERE),
    "discriminator": (Discriminator, JUDGE),
}


def made(theirs):
    """A network of theirs in eval mode, with statistics and singular vectors of its own."""
    torch.manual_seed(0)
    network = theirs()
    if theirs is StudioGenerator:
        for _ in range(3):
            network(torch.randn(8, 6), torch.arange(8))
        for part in network.modules():
            if isinstance(part, nn.BatchNorm2d):
                part.running_var.uniform_(1e-5, 1e-3)  # so small that epsilon is seen
    return network.eval()


@pytest.mark.parametrize("name", CASES)
@torch.no_grad()
def test_a_network_of_theirs_gives_the_same_here(name, tmp_path):
    theirs, here = CASES[name]
    network, own, path = made(theirs), here().eval(), tmp_path / "G_ema.pth"
    state = network.state_dict()
    torch.save({"state_dict": state, "step": 3} if name == "studiogan" else state, path)
    own.load_state_dict(weights_for("generator", own, path))
    given = torch.randn(5, *((3, 16, 16) if name == "discriminator" else (6,)), dtype=torch.float64)
    label = torch.tensor([0, 1, 2, 9, 1])
    ours, expected = own.double()(given, label), network.double()(given, label)
    torch.testing.assert_close(ours, expected, atol=1e-5, rtol=1e-5)


def test_what_does_not_fit_is_named(tmp_path):
    path = tmp_path / "G.pth"

    def refused(state, network):
        torch.save(state, path)
        with pytest.raises(UserError) as error:
            weights_for("generator", network, path)
        return str(error.value).removeprefix(f"{path}").removesuffix(f"; {ADVICE}").lstrip(": ")

    whole, studio = Generator().state_dict(), StudioGenerator().state_dict()
    lacking = {key: value for key, value in whole.items() if key != "blocks.1.0.bn2.stored_var"}
    assert refused(lacking, HERE()) == "has nothing for upward.blocks.1.norm_2.norm.running_var"
    assert refused(whole | {"blocks.2.0.conv1.weight": torch.zeros(1)}, HERE()) == (
        "blocks.2.0.conv1.weight has no place in the network here"
    )
    assert refused(whole, HERE(embedding_size=6)) == (
        "shared.weight is (10, 5), and embedding.weight here is (10, 6)"
    )
    plain = {f"module.{key}": value for key, value in studio.items() if "shared" not in key}
    assert refused(plain, HERE()) == "has nothing for embedding.weight"
    assert refused(whole, SAGAN()) == "shared.weight has no place in the network here"
    assert refused(studio, HERE(attention=[])) == ("blocks.1.0.sigma has no place in the network here")
    assert "has no place in the network here" in refused(whole, DCGANDiscriminator(image_size=16))
    judge = {"blocks.0.0.conv2d1.weight_orig": torch.zeros(1), "linear1.weight_orig": torch.zeros(1)}
    assert refused(judge, JUDGE()).startswith("is a discriminator of StudioGAN, whose shortcuts read")
