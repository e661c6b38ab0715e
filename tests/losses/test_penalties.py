"""The gradient penalty against critics whose gradient is known."""

import pytest
import torch
from torch import Tensor, nn

from ganlab.losses.penalties import gradient_penalty

SHAPE = (4, 3, 5, 5)


def batch(seed: int = 0) -> tuple[Tensor, Tensor, Tensor]:
    torch.manual_seed(seed)
    return torch.randn(SHAPE), torch.randn(SHAPE), torch.rand(4, 1, 1, 1)


@pytest.mark.parametrize(
    ("norm", "target", "expected"), [(0.5, 1, 0.25), (3, 1, 4), (1, 1, 0), (3, 0, 9), (2, 5, 9)]
)
def test_linear_critic_pays_the_squared_distance_of_its_norm(norm, target, expected):
    """Two-sided: a norm below the target costs as well. The norm runs over channels and pixels together."""
    direction = torch.randn(SHAPE[1:])
    direction = norm * direction / direction.norm()
    penalty = gradient_penalty(lambda images: (images * direction).sum((1, 2, 3)), *batch(), target=target)
    assert penalty.item() == pytest.approx(expected, abs=1e-5)


def test_second_order_gradient_of_a_linear_critic_is_its_closed_form():
    """d/dw (|w| - 1)^2 = 2 (|w| - 1) w / |w|: a graph that is cut gives none."""
    weight = torch.randn(SHAPE[1:], requires_grad=True)
    gradient_penalty(lambda images: (images * weight).sum((1, 2, 3)), *batch()).backward()
    size = weight.detach().norm()
    torch.testing.assert_close(weight.grad, 2 * (size - 1) * weight.detach() / size)


def test_second_order_gradient_agrees_with_finite_differences():
    real, fake, epsilon = (tensor.double() for tensor in batch())

    def penalty(inner: Tensor, outer: Tensor) -> Tensor:
        return gradient_penalty(
            lambda images: (images.flatten(1) @ inner).tanh() @ outer, real, fake, epsilon
        )

    inner = (0.3 * torch.randn(75, 6, dtype=torch.float64)).requires_grad_()
    outer = torch.randn(6, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(penalty, (inner, outer))


def test_each_sample_is_mixed_by_its_own_epsilon():
    """D(x) = |x|^2 / 2 has the gradient x, so the penalty tells where on the line it was taken."""
    real, fake, _ = batch()
    epsilon = torch.tensor([0.0, 0.25, 0.5, 1.0]).reshape(4, 1, 1, 1)
    mixed = real + epsilon * (fake - real)
    expected = (mixed.flatten(1).norm(dim=1) - 1).square().mean()
    penalty = gradient_penalty(lambda images: images.square().sum((1, 2, 3)) / 2, real, fake, epsilon)
    torch.testing.assert_close(penalty, expected)
    only_real = gradient_penalty(lambda images: images.square().sum((1, 2, 3)) / 2, real, fake, 0 * epsilon)
    torch.testing.assert_close(only_real, (real.flatten(1).norm(dim=1) - 1).square().mean())


def test_the_generator_gets_no_gradient():
    real, fake, epsilon = batch()
    fake.requires_grad_()
    critic = nn.Sequential(nn.Flatten(), nn.Linear(75, 1), nn.Flatten(0))
    gradient_penalty(critic, real, fake, epsilon).backward()
    assert fake.grad is None
    assert critic[1].weight.grad.abs().sum() > 0


def test_a_dead_critic_pays_one_and_gives_no_nan():
    """The norm's derivative at zero is where a plain square root makes every weight NaN."""
    weight = torch.zeros(SHAPE[1:], requires_grad=True)
    penalty = gradient_penalty(lambda images: (images * weight).sum((1, 2, 3)), *batch())
    penalty.backward()
    assert penalty.item() == 1
    assert weight.grad.isfinite().all()


def test_it_is_float32_under_autocast_and_for_bfloat16_fakes():
    real, fake, epsilon = batch()
    fake = fake.bfloat16()
    critic = nn.Sequential(nn.Flatten(), nn.Linear(75, 16), nn.Tanh(), nn.Linear(16, 1), nn.Flatten(0))
    expected = gradient_penalty(critic, real, fake.float(), epsilon)
    with torch.autocast("cpu", torch.bfloat16):
        assert critic(real).dtype == torch.bfloat16
        penalty = gradient_penalty(critic, real, fake, epsilon)
        both_low = gradient_penalty(critic, real.bfloat16(), fake, epsilon)
    assert penalty.dtype == both_low.dtype == torch.float32
    assert torch.equal(penalty, expected)


def test_memory_layout_does_not_matter():
    real, fake, epsilon = batch()
    critic = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Tanh(), nn.Flatten(), nn.Linear(36, 1), nn.Flatten(0))
    expected = gradient_penalty(critic, real, fake, epsilon)
    last = [image.to(memory_format=torch.channels_last) for image in (real, fake)]
    torch.testing.assert_close(gradient_penalty(critic, *last, epsilon), expected)


def test_points_of_two_dimensions_work_as_well():
    points = torch.randn(6, 2)
    penalty = gradient_penalty(lambda given: 2 * given[:, 0], points, -points, torch.rand(6, 1))
    assert penalty.item() == pytest.approx(1)


@pytest.mark.parametrize(
    ("real", "fake", "epsilon", "message"),
    [
        ((4, 1, 5, 5), (4, 3, 5, 5), (4, 1, 1, 1), "same shape"),
        ((4, 3, 5, 5), (3, 3, 5, 5), (4, 1, 1, 1), "same shape"),
        ((4, 3, 5, 5), (4, 3, 5, 5), (1, 1, 1, 1), "one number for each sample"),
        ((4, 3, 5, 5), (4, 3, 5, 5), (4,), "one number for each sample"),
        ((4, 3, 5, 5), (4, 3, 5, 5), (4, 3, 5, 5), "one number for each sample"),
    ],
)
def test_D10_shapes_that_would_broadcast_are_refused(real, fake, epsilon, message):
    with pytest.raises(ValueError, match=message):
        gradient_penalty(
            lambda images: images.sum((1, 2, 3)), torch.zeros(real), torch.zeros(fake), torch.zeros(epsilon)
        )
