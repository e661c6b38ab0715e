"""Models of points: the algorithm is that of images, word for word; players that fit are asked for."""

import json
import math

import pytest
import torch

import ganlab
from ganlab.config import compose, config_dir, instantiate
from ganlab.config.compose.catalogue import catalogue
from ganlab.errors import UserError
from ganlab.inference.sample import write_samples
from ganlab.metrics.images.energy import EnergyDistance
from ganlab.models.images.gan import StandardGAN
from ganlab.models.points import PlaneGAN
from ganlab.networks.points import PointDiscriminator, PointGenerator, PointMover
from ganlab.training.run import train
from tests.support.runs import build, differences, training_state

POINTS = sorted(name for name, entry in catalogue()["model"].items() if entry.kind == "points")
DATA = sorted(name for name, entry in catalogue()["data"].items() if entry.kind == "points")


def test_there_are_models_and_data_of_points():
    assert {"plane_gan", "plane_r3gan"} <= set(POINTS)
    assert DATA == ["grid", "moons", "ring", "spirals"]


def test_the_step_is_that_of_the_standard_gan(tiny_run, tmp_path):
    words = ["model=plane_gan", "data=ring", "trainer.max_steps=4", "callbacks.samples.size=64"]

    def as_images(module):
        module.__class__ = StandardGAN
        step = module.training_step
        module.training_step = lambda batch, batch_idx: step({"image": batch["point"]}, batch_idx)

    tiny_run(*words, folder="points")
    tiny_run(*words, folder="images", wrap=as_images)
    assert differences(training_state(tmp_path / "points"), training_state(tmp_path / "images")) == []


@pytest.mark.parametrize("data", DATA)
def test_points_come_nearer_to_the_data(data, tiny_run):
    quick = [
        "model=plane_r3gan",
        "trainer.max_steps=100",
        "data.batch_size=64",
        "callbacks.samples.size=64",
        "callbacks.samples.frames=1",
    ]
    distances = []

    def measure(module):
        metric = EnergyDistance(averaged=False)
        found = instantiate(compose(["model=plane_gan", f"data={data}"]).data)
        metric.prepare(found.dataset("train"), found.dataset("test"), torch.device("cpu"))
        distances.append(metric.evaluate(module)["energy"].value)

    measure(tiny_run(f"data={data}", *quick, wrap=measure))
    before, after = distances
    assert after < before / 2


@pytest.mark.parametrize(
    "loss", sorted(path.stem for path in (config_dir() / "model" / "loss").glob("*.yaml"))
)
def test_every_loss_and_penalty_plays_and_is_drawn(loss, tiny_run):
    penalty = {"wasserstein": "gradient_penalty", "relativistic": "r1_r2"}.get(loss, "r1")
    words = [
        f"model/loss={loss}",
        f"model/penalty={penalty}",
        "trainer.max_steps=2",
        "callbacks.samples.size=64",
    ]
    module = tiny_run("model=plane_gan", "data=moons", *words)
    assert all(p.isfinite().all() for p in module.parameters())


def test_a_run_says_how_many_modes_it_found_and_how_that_was_counted(tiny, tmp_path):
    cfg = tiny(
        "model=plane_gan", "data=ring", "metrics=modes", "trainer.max_steps=6", "callbacks.samples.size=64"
    )
    train(cfg, tmp_path / "run")
    results = json.loads((tmp_path / "run" / "results.json").read_text())
    assert list(results["scores"]) == ["mode_kl", "modes", "hq"]
    assert results["scores"]["modes"]["floor"] == 8
    assert results["scores"]["hq"]["protocol"]["n_fake"] == 2500
    assert results["last"]["val/modes"] == results["scores"]["modes"]["last"]["value"]
    assert results["last"]["game/jsd"] <= math.log(2), "what the log loss tells of the divergence"
    folder = write_samples(tmp_path / "run", n=5, seed=1)
    rows = (folder / "points.csv").read_text().splitlines()
    assert (rows[0], len(rows)) == ("x,y", 6)
    made = torch.tensor([[float(number) for number in row.split(",")] for row in rows[1:]])
    torch.testing.assert_close(made, ganlab.load(tmp_path / "run").sample(5, seed=1))


def test_players_that_do_not_fit_points_are_named_before_training():
    data, module = build(compose(["model=plane_gan", "data=ring", "model.generator.dimensions=3"]))
    with pytest.raises(UserError, match="makes points of 3 numbers, the data gives points of 2 numbers"):
        module.check(data.shape)
    _, module = build(compose(["model=plane_gan", "data=ring", "model.discriminator.dimensions=3"]))
    with pytest.raises(UserError, match="the discriminator cannot read points of 2 numbers"):
        module.check(data.shape)
    assert PlaneGAN.data_kind == data.kind == "points"


def test_a_mover_begins_near_its_noise_and_needs_as_many_numbers():
    torch.manual_seed(0)
    mover = PointMover(latent_size=2, widths=[32, 32])
    z = 4 * torch.randn(100, 2)
    assert (mover(z) - z).norm(dim=1).mean() < z.norm(dim=1).mean() / 4
    plain = PointGenerator(latent_size=2, widths=[32, 32])
    plain.load_state_dict(mover.state_dict())
    torch.testing.assert_close(mover(z), z + plain(z))
    with pytest.raises(UserError, match=r"latent_size=3: .*set model\.prior\.size=2"):
        PointMover(latent_size=3, widths=[32])


def test_frequencies_are_sines_and_cosines_of_each_coordinate():
    discriminator = PointDiscriminator(widths=[], frequencies=[1.0, 3.0]).double()
    (linear,) = discriminator.layers
    x, y = 0.3, -0.7
    phases = torch.tensor([x, 3 * x, y, 3 * y]).double()
    seen = torch.cat([torch.tensor([x, y]).double(), phases.sin(), phases.cos()])
    score = discriminator(torch.tensor([[x, y]]).double())
    torch.testing.assert_close(score, linear.weight @ seen + linear.bias)
    assert PointDiscriminator(widths=[5])(torch.randn(6, 2)).shape == (6,)
