"""BEGAN's reconstruction error."""

import pytest
import torch

from ganlab.losses.similarity import reconstruction_l1


def test_it_is_the_mean_and_not_the_sum_for_each_image():
    image = torch.zeros(2, 3, 28, 28)
    reconstruction = torch.stack([torch.full((3, 28, 28), 0.5), torch.full((3, 28, 28), -2.0)])
    assert reconstruction_l1(image, reconstruction).tolist() == [0.5, 2.0]
    assert reconstruction_l1(reconstruction, image).tolist() == [0.5, 2.0]


def test_opposite_errors_do_not_cancel_and_both_arguments_get_a_gradient():
    image = torch.tensor([1.0, -1.0]).reshape(1, 1, 1, 2).requires_grad_()
    reconstruction = torch.zeros(1, 1, 1, 2, requires_grad=True)
    error = reconstruction_l1(image, reconstruction)
    assert error.tolist() == [1.0]
    error.sum().backward()
    assert image.grad.flatten().tolist() == [0.5, -0.5]  # the generator learns through the target
    assert reconstruction.grad.flatten().tolist() == [-0.5, 0.5]


def test_it_is_float32_for_bfloat16_images():
    image = torch.full((1, 1, 64, 64), 0.1).bfloat16()
    error = reconstruction_l1(image, torch.zeros(1, 1, 64, 64))
    assert error.dtype == torch.float32
    assert error.item() == pytest.approx(image[0, 0, 0, 0].item(), rel=1e-5)


@pytest.mark.parametrize("other", [(4, 3, 8, 8), (1, 1, 8, 8), (4, 1, 8, 1)])
def test_D10_shapes_that_would_broadcast_are_refused(other):
    with pytest.raises(ValueError, match="one shape"):
        reconstruction_l1(torch.zeros(4, 1, 8, 8), torch.zeros(other))
