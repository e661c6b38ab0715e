"""Refined samples follow the data where the discriminator knows it, and are refused where it does not."""

import copy
import json
from dataclasses import replace

import pytest
import torch
from torch import nn

from ganlab.cli import main
from ganlab.config import compose, instantiate
from ganlab.config.runs.trust import instantiate_saved
from ganlab.data.points import PointSet
from ganlab.errors import UserError
from ganlab.inference.export.formats import export
from ganlab.inference.load import load
from ganlab.inference.refine.judge import require_judgement
from ganlab.inference.refine.refined import Refined
from ganlab.inference.refine.scores import Drawn
from ganlab.techniques.priors import Normal
from ganlab.training.run import train


class Line(nn.Module):
    """z (n, 2) as points N(0, 1)."""

    def forward(self, z):
        return z


class Knows(nn.Module):
    """The exact log of N((1, 0), 0.5^2) over N(0, 1), and then some: scaled and shifted, as training leaves it."""

    def forward(self, x):
        ratio = -((x - torch.tensor([1.0, 0.0])) ** 2).sum(1) / 0.5 + (x**2).sum(1) / 2
        return 3 * ratio + 5


class Data:
    """Held-out points of N((1, 0), 0.5^2)."""

    def dataset(self, split):
        noise = torch.randn(4_000, 2, generator=torch.Generator().manual_seed(1))
        return PointSet(torch.tensor([1.0, 0.0]) + 0.5 * noise, torch.zeros(0, 2), 0.5)


def model():
    module = instantiate(compose(["model=plane_gan", "data=ring"]).model)
    module.generator, module.discriminator, module.prior = Line(), Knows(), Normal(size=2)
    module.average.follow(module.generator)
    return module.eval()


@pytest.mark.parametrize(("way", "steps"), [("mh", 60), ("drs", 1)])
def test_samples_become_those_of_the_data(way, steps):
    refined = Refined(model(), Data(), way, steps=steps)
    plain = model().sample(1_500, seed=3)
    chosen = refined.sample(1_500, seed=3, batch_size=500)
    assert torch.allclose(plain.mean(0), torch.zeros(2), atol=0.1)
    assert torch.allclose(chosen.mean(0), torch.tensor([1.0, 0.0]), atol=0.12)
    assert torch.allclose(chosen.std(0), torch.tensor([0.5, 0.5]), atol=0.1)
    assert abs(refined.calibration.z) < 4 < abs(refined.calibration.raw_z)
    assert "z = " in refined.in_words()
    assert torch.equal(
        chosen, Refined(model(), Data(), way, steps=steps).sample(1_500, seed=3, batch_size=500)
    )
    assert not torch.equal(chosen, refined.sample(1_500, seed=4, batch_size=500))


def test_a_chain_of_one_proposal_is_that_proposal_or_where_it_began():
    """Beginning at a real sample and hardly moving would hand out held-out data as generated."""
    refined = Refined(model(), Data(), "mh", steps=1)
    chosen, plain = refined.sample(300, seed=5), model().sample(300, seed=5)
    assert torch.equal(chosen, plain)


def test_a_discriminator_that_was_never_trained_can_choose_once_it_is_trained_on():
    torch.manual_seed(0)
    module = instantiate(compose(["model=plane_gan", "data=ring"]).model)
    module.generator, module.prior = Line(), Normal(size=2)
    module.average.follow(module.generator)
    target, fresh = torch.tensor([1.0, 0.0]), copy.deepcopy(module.discriminator.state_dict())
    found = {}
    for steps in (0, 200):
        module.discriminator.load_state_dict(fresh)
        refined = Refined(module, Data(), "mh", steps=40, train_steps=steps)
        chosen = refined.sample(1_000, seed=3, batch_size=500)
        found[steps] = float((chosen.mean(0) - target).norm() + (chosen.std(0) - 0.5).norm())
        assert refined.sampled_from().endswith(f"after {steps} more steps of the discriminator") == bool(
            steps
        )
    assert found[200] < 0.25 < 0.5 < found[0]
    assert module.discriminator.training, "the mode is as it was"


def test_a_class_is_kept_and_the_mode_of_the_networks_too():
    module = instantiate(compose(["model=cgan", "data.image_size=8"]).model)
    data = instantiate(compose(["data=digits", "data.image_size=8"]).data)
    data.prepare()
    module.train()
    refined = Refined(module, data, "mh", steps=2)
    assert refined.sample(20, label=3, batch_size=10).shape == (20, 1, 8, 8)
    assert refined.sample(20, seed=1).shape == (20, 1, 8, 8)
    assert module.discriminator.training
    assert module.training


@pytest.mark.parametrize("name", ["wgan", "lsgan", "began", "ebgan", "r3gan", "sngan", "gan_cls", "pix2pix"])
def test_a_discriminator_that_estimates_something_else_is_refused_with_the_reason(name):
    data = {"gan_cls": ["data=shapes"], "pix2pix": ["data=fonts_paired"]}.get(name, [])
    module = instantiate(compose([f"model={name}", *data]).model)
    with pytest.raises(UserError, match=r"refine: (the discriminator of|this model draws)"):
        require_judgement(module)


def test_too_few_held_out_samples_are_refused():
    class Few(Data):
        def dataset(self, split):
            return replace(super().dataset(split), points=torch.zeros(30, 2))

    with pytest.raises(UserError, match="holds 30 samples out, and calibration needs 40"):
        Refined(model(), Few(), "mh")


def test_the_command_chooses_and_says_how_and_scores_can_be_of_chosen_samples(tmp_path, capsys):
    words = ["model=plane_gan", "data=ring", "trainer=cpu", "trainer.max_steps=3", "callbacks.samples=null"]
    train(compose([*words, "metrics=modes"]), tmp_path / "run")
    words = ["sample", f"run={tmp_path / 'run'}", "n=5", "metrics=modes"]
    assert main([*words, "refine=mh", "chain=3"]) == 0
    folder = tmp_path / "run" / "generated" / "last-seed0-mh"
    assert {path.name for path in folder.iterdir()} >= {"points.csv", "refine.json", "reliability.svg"}
    report = json.loads((folder / "refine.json").read_text())
    assert report["proposed"] == 15
    said = capsys.readouterr().out
    assert report["in words"] in said
    before, after = report["scores before and after"]["modes"]
    assert (before["protocol"]["n_fake"], after["protocol"]["sampled_from"][-9:]) == (5, "refine=mh")
    assert before["value"] == captured_modes(load(tmp_path / "run").sample(5), tmp_path / "run")
    assert "5 samples before the choice -> 5 after it; so few say little" in said
    assert main(["sample", f"run={tmp_path / 'run'}", "n=5", "refine=drs", "metrics=none"]) == 0
    assert "before the choice" not in capsys.readouterr().out
    assert (
        main(["evaluate", f"run={tmp_path / 'run'}", "checkpoint=last", "refine=drs", "metrics=modes"]) == 0
    )
    assert "refine=drs: " in capsys.readouterr().out
    [entry] = json.loads((tmp_path / "run" / "evaluations.json").read_text())
    assert entry["scores"]["modes"]["protocol"]["sampled_from"].endswith("chosen by refine=drs")


def captured_modes(points, run_dir):
    """How many means of the ring lie within three deviations of a point, counted by hand."""
    data = instantiate_saved(run_dir, "data")
    data.prepare()
    real = data.dataset("test")
    far = torch.cdist(points, real.means)
    return len(
        {int(near) for near, away in zip(far.argmin(1), far.amin(1), strict=True) if away < 3 * real.sigma}
    )


def test_scores_of_chosen_samples_are_of_those_that_are_written():
    """What metrics are given are the samples themselves, of two processes each its part."""
    drawn = Drawn(torch.arange(10.0)[:, None], "here")
    parts = [
        torch.cat([*drawn.samples(7, seed=9, averaged=False, batch_size=2, rank=rank, world=2)])
        for rank in range(2)
    ]
    assert [part[:, 0].tolist() for part in parts] == [[0, 2, 4, 6], [1, 3, 5]]


def test_what_cannot_be_refined_is_one_sentence(tmp_path, capsys):
    words = ["model=plane_gan", "data=ring", "trainer=cpu", "trainer.max_steps=1", "metrics=none"]
    train(compose([*words, "model/loss=hinge", "callbacks.samples=null"]), tmp_path / "run")
    assert main(["sample", f"run={tmp_path / 'run'}", "refine=mh"]) == 2
    assert "the discriminator of Hinge does not say" in capsys.readouterr().err
    shared = export(tmp_path / "run").folder
    assert main(["sample", f"run={shared}", "refine=mh"]) == 2
    assert "is an export and knows no data: name some, as in data=ring" in capsys.readouterr().err
    assert main(["sample", f"run={tmp_path / 'run'}", "refine=mh", "caption=a"]) == 2
    assert "leave one out" in capsys.readouterr().err
