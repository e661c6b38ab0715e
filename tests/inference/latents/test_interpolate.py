"""Ways through latent spaces: their ends are samples, their two axes are noise and condition."""

import pytest
import torch

from ganlab.errors import UserError
from ganlab.inference.latents.interpolate import interpolate
from ganlab.inference.latents.origins import conditions, originals, pictures, require_noise
from ganlab.randomness import Draws


def test_every_end_of_a_leg_is_the_sample_bit_for_bit(model_of):
    model = model_of("mlp_gan")
    walk = interpolate(model, [3, 7, 12], frames=5, n=20, seed=4)
    assert walk.images.shape == (1, 9, 1, 8, 8)
    assert walk.legs == [0, 4, 8]
    samples = model.sample(20, seed=4)
    assert torch.equal(walk.images[0, walk.legs], samples[[3, 7, 12]])
    assert not torch.equal(walk.images[0, 2], samples[3])


def test_what_is_drawn_between_is_drawn_from_between(model_of):
    model = model_of("mlp_gan")
    z = model.inputs(20, Draws(4, "sample"))[0]
    middle = (z[3] + z[7]) / 2
    walk = interpolate(model, [3, 7], frames=3, n=20, seed=4, curve="lerp")
    assert torch.allclose(walk.images[0, 1], pictures(model, middle[None])[0], atol=1e-6)


@pytest.mark.parametrize("name", ["cgan_dcgan", "cgan_projection"])
def test_noise_and_class_are_the_two_axes(model_of, name):
    model = model_of(name)
    walk = interpolate(model, [0, 1], labels=[2, 5], frames=3, seed=1)
    assert walk.rows == ["2", "5"]
    z = originals(model, [0, 1], seed=1)[0]
    for row, label in enumerate((2, 5)):
        ends = pictures(model, z, torch.tensor([label, label]))
        assert torch.allclose(walk.images[row, [0, 2]], ends, atol=1e-6)
    across = interpolate(model, [0, 1], along="class", labels=[2, 5], frames=3, seed=1)
    assert across.rows == ["0", "1"]
    assert torch.allclose(across.images[:, [0, 2]], walk.images[:, [0, 2]].transpose(0, 1), atol=1e-6)
    assert not torch.allclose(across.images[:, 1], across.images[:, 0], atol=1e-4)


def test_captions_are_joined_by_their_embeddings(model_of):
    model = model_of("gan_cls")
    texts = ["red circle", "blue circle"]
    walk = interpolate(model, [0], along="caption", captions=texts, frames=3)
    z = originals(model, [0])[0]
    ends = pictures(model, z.repeat(2, 1), model.book.ids(texts))
    assert torch.allclose(walk.images[0, [0, 2]], ends, atol=1e-5)
    embeddings = conditions(model, texts)
    middle = pictures(model, z, embeddings.mean(0, keepdim=True))
    assert torch.allclose(walk.images[0, 1], middle[0], atol=1e-5)


def test_what_a_model_does_not_know_is_one_sentence(model_of):
    with pytest.raises(UserError, match="along=class: this model knows no such thing"):
        interpolate(model_of("mlp_gan"), along="class")
    with pytest.raises(UserError, match=r"captions=\['a'\]: this model was not trained on captions"):
        interpolate(model_of("mlp_gan"), captions=["a"])
    with pytest.raises(UserError, match="label=1: this model was trained without labels"):
        interpolate(model_of("mlp_gan"), labels=[1])
    with pytest.raises(UserError, match="label=10: this model has the classes 0 to 9"):
        interpolate(model_of("cgan_dcgan"), labels=[10])
    with pytest.raises(UserError, match="green"):
        interpolate(model_of("gan_cls"), captions=["green circle"])
    with pytest.raises(UserError, match="this model draws captions"):
        interpolate(model_of("gan_cls"), labels=[1])
    with pytest.raises(UserError, match=r"20 is none of the samples 0 to 9 that n=10 draws"):
        interpolate(model_of("mlp_gan"), [1, 20], n=10)
    with pytest.raises(UserError, match="two ends"):
        interpolate(model_of("mlp_gan"), [1])
    with pytest.raises(UserError, match="draws no noise"):
        require_noise(model_of("pix2pix"))
