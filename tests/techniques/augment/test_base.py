"""The identity and instance noise."""

import pytest
import torch

from ganlab.errors import UserError
from ganlab.randomness import Draws
from ganlab.techniques.augment.base import InstanceNoise, NoAugment


def test_no_augmentation_is_the_identity():
    images, augment = torch.rand(2, 1, 4, 4), NoAugment()
    augment.at(100)
    assert augment(images, Draws(0)) is images
    assert augment.state_dict() == {}


def test_instance_noise_has_its_deviation_and_no_bias():
    images = torch.zeros(200, 3, 16, 16)
    noisy = InstanceNoise(std=0.3)(images, Draws(0))
    assert noisy.std().item() == pytest.approx(0.3, rel=0.01)
    assert noisy.mean().item() == pytest.approx(0, abs=0.003)
    assert noisy.std(0).min() > 0.2  # of every pixel


@pytest.mark.parametrize(("seen", "left"), [(0, 1.0), (250, 0.75), (999, 0.001), (1000, 0.0), (5000, 0.0)])
def test_it_falls_linearly_to_exactly_nothing(seen, left):
    augment, images = InstanceNoise(std=0.5, images_to_zero=1000), torch.rand(4, 1, 8, 8)
    augment.at(seen)
    noise = augment(images, Draws(0)) - images
    torch.testing.assert_close(noise, 0.5 * left * Draws(0).normal(4, 1, 8, 8), atol=1e-6, rtol=1e-5)
    assert torch.equal(augment(images, Draws(0)), images) == (left == 0)


def test_noise_is_a_function_of_the_images_seen_so_nothing_is_saved():
    augment = InstanceNoise()
    augment.at(123)
    assert augment.state_dict() == {}


def test_calls_differ_and_the_gradient_passes():
    images, draws = torch.rand(4, 1, 8, 8, requires_grad=True), Draws(0)
    augment = InstanceNoise(std=0.1)
    assert not torch.equal(augment(images, draws), augment(images, draws))
    augment(images, draws).sum().backward()
    assert (images.grad == 1).all()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"std": -0.1}, r"std=-0\.1: .*of at least 0; the default"),
        ({"images_to_zero": 0}, "images_to_zero=0: .*of at least 1; the default"),
    ],
)
def test_impossible_numbers_are_refused(options, sentence):
    with pytest.raises(UserError, match=sentence):
        InstanceNoise(**options)
