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
from ganlab.training import ddp, processes
from ganlab.training.run import train
from tests.support.runs import ForkedWorker, build, differences, training_state

CRITIC = [  # SGD: Adam divides a gradient by its own size, also where all of it is rounding, which differs
    "model=wgan_gp",
    "model.critic_steps=2",
    *(f"~model.optimizers.{player}.betas" for player in ("discriminator", "generator")),
    *(f"model.optimizers.{player}._target_=torch.optim.SGD" for player in ("discriminator", "generator")),
    "metrics=none",
]

CASES = {
    "vanilla": ["model=vanilla", "metrics.digits.n_fake=301", "callbacks.quality.every_images=64"],
    "wgan_gp": CRITIC,
    "began": ["metrics=none", "model=began", "model.generator.width=8", "model.discriminator.width=8"],
}
QUIET = ["callbacks.samples.n=4", "callbacks.log.every_steps=1", "trainer.max_steps=8", "model.seed=5"]


def whole(words: list[str], folder: Path) -> Path:
    """Eight steps of one process at batch 16."""
    train(compose([*words, *QUIET, "trainer=cpu", "data.batch_size=16"]), folder)
    return folder


def halves(words: list[str], folder: Path) -> Path:
    """Eight steps of two processes at batch 8, their weights compared after every one."""
    every_step = "callbacks.health.consistency_steps=1"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(processes.subprocess, "Popen", ForkedWorker)
        train(compose([*words, *QUIET, "trainer=ddp_cpu", "data.batch_size=8", every_step]), folder)
    return folder


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> dict[str, tuple[Path, Path]]:
    """For each case: one process, and two at half its batch."""
    new = tmp_path_factory.mktemp
    return {name: (whole(words, new(name)), halves(words, new(name))) for name, words in CASES.items()}


def apart(words: list[str], one: Path, two: Path) -> list[str]:
    """The weights in which two runs differ by more than a thousandth of the way that they went."""
    start = build(compose([*words, *QUIET, "data.batch_size=16"]))[1].state_dict()
    states = [training_state(folder)["state_dict"] for folder in (one, two)]
    assert start.keys() == states[0].keys() == states[1].keys()
    found = []
    for key in (key for key, value in start.items() if torch.is_tensor(value)):
        before, a, b = (state[key].double() for state in (start, *states))
        if (a - b).abs().max() > 1e-3 * (a - before).abs().max() + 1e-7:  # 1e-7: a unit in the last place
            found.append(key)
    return found


@pytest.mark.parametrize("name", CASES)
def test_P1_two_processes_equal_one_at_twice_the_batch(runs, name):
    assert apart(CASES[name], *runs[name]) == []
    one, two = (training_state(folder)["ganlab"] for folder in runs[name])
    assert one["images"] == two["images"] == 16 * 8


def _sum(tensors) -> None:
    ddp.average_coalesced(tensors)
    for tensor in tensors:
        tensor *= 2


@pytest.mark.parametrize("wrong", [ddp.broadcast_coalesced, _sum], ids=["of rank 0", "summed"])
def test_P1_control_gradients_that_are_not_the_mean_are_noticed(runs, monkeypatch, tmp_path, wrong):
    """Both processes take the same wrong step, so that only the comparison with one process can tell."""
    monkeypatch.setattr(ddp.AdversarialDDP, "post_backward", _reduced_by(wrong))
    found = apart(CRITIC, runs["wgan_gp"][0], halves(CRITIC, tmp_path))
    assert {"generator.layers.0.weight", "discriminator.layers.0.weight"} <= set(found)


def test_P1_control_gradients_that_stay_apart_are_noticed(monkeypatch, tmp_path):
    monkeypatch.setattr(ddp.AdversarialDDP, "post_backward", _reduced_by(lambda gradients: None))
    with pytest.raises(PeerError, match="differ at step 1"):
        halves(CRITIC, tmp_path)


def _reduced_by(change):
    def post_backward(self, closure_loss) -> None:
        change([p.grad for p in self.lightning_module.parameters() if p.requires_grad and p.grad is not None])

    return post_backward


@pytest.mark.parametrize("name", CASES)
def test_P1_logged_losses_are_those_of_the_whole_batch(runs, name):
    rows = [_rows(folder / "metrics.csv") for folder in runs[name]]
    for one, two in zip(*rows, strict=True):
        for key in one:
            if re.match("discriminator/|generator/|game/(k|convergence)", key) and one[key]:
                assert float(one[key]) == pytest.approx(float(two[key]), rel=1e-4, abs=2e-5), key


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
    # in GAN.manual_backward, which averages; and after training, in one process
    assert sorted(calls) == [
        "base.py: loss.backward(*args, **kwargs)",
        "class_accuracy.py: loss.backward()",
        "further.py: loss.backward()",
    ]


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
