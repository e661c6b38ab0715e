"""Penalties against critics whose gradient is known."""

import pytest
import torch
from torch import Tensor, nn

from ganlab.errors import UserError
from ganlab.losses.penalties import (
    R1,
    R1R2,
    GradientPenalty,
    NoPenalty,
    OnePass,
    gradient_penalty,
    zero_centred,
)
from ganlab.randomness import Draws

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


def quadratic(images: Tensor) -> Tensor:
    """|x|^2 / 2, whose gradient is x."""
    return images.square().sum((1, 2, 3)) / 2


def test_zero_centred_is_half_the_mean_squared_norm():
    real, _, _ = batch()
    expected = real.flatten(1).square().sum(1).mean() / 2
    torch.testing.assert_close(zero_centred(quadratic, real), expected)
    direction = torch.randn(SHAPE[1:])
    linear = zero_centred(lambda images: (images * direction).sum((1, 2, 3)), real)
    torch.testing.assert_close(linear, direction.square().sum() / 2)  # the same at every point


def test_zero_centred_has_the_second_order_gradient_of_its_closed_form():
    """D(x) = a |x|^2 / 2 + w x: |grad D|^2 / 2 = |a x + w|^2 / 2, with derivatives x (a x + w) and a x + w."""
    real, _, _ = batch()
    a = torch.tensor(0.7, requires_grad=True)
    weight = torch.randn(SHAPE[1:], requires_grad=True)
    zero_centred(lambda x: a * quadratic(x) + (x * weight).sum((1, 2, 3)), real).backward()
    gradient = (a * real + weight).detach()
    torch.testing.assert_close(a.grad, (real * gradient).sum((1, 2, 3)).mean())
    torch.testing.assert_close(weight.grad, gradient.mean(0))


def test_zero_centred_second_order_gradient_agrees_with_finite_differences():
    real = batch()[0].double()

    def penalty(inner: Tensor, outer: Tensor) -> Tensor:
        return zero_centred(lambda images: (images.flatten(1) @ inner).tanh() @ outer, real)

    inner = (0.3 * torch.randn(75, 6, dtype=torch.float64)).requires_grad_()
    outer = torch.randn(6, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(penalty, (inner, outer))


def test_zero_centred_is_float32_under_autocast():
    real, _, _ = batch()
    critic = nn.Sequential(nn.Flatten(), nn.Linear(75, 16), nn.Tanh(), nn.Linear(16, 1), nn.Flatten(0))
    expected = zero_centred(critic, real)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(zero_centred(critic, real), expected)
        assert zero_centred(critic, real.bfloat16()).dtype == torch.float32


def terms(penalty, step: int = 1, score=quadratic, seed: int = 0) -> dict[str, Tensor]:
    real, fake, _ = batch()
    return penalty(score, real, fake, draws=Draws(seed), step=step)


def test_r1_is_of_real_images_and_r2_of_fakes_times_gamma():
    of_real, of_fake = (zero_centred(quadratic, images) for images in batch()[:2])
    assert terms(NoPenalty()) == {}
    assert terms(R1(gamma=3.0)) == {"r1": 3 * of_real}
    assert terms(R1R2(gamma=3.0)) == {"r1": 3 * of_real, "r2": 3 * of_fake}


@pytest.mark.parametrize("kind", [R1, R1R2])
def test_lazy_terms_come_in_each_nth_step_and_count_n_times(kind):
    always, lazy = kind(gamma=2.0), kind(gamma=2.0, every=4)
    present = [step for step in range(1, 13) if terms(lazy, step)]
    assert present == [4, 8, 12]
    for name, value in terms(always).items():
        total = sum(terms(lazy, step)[name] for step in present)
        torch.testing.assert_close(total, 12 * value)  # the same in sum


def test_gradient_penalty_draws_one_epsilon_for_each_sample():
    real, fake, _ = batch()
    epsilon = Draws(5).uniform(4, 1, 1, 1)
    assert len(epsilon.unique()) == 4
    expected = 7 * gradient_penalty(quadratic, real, fake, epsilon, target=0.5)
    assert terms(GradientPenalty(weight=7.0, target=0.5), seed=5) == {"gradient_penalty": expected}
    assert terms(GradientPenalty(), seed=5) != terms(GradientPenalty(), seed=6)
    points = torch.randn(6, 2)
    alone = GradientPenalty()(lambda x: 3 * x[:, 0], points, -points, draws=Draws(0), step=1)
    assert alone["gradient_penalty"].item() == pytest.approx(10 * 4)


@pytest.mark.parametrize("penalty", [R1(), R1R2(), GradientPenalty()])
def test_penalties_move_the_discriminator_only(penalty):
    real, fake, _ = (images.requires_grad_() for images in batch())
    critic = nn.Sequential(nn.Flatten(), nn.Linear(75, 8), nn.Tanh(), nn.Linear(8, 1), nn.Flatten(0))
    sum(penalty(critic, real, fake, draws=Draws(0), step=1).values()).backward()
    assert real.grad is None
    assert fake.grad is None
    assert critic[1].weight.grad.abs().sum() > 0


@pytest.mark.parametrize("penalty", [R1(), GradientPenalty()])
def test_scores_that_are_not_one_for_each_image_are_refused(penalty):
    """The mean over the batch would make each gradient B times too small."""
    for score in (lambda x: quadratic(x).mean(), lambda x: quadratic(x)[:, None], lambda x: x[:, 0]):
        with pytest.raises(ValueError, match="one for each image"):
            terms(penalty, score=score)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: R1(gamma=-1.0), r"gamma=-1\.0: expected a number of at least 0; the default is 10\.0"),
        (lambda: R1R2(every=0), r"every=0: expected a whole number of at least 1; the default is 1"),
        (lambda: GradientPenalty(weight=-2.0), r"weight=-2\.0: expected a number of at least 0"),
        (lambda: GradientPenalty(target=-1.0), r"target=-1\.0: expected a number of at least 0"),
    ],
)
def test_impossible_numbers_are_refused(make, sentence):
    with pytest.raises(UserError, match=sentence):
        make()


def small_discriminator() -> nn.Module:
    torch.manual_seed(3)
    layers = [nn.Conv2d(3, 4, 3), nn.LeakyReLU(0.2), nn.Flatten(), nn.Linear(36, 1), nn.Flatten(0)]
    return nn.Sequential(*layers).double()


@pytest.mark.parametrize("penalty", [R1(gamma=3.0), R1R2(gamma=3.0)])
def test_the_pass_of_the_loss_gives_the_gradient_of_a_pass_of_its_own(penalty):
    real, fake, _ = (tensor.double() for tensor in batch())
    network = small_discriminator()
    passes, gradients = [], []
    for share in (True, False):

        def counted(images):
            passes[-1] += 1
            return network(images)

        passes.append(0)
        score = penalty.scoring(counted, step=1) if share else counted
        loss = score(real).mean() - score(fake).mean()
        terms = penalty(score, real, fake, draws=Draws(0), step=1)
        parameters = list(network.parameters())
        gradients.append(torch.autograd.grad(loss + sum(terms.values()), parameters, allow_unused=True))
    assert passes == [2, 2 + len(terms)]
    for together, apart in zip(*gradients, strict=True):
        torch.testing.assert_close(together, apart, rtol=1e-10, atol=1e-12)


def test_a_pass_is_shared_only_where_a_penalty_differentiates_it():
    score = quadratic
    assert NoPenalty().scoring(score, step=1) is score
    assert GradientPenalty().scoring(score, step=1) is score
    assert R1(every=4).scoring(score, step=3) is score
    assert isinstance(R1(every=4).scoring(score, step=4), OnePass)


def test_a_pass_of_other_images_or_under_autocast_is_not_shared():
    real, fake, _ = batch()
    network = small_discriminator().float()
    expected = zero_centred(network, real)
    score = OnePass(network)
    score(torch.cat([fake, real]))
    assert torch.equal(zero_centred(score, real), expected)
    with torch.autocast("cpu", torch.bfloat16):
        low = OnePass(network)
        assert low(real).dtype == torch.bfloat16
        assert torch.equal(zero_centred(low, real), expected)


def test_images_keep_no_gradient_of_a_shared_pass():
    real, _, _ = batch()
    network = small_discriminator().float()
    score = OnePass(network)
    (score(real).mean() + zero_centred(score, real)).backward()
    assert not real.requires_grad
    assert real.grad is None
    assert network[0].weight.grad is not None
