"""A run that begins with the networks of another one: what it takes, what it does not, and what stays as it is."""

import logging
import re
import shutil

import pytest
import torch
from torch import nn

import ganlab as package
from ganlab.config import compose
from ganlab.errors import UserError
from ganlab.training import processes
from ganlab.training.checkpoints import checkpoint_name, remove_checkpoint
from ganlab.training.run import train
from ganlab.training.starting import freeze_first, layers_of, start_from
from tests.support.runs import QUICK, ForkedWorker, build, differences, fit, training_state
from tests.support.variants import translator

SMALL = [*QUICK, "data.batch_size=8", "callbacks.log.every_steps=1"]
GLYPHS = [*SMALL, "data=glyphs", "seed=5"]


def trained(words, folder, steps: int):
    train(compose([*words, f"trainer.max_steps={steps}"]), folder)
    return folder


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    """The directory of a run of three steps."""
    return trained([*SMALL, "data=digits"], tmp_path_factory.mktemp("digits"), 3)


@pytest.fixture(scope="module")
def conditional(tmp_path_factory):
    """The same with classes."""
    return trained([*SMALL, "model=cgan", "data=digits"], tmp_path_factory.mktemp("conditional"), 3)


def weights_of(folder) -> dict:
    return training_state(folder)["state_dict"]


def test_a_notebook_s_configuration_has_the_model_of_the_run(conditional):
    cfg = package.compose([f"start={conditional}", "data=glyphs", "freeze=1"])
    assert (cfg.chosen.model, cfg.chosen.data, cfg.freeze) == ("cgan", "glyphs", 1)
    assert package.compose([f"start={conditional}", "model=vanilla"]).chosen.model == "vanilla"


def test_the_doctor_tries_the_steps_of_a_run_that_starts_from_another(conditional):
    from ganlab.doctor import trial

    def told(*words):
        cfg = package.compose([*SMALL, f"start={conditional}", *words])
        data = build(cfg)[0]
        return [finding.line() for finding in trial.run(cfg, data, conditional) if finding.level == "fault"]

    assert told("model=cgan") == []
    [line] = told("model=cgan", "data=glyphs", "freeze=1")
    assert "freeze: discriminator" in line
    [line] = told("model=dcgan_64", "data.image_size=64")
    assert "its generator is another network" in line


def test_both_players_and_the_average_are_taken_over_and_nothing_else(digits, caplog):
    model = build(compose(GLYPHS))[1]
    model.configure_optimizers()
    before, there = (
        {key: value for key, value in model.state_dict().items() if "extra" in key},
        weights_of(digits),
    )
    with caplog.at_level(logging.INFO, "ganlab"):
        start_from(model, digits)
    state = model.state_dict()
    assert (
        differences(
            {k: v for k, v in state.items() if k not in before},
            {k: there[k] for k in there if k not in before},
        )
        == []
    )
    assert differences(before, {key: state[key] for key in before}) == []  # how long the average has averaged
    assert any(key.startswith("average.average.") for key in there)
    assert not torch.equal(there["average.average.layers.0.weight"], there["generator.layers.0.weight"])
    assert (model.steps, model.images) == (0, 0)
    assert caplog.messages[-1].endswith(
        "after its step 3: generator is taken over; discriminator is taken over"
    )


@pytest.mark.parametrize(
    ("kind", "words", "anew"),
    [
        ("digits", ["data=stacked_digits"], {"generator": 2, "discriminator": 1}),
        ("conditional", ["model=cgan", "data=glyphs"], {"generator": 1, "discriminator": 1}),
    ],
    ids=["channels", "classes"],
)
def test_with_other_channels_or_classes_what_fits_is_taken_over(kind, words, anew, request, caplog):
    run = request.getfixturevalue(kind)
    model = build(compose([*SMALL, "seed=5", *words]))[1]
    model.configure_optimizers()
    fresh, there = (
        {key: value.clone() for key, value in model.state_dict().items() if torch.is_tensor(value)},
        weights_of(run),
    )
    with caplog.at_level(logging.INFO, "ganlab"):
        start_from(model, run)
    state, other = model.state_dict(), dict.fromkeys(anew, 0)
    for key in (key for key in fresh if key.startswith(("generator.", "discriminator."))):
        fits = there[key].shape == fresh[key].shape
        other[key.partition(".")[0]] += not fits
        assert torch.equal(state[key], there[key] if fits else fresh[key]), key
        if key.startswith("generator."):
            average = key.replace("generator.", "average.average.")
            assert torch.equal(state[average], there[average] if fits else fresh[key]), average
    assert other == anew
    name, here = next((key, value) for key, value in fresh.items() if there[key].shape != value.shape)
    sizes = f"{name} ({tuple(there[name].shape)} there, {tuple(here.shape)} here)"
    assert f"is taken over but for {sizes}" in caplog.messages[-1]


def test_a_frozen_start_is_applied_once_and_resumes_exactly(digits, tmp_path):
    start = tmp_path / "start"
    shutil.copytree(digits, start)
    words = [*GLYPHS, f"start={start}", "freeze=2"]
    whole = trained(words, tmp_path / "whole", 4)
    halves = trained(words, tmp_path / "halves", 2)
    shutil.rmtree(start)  # nobody asks for it again
    trained([*words, "resume=auto", "allow_change=[]"], halves, 4)
    assert differences(training_state(whole), training_state(halves)) == []
    there, here = weights_of(digits), weights_of(whole)
    same = [key for key in there if key.startswith("discriminator.") and torch.equal(there[key], here[key])]
    names = [key for key in there if key.startswith("discriminator.")]
    assert same == names[:4]  # weights and biases of two layers
    assert not torch.equal(there["generator.layers.0.weight"], here["generator.layers.0.weight"])


def test_P1_two_processes_start_and_go_on_as_one_at_twice_the_batch(tmp_path, monkeypatch):
    vanilla = [*SMALL, "model=vanilla"]  # whose samples do not meet within a batch
    start = trained(vanilla, tmp_path / "start", 1)
    words = [*vanilla, "seed=5", f"start={start}", "freeze=1"]
    one = trained([*words, "data.batch_size=16"], tmp_path / "one", 3)
    monkeypatch.setattr(processes.subprocess, "Popen", ForkedWorker)
    two = trained([*words, "trainer=ddp_cpu", "callbacks.health.consistency_steps=1"], tmp_path / "two", 3)
    before, a, b = (weights_of(folder) for folder in (start, one, two))
    for key in (key for key in before if key.startswith(("generator.", "discriminator."))):
        way = (a[key] - before[key]).abs().max()
        assert (a[key] - b[key]).abs().max() <= 1e-3 * way + 1e-7, key
        assert (way == 0) == key.startswith("discriminator.layers.0."), key


def test_srgan_starts_as_a_finished_srresnet(tmp_path, caplog):
    small = "model.generator.blocks=1"
    generator = fit(translator("srresnet", small, "trainer.max_steps=1"), tmp_path).generator
    model = build(translator("srgan", small))[1]
    model.configure_optimizers()
    with caplog.at_level(logging.INFO, "ganlab"):
        start_from(model, tmp_path_with_configuration(tmp_path))
    assert differences(dict(generator.state_dict()), dict(model.generator.state_dict())) == []
    assert "generator is taken over; discriminator begins anew, for that run has none" in caplog.messages[-1]


def tmp_path_with_configuration(folder):
    from ganlab.config import save_config

    save_config(compose(["model=srresnet", "data=photos_sr"]), folder, [])
    return folder


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["model=wgan_gp", "data.image_size=8"], "its generator is another network, of which nothing fits"),
        (
            ["model=cyclegan_small", "data=fonts_unpaired"],
            r"a run of another family, with the networks average, .* a_to_b",
        ),
        (["freeze=9"], r"^freeze=9: \w+ has 4 layers, and at least the last must learn; choose at most 3$"),
        (
            ["model=srresnet", "data=photos_sr", "freeze=1"],
            "^freeze=1: this model has no discriminator; leave",
        ),
    ],
)
def test_what_does_not_fit_is_told_before_the_first_step(digits, tmp_path, words, sentence):
    cfg = compose([*GLYPHS, f"start={digits}", "data.batch_size=2", *words])
    with pytest.raises(UserError, match=sentence):
        train(cfg, tmp_path)
    assert not (tmp_path / ".hydra").exists()


def test_a_layer_that_begins_anew_cannot_stay_as_it_is(digits, tmp_path):
    cfg = compose([*SMALL, "data=stacked_digits", f"start={digits}", "freeze=1"])
    with pytest.raises(
        UserError, match=r"^freeze: discriminator\.\S+ would stay untrained, .* leave freeze out$"
    ):
        train(cfg, tmp_path)


def test_a_run_without_a_checkpoint_is_no_start(digits, tmp_path):
    empty = tmp_path / "empty"
    shutil.copytree(digits, empty)
    remove_checkpoint(empty / "checkpoints" / checkpoint_name(3))
    with pytest.raises(UserError, match=rf"^start={re.escape(str(empty))}: it has no checkpoint yet"):
        start_from(build(compose(GLYPHS))[1], empty)


def test_a_layer_is_a_weight_matrix_and_the_vectors_that_belong_to_it():
    spectral = nn.utils.parametrizations.spectral_norm
    network = nn.Sequential(
        nn.BatchNorm2d(1),
        nn.Conv2d(1, 2, 3),
        nn.BatchNorm2d(2),
        spectral(nn.Conv2d(2, 3, 3)),
        nn.Flatten(),
        nn.Linear(3, 1),
    )
    sizes = [sorted(parameter.numel() for parameter in layer) for layer in layers_of(network)]
    assert sizes == [[1, 1, 2, 2, 2, 18], [3, 54], [1, 3]]


def test_of_two_discriminators_each_keeps_its_first_layers():
    model = build(translator("cyclegan_small"))[1]
    freeze_first(model, 1)
    for network in (model.discriminator_a, model.discriminator_b):
        learning = [parameter.requires_grad for layer in layers_of(network) for parameter in layer]
        assert learning[0] is False
        assert learning[-1] is True
    assert all(parameter.requires_grad for parameter in model.a_to_b.parameters())
