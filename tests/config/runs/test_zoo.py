"""The models that are installed: small, whole, what they say they are, and used like any export."""

import re

import pytest
import torch

import ganlab as installed
from ganlab.config import compose
from ganlab.config.compose.build import instantiate
from ganlab.config.runs import zoo
from ganlab.errors import StorageError
from ganlab.storage import digest

NAMES = list(zoo.specimens())


@pytest.mark.parametrize("name", NAMES)
def test_a_specimen_is_small_and_has_sums_a_card_and_commands_that_are_understood(name):
    specimen = zoo.specimens()[name]
    assert specimen.bytes < 2_000_000
    assert digest(specimen.folder / zoo.WEIGHTS) == specimen.sha256
    card = (specimen.folder / "README.md").read_text(encoding="utf-8")
    assert f'ganlab.load("zoo:{name}")' in card
    train, export = specimen.make
    words = train.split()[1:]
    assert "seed=1" in words
    assert compose(words).chosen.model == model_of(specimen)
    assert export.endswith(f"output={name}")


def model_of(specimen: zoo.Specimen) -> str:
    from ganlab.inference.export.read import config_of

    return config_of(specimen.folder).chosen.model


@pytest.mark.parametrize("name", NAMES)
def test_a_specimen_reaches_what_it_says(name):
    specimen = zoo.specimens()[name]
    score, stated = re.match(r"(fid_\w+) ([\d.]+)", specimen.score).groups()
    features = score.removeprefix("fid_")
    cfg = compose([*specimen.make[0].split()[1:], f"metrics.{features}.scores=[fid]"])
    data, metric = instantiate(cfg.data), instantiate(cfg.metrics)[features]
    data.prepare_data()
    data.setup("fit")
    metric.prepare(data.dataset("train"), data.dataset("test"), torch.device("cpu"))
    found = metric.evaluate(installed.load(f"zoo:{name}"))[score].value
    assert found == pytest.approx(float(stated), rel=0.02)


def test_pictures_of_a_specimen_lie_below_outputs(monkeypatch, tmp_path, capsys):
    from ganlab.cli import main

    monkeypatch.chdir(tmp_path)
    assert main(["sample", "run=zoo:cgan-digits", "n=4", "label=3"]) == 0
    assert list(tmp_path.glob("outputs/zoo/cgan-digits/generated/*/grid.png"))
    assert main(["sample", "zoo:cgan-digits", "n=2"]) == 0, "the same again"
    assert main(["sample", "zoo:cgan-glyphs", "n=2", "label=A"]) == 0
    assert list(tmp_path.glob("outputs/zoo/cgan-glyphs/generated/*-label10_A/grid.png"))
    assert main(["zoo"]) == 0
    assert zoo.specimens()["cgan-digits"].sha256 in capsys.readouterr().out
    assert main(["zoo", "cgan-digits"]) == 0
    assert "# cgan_dcgan on digits" in capsys.readouterr().out
    for words in (["zoo", "cgan"], ["sample", "run=zoo:cgan"]):
        assert main(words) == 2
        assert "did you mean cgan-digits or cgan-glyphs?" in capsys.readouterr().err


def test_a_damaged_specimen_is_named(monkeypatch, tmp_path):
    import shutil

    shutil.copytree(zoo.FOLDER, tmp_path / "zoo")
    weights = tmp_path / "zoo" / "cgan-digits" / zoo.WEIGHTS
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    monkeypatch.setattr(zoo, "FOLDER", tmp_path / "zoo")
    with pytest.raises(StorageError, match=r"weights\.safetensors"):
        installed.load("zoo:cgan-digits")
