"""Two CPU processes (gloo) against one at twice the batch, and against each other."""

import json
import re
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from ganlab.callbacks.health import require_equal_weights
from ganlab.config import compose
from ganlab.errors import DivergedError, PeerError
from ganlab.randomness import Draws
from ganlab.training.run import train
from tests.helpers import differences, training_state

CASES = {
    "vanilla": ["model=vanilla", "metrics.digits.n_fake=301", "callbacks.quality.every_images=64"],
    "wgan_gp": [  # at a rate that does not magnify the last bits, which differ
        "model=wgan_gp",
        "model.critic_steps=2",
        "model.optimizers.discriminator.lr=1e-4",
        "model.optimizers.generator.lr=1e-4",
        "metrics=none",
    ],
    "began": ["metrics=none", "model=began", "model.generator.width=8", "model.discriminator.width=8"],
}
QUIET = ["callbacks.samples.n=4", "callbacks.log.every_steps=1", "trainer.max_steps=8", "model.seed=5"]


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> dict[str, tuple[Path, Path]]:
    """For each case: one process at batch 16, two at batch 8, eight steps, weights compared after every step."""
    folders = {}
    for name, overrides in CASES.items():
        one, two = tmp_path_factory.mktemp(f"{name}-one"), tmp_path_factory.mktemp(f"{name}-two")
        train(compose([*overrides, *QUIET, "trainer=cpu", "data.batch_size=16"]), one)
        check_every_step = "callbacks.health.consistency_steps=1"
        train(compose([*overrides, *QUIET, "trainer=ddp_cpu", "data.batch_size=8", check_every_step]), two)
        folders[name] = (one, two)
    return folders


@pytest.mark.parametrize("name", CASES)
def test_P1_two_processes_equal_one_at_twice_the_batch(runs, name):
    one, two = (training_state(folder) for folder in runs[name])
    assert one["state_dict"].keys() == two["state_dict"].keys()
    for key, value in one["state_dict"].items():
        if isinstance(value, torch.Tensor):
            assert torch.allclose(value, two["state_dict"][key], rtol=0, atol=1e-5), key
    assert one["ganlab"]["images"] == two["ganlab"]["images"] == 16 * 8


@pytest.mark.parametrize("name", CASES)
def test_P1_logged_losses_are_those_of_the_whole_batch(runs, name):
    rows = [_rows(folder / "metrics.csv") for folder in runs[name]]
    for one, two in zip(*rows, strict=True):
        for key in one:
            if re.match("discriminator/|generator/|game/(k|convergence)", key) and one[key]:
                assert float(one[key]) == pytest.approx(float(two[key]), abs=2e-5), key


def test_D14_P4_two_processes_score_what_one_does(runs):
    one, two = (json.loads((folder / "results.json").read_text())["scores"] for folder in runs["vanilla"])
    assert one.keys() == two.keys() >= {"fid_digits", "kid_digits", "precision_digits", "classes_digits"}
    for name in one:
        assert two[name]["floor"] == pytest.approx(one[name]["floor"], rel=1e-6, abs=1e-9)
        for moment in ("start", "last"):  # their weights differ by rounding
            assert two[name][moment]["value"] == pytest.approx(
                one[name][moment]["value"], rel=1e-3, abs=1e-3
            ), name
        assert two[name]["protocol"] == one[name]["protocol"]


def test_P1_began_balances_both_processes_with_one_k(runs):
    """k follows the mean over both processes: it has moved, and as in one process."""
    one, two = (training_state(folder)["state_dict"]["k"] for folder in runs["began"])
    assert two > 0
    assert torch.allclose(one, two, atol=1e-6)


def test_P2_no_backward_pass_goes_around_the_averaging():
    sources = Path(__file__).parents[2] / "src" / "ganlab"
    calls = [
        f"{path.name}: {line.strip()}"
        for path in sources.rglob("*.py")
        for line in path.read_text().splitlines()
        if re.search(r"(?<!manual_)\bbackward\(", line)
        and "def " not in line
        and "manual_backward" not in line
    ]
    assert calls == []


def test_P3_processes_draw_different_noise_that_together_is_one_batch():
    whole = Draws(3, "step", 7).normal(8, 5)
    parts = [Draws(3, "step", 7, rank=rank, world=2).normal(4, 5) for rank in range(2)]
    assert torch.equal(torch.cat(parts), whole)
    assert not torch.equal(*parts)


def test_P6_batch_statistics_follow_rank_zero(tmp_path):
    """The processes see different batches; weights and batch statistics still agree at the end of each step."""
    overrides = [
        "model=dcgan",
        "model.generator.width=8",
        "model.discriminator.width=8",
        "data.image_size=16",
    ]
    quick = [
        "metrics=none",
        "trainer=ddp_cpu",
        "trainer.max_steps=4",
        "data.batch_size=8",
        "callbacks.health.consistency_steps=1",
    ]
    train(compose([*overrides, *quick, "callbacks.samples.n=4"]), tmp_path)
    assert (tmp_path / "results.json").exists()


def _rows(path: Path) -> list[dict[str, str]]:
    import csv

    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def test_differences_would_be_noticed():
    """The comparison that exact resume relies on sees one bit."""
    value = torch.ones(3)
    other = value.clone()
    other[1] = torch.nextafter(other[1], torch.tensor(2.0))
    assert differences({"a": [value]}, {"a": [other]}) == ["/a/0"]


@pytest.mark.parametrize("drift", [0, 1])
def test_P6_control_a_drift_of_one_bit_is_noticed(drift):
    module = torch.nn.BatchNorm1d(3)
    module.steps = 7

    def all_gather(digest):
        if drift:
            module.running_mean[1] = torch.nextafter(module.running_mean[1], torch.tensor(2.0))
            return torch.stack([digest, _digest(module)])
        return torch.stack([digest, digest])

    trainer = SimpleNamespace(strategy=SimpleNamespace(all_gather=all_gather))
    with pytest.raises(PeerError, match="differ at step 7") if drift else nullcontext():
        require_equal_weights(trainer, module)


def _digest(module) -> torch.Tensor:
    """What another process with this module would send."""
    sent = []
    peer = SimpleNamespace(
        strategy=SimpleNamespace(all_gather=lambda digest: sent.append(digest) or digest.reshape(1))
    )
    require_equal_weights(peer, module)
    return sent[0]


def test_N1_a_run_of_two_processes_that_diverges_ends_with_one_sentence(tmp_path):
    """A learning rate that no game survives: both processes stop, the last good checkpoint stays."""
    words = [
        "model=mlp_gan",
        "data.image_size=8",
        "trainer=ddp_cpu",
        "trainer.max_steps=200",
        "data.batch_size=8",
    ]
    words += [
        "callbacks.samples.n=4",
        "model.optimizers.generator.lr=1e30",
        "callbacks.checkpoints.every_images=16",
    ]
    with pytest.raises(DivergedError, match="is not finite in step"):
        train(compose(words), tmp_path)
    assert json.loads((tmp_path / "results.json").read_text())["status"] == "diverged"
