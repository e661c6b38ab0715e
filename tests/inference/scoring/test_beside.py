"""Scores beside those of features: by LPIPS, of classes, of the latent space."""

from functools import partial
from types import SimpleNamespace

import pytest
import torch

from ganlab.inference.scoring.beside import beside, witness_for
from ganlab.inference.scoring.kinds.arrays import Array
from ganlab.inference.scoring.kinds.base import Pictures
from ganlab.inference.scoring.kinds.made import Generated
from ganlab.inference.scoring.perceptual import EPSILON, lacks_paths, path_length
from ganlab.metrics.extractors.lpips import Perceptual
from ganlab.metrics.images.class_accuracy import trained
from ganlab.randomness import Draws
from ganlab.techniques.priors import Normal, Uniform
from tests.support.extractors import Squared
from tests.support.runs import build
from tests.support.scoring import noise


def seen(tmp_path, images, names, labels=None, perceptual=None):
    side = Array(tmp_path / "x.npy", images.numpy(), None if labels is None else labels.numpy())
    found = witness_for(side, names, perceptual or Squared(), batch_size=8, kept=1000)
    for watcher in found.watchers(names):
        for pictures in side.pictures(range(len(images)), 8):
            watcher.add(pictures)
    return found


def drawn(model, n=4):
    """A side of a model that no run holds."""
    side = Generated.__new__(Generated)
    side.model, side.n, side.seed, side.averaged = model, n, 3, True
    return side


def linear(prior):
    """A generator of 4 x 4 images A z."""
    torch.manual_seed(0)
    network = torch.nn.Sequential(
        torch.nn.Linear(prior.size, 16, bias=False), torch.nn.Unflatten(1, (1, 4, 4))
    )
    return SimpleNamespace(
        prior=prior,
        average=SimpleNamespace(current=lambda: network),
        inputs=lambda n, draws: (prior(draws, n),),
        drawn=lambda network, *inputs: network(*inputs),
        device=torch.device("cpu"),
        weight=network[0].weight.detach().double(),
    )


@pytest.mark.parametrize("name", ["ppl", "ppl_ends"])
def test_a_path_s_length_is_that_of_its_derivative(name):
    model = linear(Uniform(size=6))
    draws = Draws(3, "path length")
    one, other = model.prior(draws, 1).double(), model.prior(draws, 1).double()
    expected = float(((other - one) @ model.weight.T / 2).square().sum())  # of pixels in 0 to 1
    assert path_length(name, drawn(model, 1), Squared(), 4) == pytest.approx(expected, rel=0.01)


def test_a_normal_z_goes_along_the_circle():
    model = linear(Normal(size=6))
    draws = Draws(3, "path length")
    one, other = model.prior(draws, 1)[0].double(), model.prior(draws, 1)[0].double()
    angle = (one @ other / one.norm() / other.norm()).arccos()
    way = angle / angle.sin() * (other - angle.cos() * one)  # slerp's derivative at 0
    expected = float((model.weight @ way / 2).square().sum())
    assert path_length("ppl_ends", drawn(model, 1), Squared(), 4) == pytest.approx(expected, rel=0.01)


def test_w_is_of_models_that_map_z_to_it(tiny):
    style = build(tiny("model=stylegan2_conditional", "data.image_size=16"))[1]
    side = drawn(style, 6)
    assert lacks_paths("ppl_w", side, Squared()) == ""
    ways = {name: path_length(name, side, Squared(), 4) for name in ("ppl", "ppl_w", "ppl_w_ends")}
    assert all(0 < length < 1 / EPSILON for length in ways.values())
    assert len(set(ways.values())) == 3
    assert side.labels().tolist() == [0, 1, 3, 5, 6, 8]
    plain = drawn(build(tiny("model=vanilla"))[1])
    assert lacks_paths("ppl_w", plain, Squared()) == "this model has no w: take ppl or ppl_ends"
    assert "it needs a run or an export" in lacks_paths("ppl", Array.__new__(Array), Squared())


def test_a_collapse_has_no_diversity_and_missing_weights_are_said(tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    names = ["lpips_diversity"]
    real, alike = (
        seen(tmp_path, images, names) for images in (noise(40, 1), noise(1, 2).repeat(40, 1, 1, 1))
    )
    scores, absent = beside(names, alike, real, None, Squared(), 8)
    assert scores["lpips_diversity"].value == 0
    assert scores["lpips_diversity"].baseline > 1
    assert absent == {}
    _, absent = beside(names, alike, real, None, Perceptual(), 8)
    assert "LPIPS needs" in absent["lpips_diversity"]
    mixed = seen(tmp_path, noise(40, 1), names)
    mixed.likeness.add(Pictures(noise(1, side=16), [0]))
    assert "all of one size" in beside(names, mixed, real, None, Squared(), 8)[1]["lpips_diversity"]


def test_a_generator_that_ignores_its_class_teaches_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("ganlab.inference.scoring.classifying.trained", partial(trained, steps=40))
    names = ["cas", "class_accuracy"]
    labels = torch.arange(120) % 4
    pictures = [
        noise(120, seed) // 4 + (60 * labels)[:, None, None, None].to(torch.uint8) for seed in (1, 2, 3)
    ]
    real, held_out, good = (seen(tmp_path, images, names, labels) for images in pictures)
    scores, _ = beside(names, good, real, held_out, Squared(), 8)
    assert scores["cas"].value > 0.9
    assert scores["class_accuracy"].value > 0.9
    assert scores["cas"].baseline == scores["class_accuracy"].floor > 0.9
    deaf = seen(tmp_path, pictures[2], names, labels.flip(0))
    scores, _ = beside(names, deaf, real, held_out, Squared(), 8)
    assert scores["cas"].value < 0.3
    assert scores["class_accuracy"].value < 0.3
    assert "it needs held_out" in beside(names, good, real, None, Squared(), 8)[1]["cas"]
    strange = seen(tmp_path, pictures[2], names, labels + 2)
    assert "class 4 of the generated" in beside(names, strange, real, held_out, Squared(), 8)[1]["cas"]
    nameless = seen(tmp_path, pictures[2], names)
    assert "it needs a class" in beside(names, nameless, real, held_out, Squared(), 8)[1]["cas"]
