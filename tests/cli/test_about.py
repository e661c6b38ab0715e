"""``ganlab model=dcgan --help``: what an option is, from its file, its class and the page of what was measured."""

import re

from ganlab.cli.about import fitting_data, recipes, settings
from ganlab.cli.measured import measured
from ganlab.config import config_dir
from ganlab.config.compose.catalogue import catalogue
from ganlab.config.compose.compose import compose
from ganlab.config.compose.keys import Key, keys_below, takes


def test_a_variant_tells_its_paper_size_recipes_keys_and_what_it_reached(ganlab, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    answer = ganlab("model=sngan", "--help")
    assert answer.code == 0, answer.err
    told, _, keys = answer.out.partition("\n\n")
    assert max(map(len, told.splitlines())) <= 80
    assert told.startswith("ganlab model=sngan: Spectral normalization, residual networks, hinge loss\n")
    assert "arXiv:1802.05957" in told
    assert "experiment=sngan_cifar10" in told
    assert "ganlab.models.images.gan.StandardGAN: " in told
    assert "measured  Noise to image: fid_digits best 15.5 ± 1.3" in told
    assert re.search(r"generator [\d,]+ weights, data=digits|discriminator [\d,]+ weights", told)
    assert re.search(r"^  model\.discriminator_steps +1 +a whole number of at least 1$", keys, re.MULTILINE)


def test_data_parts_and_recipes_tell_of_themselves_too(ganlab):
    answer = ganlab("train", "data=ring", "model=plane_gan", "model/loss=hinge", "-h")
    assert "gives     points" in answer.out
    assert re.search(r"models    plane_gan, .*plane_r3gan", answer.out)
    assert "ganlab.losses.adversarial.Hinge: D: E[max(0, 1 - r)]" in answer.out
    answer = ganlab("experiment=sngan_cifar10", "--help")
    assert "model=sngan, model/average=none, data=cifar10" in answer.out
    assert "model.discriminator_steps=5" in answer.out.replace("\n            ", " ")


def test_help_of_what_is_not_there_is_a_mistake_and_of_keys_the_usual_page(ganlab):
    answer = ganlab("model=dcgna", "--help")
    assert answer.code == 2
    assert "did you mean dcgan" in answer.err
    assert ganlab("seed=3", "--help").out == ganlab("--help").out
    assert ganlab("sample", "run=x", "--help").out == ganlab("sample", "--help").out


def test_a_variant_of_ones_own_is_told_of(ganlab, tmp_path):
    folder = tmp_path / "mine" / "model"
    folder.mkdir(parents=True)
    (folder / "own.yaml").write_text("# A GAN of my own\n# paper: mine\ndefaults:\n  - vanilla\n")
    answer = ganlab("--config-dir", "mine", "model=own", "--help")
    assert answer.out.startswith("ganlab model=own: A GAN of my own\n  paper     mine\n")


def test_what_a_key_takes_is_what_the_check_refuses():
    cfg = compose(["model=dcgan"])
    keys = {key.path: key for key in keys_below(cfg, "model")}
    assert keys["model.loss.real_label"] == Key(
        "model.loss.real_label", "1.0", "a number above 0.5 and of at most 1"
    )
    assert keys["model.gradient_clip"].expected == "a number above 0 or null"
    assert keys["model.optimizers.generator.betas"].value == "[0.5, 0.999]"
    assert "model.generator.channels" not in keys, "it follows data.channels"
    assert takes(bool | int) == "true or false or a whole number"


def test_data_at_hand_is_taken_for_a_model_that_digits_do_not_fit():
    kinds = {entry.kind: name for name, entry in catalogue()["model"].items()}
    for kind, name in kinds.items():
        words = fitting_data([f"model={name}"])
        assert bool(words) == (kind not in ("images", "labelled")), kind
        assert fitting_data([f"model={name}", "data=digits"]) == []
    assert fitting_data(["model=cyclegan"]) == ["data=fonts_unpaired"]
    cfg = compose(["model=cyclegan", "data=fonts_unpaired"])
    assert all(key.expected for key in keys_below(cfg, "model"))


def test_every_recipe_is_one_of_its_model_and_can_be_told():
    names = {path.stem for path in (config_dir() / "experiment").glob("*.yaml")}
    models = {path.stem for path in (config_dir() / "model").glob("*.yaml")}
    assert {name for model in models for name in recipes(model)} == names
    for name in names:
        assert all(
            "=" in word or ": " in word for word in settings(config_dir() / "experiment" / f"{name}.yaml")
        )


def test_measured_rows_are_those_of_the_page():
    rows = list(measured("dcgan"))
    assert any(row.startswith("Noise to image: fid_digits best") for row in rows)
    assert not any("ms per image" in row for row in rows)
    assert next(measured("cyclegan_small")).startswith("Without pairs")
    assert list(measured("no_such")) == []
