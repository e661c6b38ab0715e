"""Directions: known answers for known layers, and the same layer found in every kind of generator."""

import pytest
import torch

from ganlab.errors import UserError
from ganlab.inference.latents.directions import directions, first_map, ganspace, sefa, strip
from ganlab.inference.latents.edit import edit
from ganlab.inference.latents.origins import pictures
from ganlab.randomness import Draws


def generator():
    return torch.Generator().manual_seed(5)


def turned(n):
    return torch.linalg.qr(torch.randn(n, n, generator=generator(), dtype=torch.float64))[0]


def test_sefa_gives_the_right_singular_vectors_and_how_far_they_move_the_output():
    left, right, lengths = turned(6)[:, :4], turned(4), torch.tensor([7.0, 3.0, 2.0, 0.5])
    found, strength = sefa((left * lengths) @ right.T)
    assert torch.allclose(strength, lengths, atol=1e-5)
    assert torch.allclose((found.double() @ right).abs(), torch.eye(4).double(), atol=1e-5)


def test_ganspace_finds_what_the_draws_vary_in_where_sefa_sees_only_the_layer():
    spread = torch.tensor([5.0, 1.0, 0.2])
    z = torch.randn(3000, 3, generator=generator()) * spread
    weight = torch.eye(3)
    found, share = ganspace(z, z @ weight.T)
    assert torch.allclose(found.abs(), torch.eye(3), atol=0.05)
    assert torch.allclose(share, spread**2 / (spread**2).sum(), atol=0.02)
    assert torch.allclose(sefa(weight)[1], torch.ones(3))


@pytest.mark.parametrize("name", ["mlp_gan", "cgan_dcgan", "cgan_projection", "gan_cls", "infogan", "r3gan"])
def test_the_first_map_is_found_wherever_z_stands_in_its_input(model_of, name):
    model = model_of(name)
    z, *condition = model.inputs(3, Draws(1))
    matrix = first_map(model, z.shape[1], *(values[:1] for values in condition))
    assert matrix.shape[1] == z.shape[1]
    if name == "mlp_gan":
        weight = next(part for part in model.average.current().modules() if hasattr(part, "weight")).weight
        assert torch.allclose(matrix.float(), weight, atol=1e-5)
    found = directions(model, k=2)
    assert torch.allclose(found.vectors.norm(dim=1), torch.ones(2), atol=1e-5)
    assert found.strength[0] >= found.strength[1] > 0


def test_noise_of_one_length_has_directions_too(model_of):
    found = directions(model_of("progan"), k=3)
    assert found.vectors.isfinite().all()
    assert torch.allclose(found.vectors @ found.vectors.T, torch.eye(3), atol=1e-4)


def test_a_strip_has_the_sample_in_its_middle_and_an_edit_by_nothing_is_the_sample(model_of):
    model = model_of("mlp_gan")
    found = directions(model, k=2)
    images = strip(model, found.vectors, 5, steps=3, n=8)
    assert images.shape == (2, 3, 1, 8, 8)
    sample = pictures(model, model.inputs(8, Draws(0, "sample"))[0])[5]
    assert torch.allclose(images[:, 1], sample.expand(2, -1, -1, -1), atol=1e-6)
    moved = edit(model, found.vectors[0], [5], [-3.0, 0.0, 3.0], n=8)
    assert torch.allclose(moved[0], images[0], atol=1e-6)


def test_wrong_use_is_one_sentence(model_of):
    with pytest.raises(UserError, match=r"z has (\d+) dimensions, so there are 1 to \1 directions"):
        directions(model_of("mlp_gan"), k=1000)
    with pytest.raises(UserError, match="a direction of 3 numbers, and this model's noise has"):
        edit(model_of("mlp_gan"), torch.zeros(3))
