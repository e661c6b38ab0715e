"""The words of a run that begins with the networks of another one."""

import os
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from ganlab.config import compose, save_config
from ganlab.config.compose.hydra_compose import compose_all
from ganlab.config.runs.start import model_words, quoted_start, with_start
from ganlab.config.tree import unresolved
from ganlab.errors import UserError


@pytest.fixture
def a_run(tmp_path, monkeypatch):
    """Makes ``outputs/PLACE``, a run directory that was started with some words; the folder is the current one."""
    monkeypatch.chdir(tmp_path)

    def make(place: str, *words: str):
        folder = tmp_path / "outputs" / place
        model = next(word for word in words if word.startswith("model=")).removeprefix("model=")
        save_config(OmegaConf.create({"chosen": {"model": model}}), folder, words)
        os.utime(folder / ".hydra" / "config.yaml", (1e9 + len(list(tmp_path.rglob("config.yaml"))),) * 2)
        return f"outputs/{place}"

    return make


def test_a_run_gives_its_model_and_what_follows_the_data_follows_the_new_data(a_run):
    run = a_run("lsgan-digits/1", "model=lsgan", "model.generator.width=8", "data.image_size=16", "seed=3")
    words = with_start([f"start={run}", "data=stacked_digits", "data.image_size=8"])
    assert words == [
        "model=lsgan",
        "model.generator.width=8",
        f"start='{run}'",
        "data=stacked_digits",
        "data.image_size=8",
    ]
    cfg = compose(words)
    assert (cfg.chosen.model, cfg.model.generator.width, str(cfg.start)) == ("lsgan", 8, run)
    assert (cfg.model.generator.channels, cfg.model.generator.image_size) == (3, 8)


@pytest.mark.parametrize("recipe", ["sngan_cifar10", "progan_celebahq", "srgan_div2k"])
def test_a_recipe_s_model_is_taken_without_the_recipe(a_run, recipe):
    words = model_words(saved(a_run, f"experiment={recipe}"))
    assert not any(word.startswith("experiment") for word in words)
    assert model_of(words) == model_of([f"experiment={recipe}"])


def saved(a_run, word: str) -> Path:
    """A run directory that says it was started with ``word``, whatever that does."""
    folder = Path(a_run("x/1", "model=vanilla")).absolute()
    (folder / ".hydra" / "overrides.yaml").write_text(f"- {word}\n")
    return folder


def model_of(words: list[str]) -> dict:
    return unresolved(compose_all(words).model)


def test_the_newest_run_is_meant_by_latest(a_run):
    first, second = a_run("dcgan-digits/1", "model=dcgan"), a_run("vanilla-digits/2", "model=vanilla")
    assert with_start(["start=latest"]) == ["model=vanilla", f"start='{second}'"]
    assert with_start(["start=latest:dcgan"]) == ["model=dcgan", f"start='{first}'"]


@pytest.mark.parametrize("word", ["model=wgan_gp", "experiment=sngan_cifar10", "sweep=variants"])
def test_another_model_that_is_chosen_has_the_last_word(a_run, word):
    run = a_run("vanilla-digits/1", "model=vanilla")
    assert with_start([word, f"start={run}"]) == [word, f"start='{run}'"]


def test_a_sweep_may_start_from_several_runs_of_one_model_and_from_none(a_run):
    runs = [a_run(f"vanilla-digits/{seed}", "model=vanilla", f"seed={seed}") for seed in (1, 2)]
    words = with_start(quoted_start([f"start=null,{runs[0]},latest", "seed=1,2"]))
    assert words == ["model=vanilla", f"start=null,'{runs[0]}','{runs[1]}'", "seed=1,2"]
    a_run("dcgan-digits/3", "model=dcgan")
    with pytest.raises(UserError, match=r"these runs are of different models; .* choose with model=NAME"):
        with_start(quoted_start([f"start={runs[0]},latest"]))


def test_a_path_may_hold_what_hydra_s_grammar_reads(a_run):
    run = a_run("a, b=c/1", "model=vanilla")
    assert with_start(quoted_start([f"start={run}"])) == ["model=vanilla", f"start='{run}'"]
    assert str(compose([*with_start(quoted_start([f"start={run}"]))]).start) == run


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["start=nowhere"], "^nowhere does not exist; the newest run is outputs/vanilla-digits/1$"),
        (["start=latest:dcgan"], "^latest:dcgan: no run below outputs/ is of that model"),
        (["start=true"], "^True does not exist"),
        (
            ["start=latest:vanilla", "resume=auto"],
            "^start=latest:vanilla resume=auto: given again, latest is the run",
        ),
    ],
)
def test_what_is_no_run_is_a_sentence(a_run, words, sentence):
    a_run("vanilla-digits/1", "model=vanilla")
    with pytest.raises(UserError, match=sentence):
        with_start(words)


def test_code_of_a_run_from_elsewhere_is_not_taken(a_run):
    run = saved(a_run, "model.generator._target_=pathlib.Path")
    with pytest.raises(UserError, match=r"would run pathlib\.Path"):
        with_start([f"start={run}"])


def test_layers_can_only_be_kept_of_a_run():
    assert compose(["freeze=0"]).freeze == 0
    with pytest.raises(UserError, match=r"^freeze=3 keeps the discriminator's first layers .* start=RUN$"):
        compose(["freeze=3"])
    with pytest.raises(UserError, match=r"^freeze=-1: expected a whole number of at least 0"):
        compose(["freeze=-1"])
