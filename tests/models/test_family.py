"""What each variant's step computes, against its paper's formulas."""

import math

import pytest
import torch
from torch import nn

from ganlab.errors import UserError
from ganlab.losses.adversarial import Hinge, LeastSquares, NonSaturating
from ganlab.losses.similarity import squared_error
from ganlab.models.images.acgan import ACGAN
from ganlab.models.images.cgan import CGAN
from ganlab.models.images.ebgan import EBGAN
from ganlab.models.images.gan import StandardGAN
from ganlab.models.images.infogan import InfoGAN
from ganlab.techniques.ema import NoAverage
from ganlab.techniques.priors import Codes, Normal
from ganlab.techniques.schedules import Cosine


class Pixels(nn.Module):
    """A generator of 2 x 2 images from two numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(2, 4)

    def forward(self, z, *condition):
        return self.layer(z[:, :2]).view(-1, 1, 2, 2)


class Shrink(nn.Module):
    """An autoencoder that halves an image; its code is the image."""

    def __init__(self) -> None:
        super().__init__()
        self.factor = nn.Parameter(torch.tensor(0.5))
        self.encoder = nn.Flatten()

    def forward(self, image):
        return self.factor * image


def sgd(parameters):
    return torch.optim.SGD(parameters, lr=0.1)


def options(discriminator, generator=None, prior=None):
    return {
        "generator": generator or Pixels(),
        "discriminator": discriminator,
        "prior": prior or Normal(size=2),
        "average": NoAverage(),
        "optimizers": {"generator": sgd, "discriminator": sgd},
    }


def test_ebgan_energy_and_both_hinges():
    image = torch.tensor([1.0, 3.0])[:, None, None, None].expand(2, 1, 2, 2)  # energies: 4 (v/2)^2
    game = EBGAN(margin=5.0, distance=squared_error, **options(Shrink()))
    energy = game.energy(image)
    assert energy.tolist() == [1.0, 9.0]
    assert game.shortfall(energy, 4).item() == pytest.approx((4 + 0) / 2)
    notebook = EBGAN(margin=5.0, distance=squared_error, hinge="mean", **options(Shrink()))
    assert notebook.shortfall(energy, 4).item() == pytest.approx(0.0)
    for_each = EBGAN(margin=1.25, margin_per="number", distance=squared_error, **options(Shrink()))
    assert for_each.shortfall(energy, 4).item() == pytest.approx(
        (4 + 0) / 2
    )  # a margin of 5 for four numbers


def test_ebgan_generator_learns_through_target_and_reconstruction():
    """Where D(v) = v/2, dE/dv = 2 (v/2) (1 - 1/2) per pixel; a detached target would give -v/2 instead."""
    game = EBGAN(distance=squared_error, **options(Shrink()))
    image = torch.full((1, 1, 2, 2), 3.0, requires_grad=True)
    (gradient,) = torch.autograd.grad(game.energy(image).sum(), image)
    assert gradient.flatten().tolist() == [1.5] * 4


def test_conditional_fakes_have_the_labels_they_are_judged_with():
    seen = []

    class Told(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(4, 1)

        def forward(self, image, label):
            seen.append(label)
            return self.layer(image.flatten(1)).squeeze(1)

    game = CGAN(loss=NonSaturating(), classes=3, **options(Told()))
    label = torch.tensor([2, 0, 1, 1])
    game.score(game.generate(len(label), label), label)
    assert torch.equal(seen[-1], label)


def test_labels_in_order_one_row_for_each_class():
    game = CGAN(loss=NonSaturating(), classes=3, **options(nn.Identity()))
    z, label = game.inputs(6, game.draws)
    assert label.tolist() == [0, 0, 1, 1, 2, 2]
    assert z.shape == (6, 2)
    assert game.sheet(64, 8) == (24, 8)
    assert game.inputs(3, game.draws, 2)[1].tolist() == [2, 2, 2]


def test_D12_labels_that_are_no_classes_and_data_with_others_are_refused():
    game = CGAN(loss=NonSaturating(), classes=3, **options(nn.Identity()))
    for label in (-1, 3, 10):
        with pytest.raises(UserError, match=f"label={label}: this model has the classes 0 to 2"):
            game.inputs(3, game.draws, label)
    with pytest.raises(UserError, match="classes=3: the data has 10 classes; set classes=10"):
        game.check((1, 8, 8), tuple("0123456789"))
    with pytest.raises(UserError, match="this model needs labels, and the data has none"):
        game.check((1, 8, 8), ())


def test_acgan_scores_and_classes():
    class Judge(nn.Module):
        def forward(self, image):
            return image.flatten(1).mean(1), torch.zeros(len(image), 10)

    game = ACGAN(loss=NonSaturating(), classes=10, **options(Judge()))
    image = torch.ones(4, 1, 2, 2)
    score, classes = game.judge(image)
    assert score.tolist() == [1.0] * 4
    from ganlab.losses.information import cross_entropy

    assert cross_entropy(classes, torch.arange(4)).item() == pytest.approx(math.log(10))


def test_infogan_information_of_what_is_said():
    prior = Codes(noise=2, categories=3, continuous=2)
    game = InfoGAN(loss=NonSaturating(), recognition=nn.Identity(), **options(nn.Identity(), prior=prior))
    latent = prior(game.draws, 5)
    category, continuous = prior.codes(latent)
    perfect = torch.cat([100.0 * nn.functional.one_hot(category, 3), continuous], 1)
    assert game.information(perfect, latent).item() == pytest.approx(
        2 * 0.5 * math.log(2 * math.pi), abs=1e-5
    )
    ignorant = torch.cat([torch.zeros(5, 3), continuous + 1], 1)
    expected = math.log(3) + 2 * (0.5 * math.log(2 * math.pi) + 0.5)
    assert game.information(ignorant, latent).item() == pytest.approx(expected, abs=1e-5)


def test_codes_in_order_and_chosen():
    prior = Codes(noise=2, categories=3, continuous=1)
    from ganlab.randomness import Draws

    latent = prior.sorted(Draws(0), 6)
    assert prior.codes(latent)[0].tolist() == [0, 0, 1, 1, 2, 2]
    assert prior.codes(prior.sorted(Draws(0), 2, 1))[0].tolist() == [1, 1]
    assert latent.shape == (6, prior.size) == (6, 6)
    assert latent[:, :2].abs().max() <= 1


def test_zero_means_undecided_for_log_and_hinge_losses_only():
    assert StandardGAN(loss=NonSaturating(), **options(nn.Flatten())).scores_are_logits
    assert StandardGAN(loss=Hinge(), **options(nn.Flatten())).scores_are_logits
    assert not StandardGAN(loss=LeastSquares(), **options(nn.Flatten())).scores_are_logits


def test_cosine_over_images():
    schedule = Cosine(start=2.0, end=1.0, images=100)
    assert [schedule(n) for n in (0, 50, 100, 1000)] == pytest.approx([2.0, 1.5, 1.0, 1.0])
    assert schedule(25) == pytest.approx(1.5 + 0.5 * math.cos(math.pi / 4))
    with pytest.raises(UserError, match="images=0"):
        Cosine(start=1.0, end=0.0, images=0)


def test_r3gan_sets_both_players_numbers_by_images_seen(tiny_run):
    module = tiny_run(
        "model=r3gan",
        "model.learning_rate.images=48",
        "model.beta2.images=48",
        "trainer.max_steps=6",
    )
    for player in module.players():
        (group,) = module.parameter_groups(player)
        assert group["lr"] == pytest.approx(5e-5)
        assert group["betas"] == (0.0, pytest.approx(0.99))
