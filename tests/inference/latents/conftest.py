"""Untrained models of each kind, small enough for every test."""

import pytest
import torch

from ganlab.config import compose, instantiate
from ganlab.layers.norms import ConditionalBatchNorm2d
from ganlab.lexicon import lexicon

CAPTIONS = ("a red circle", "a blue circle")
WORDS = {
    "mlp_gan": ["data.image_size=8"],
    "cgan_dcgan": ["data.image_size=8", "model.generator.width=4"],
    "cgan_projection": ["data.image_size=16", "model.generator.width=4"],
    "infogan": ["data.image_size=16"],
    "stylegan2": ["data.image_size=8", "model.generator.width=8"],
    "stylegan": ["data.image_size=16", "model.generator.width=8", "model.discriminator.width=8"],
    "progan": ["data.image_size=8"],
    "gan_cls": ["data=shapes", "data.image_size=16", "model.generator.width=4"],
    "pix2pix": ["data=fonts_paired", "data.image_size=16"],
    "r3gan": ["data.image_size=16"],
}


@pytest.fixture(scope="session")
def model_of():
    """``model_of(name)``: the untrained model, in eval mode, made once."""
    made = {}

    def make(name):
        if name not in made:
            torch.manual_seed(0)
            made[name] = instantiate(compose([f"model={name}", *WORDS[name]]).model).eval()
            if name == "cgan_projection":  # all classes are alike before training
                for part in made[name].average.current().modules():
                    if isinstance(part, ConditionalBatchNorm2d):
                        part.gain.weight.data.normal_()
            if name == "gan_cls":
                made[name].book.fill(lexicon("words", ("red", "blue", "circle")), CAPTIONS, [])
        return made[name]

    return make
