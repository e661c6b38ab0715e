"""``ganlab score`` as it is typed: two sides, their numbers, and a sentence for each mistake."""

import importlib.util
import json
from pathlib import Path

import pytest
import torch

from ganlab.cli.score import protocols
from tests.support.scoring import noise, write_images

DIGITS = ("extractors=digits", "allow_small=true", "device=cpu")


@pytest.fixture
def folders(tmp_path):
    return [str(write_images(tmp_path / name, noise(40, seed, side=32))) for seed, name in enumerate("ab")]


def test_two_folders_have_a_table_and_a_file_of_numbers(ganlab, folders, tmp_path):
    answer = ganlab(
        "score", *folders, *DIGITS, "output=numbers.json", "bootstrap=20", "scores=[fid,kid,vendi]"
    )
    assert answer.code == 0, answer.err
    for said in (
        "memory: about",
        "generated  40 images, grey, 32 x 32, of the folder",
        "fid_digits",
        "by ganlab:",
    ):
        assert said in answer.out
    told = json.loads((tmp_path / "numbers.json").read_text())
    scores = told["scores"]["ganlab"]
    assert set(scores) == {"fid_digits", "kid_digits", "vendi_digits"}
    low, high = scores["fid_digits"]["interval"]
    assert low < scores["fid_digits"]["value"] < high
    assert scores["fid_digits"]["protocol"]["n_real"] == 40
    assert "interval" not in scores["vendi_digits"]


def test_every_protocol_has_a_row_with_what_is_different(ganlab, folders):
    answer = ganlab("score", *folders, *DIGITS, "protocol=all")
    assert answer.code == 0, answer.err
    rows = {line.split()[0]: line for line in answer.out.splitlines() if line.strip()}
    for name, said in {
        "ganlab": "10,000 of its images",
        "clean": "antialiased bicubic",
        "mimicry": "not averaged",
        "dgm": "DINOv2",
    }.items():
        assert said in rows[name]
    values = {rows[name].split()[1] for name in ("ganlab", "clean", "pytorch_fid", "studiogan")}
    assert len(values) == 1  # the digits' own network is resized to by itself


def test_all_protocols_are_those_whose_weights_are_at_hand(ganlab, folders, tmp_path, monkeypatch):
    from ganlab.metrics.extractors.inception import InceptionFeatures
    from tests.support.extractors import Pooled

    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    nothing = ganlab("score", *folders, "allow_small=true", "device=cpu", "protocol=all")
    assert nothing.code == 2
    assert "curl -L" in nothing.err
    monkeypatch.setattr(InceptionFeatures, "read", lambda self: torch.nn.Identity())
    monkeypatch.setattr(InceptionFeatures, "__call__", lambda self, images: Pooled()(images))
    monkeypatch.setattr(InceptionFeatures, "size", Pooled.size)
    monkeypatch.setattr(InceptionFeatures, "classes", Pooled.classes)
    answer = ganlab("score", *folders, "allow_small=true", "device=cpu", "protocol=all")
    assert answer.code == 0, answer.err
    [left_out] = [line for line in answer.out.splitlines() if line.startswith("left out: protocol")]
    assert left_out.startswith("left out: protocol dgm: facebook/dinov2-large ")
    package = importlib.util.find_spec("transformers")
    assert ("download=true" if package else "pip install 'ganlab[text]'") in left_out
    assert {"ganlab", "clean"} <= {line.split()[0] for line in answer.out.splitlines() if line.strip()}


def test_pairs_are_each_picture_and_its_own(ganlab, folders, tmp_path):
    answer = ganlab("score", *folders, "pairs=true", "output=numbers.json")
    assert answer.code == 0, answer.err
    assert "generated  40 pictures of the folder" in answer.out
    assert "left out: lpips: LPIPS needs" in answer.out
    told = json.loads((tmp_path / "numbers.json").read_text())["scores"]["pairs"]
    assert set(told) == {"l1", "psnr", "ssim", "ms_ssim"}
    assert "compares two sides" in ganlab("score", folders[0], "pairs=true").err


def test_a_data_set_has_its_other_split_as_floor(ganlab, folders):
    answer = ganlab("score", folders[0], "data:digits:train:image_size=32", *DIGITS, "scores=[fid,copying]")
    assert answer.code == 0, answer.err
    assert "held_out   500 images" in answer.out
    assert "held-out real images 0.6737" in answer.out


def test_a_run_is_scored_against_what_it_was_trained_on_over_seeds(ganlab, tmp_path):
    words = [
        "trainer=cpu",
        "trainer.max_steps=2",
        "metrics=none",
        "callbacks.samples=null",
        "hydra.run.dir=run",
    ]
    assert ganlab("model=mlp_gan", "data.image_size=8", *words).code == 0
    answer = ganlab("score", "run", *DIGITS, "n_fake=40", "seeds=2", "checkpoint=last", "scores=[fid]")
    assert answer.code == 0, answer.err
    assert "generated  40 images, grey, 8 x 8, of run, last checkpoint" in answer.out
    assert "real       1,297 images" in answer.out
    assert " ± " in answer.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "which images? As in: ganlab score"),
        (["a", "b", "c"], "score c: two sides are compared"),
        (["a", "--fast"], "--fast: no such flag"),
        (["missing", "b"], "generated=missing: there is no such file or folder"),
        (["a"], "against which real images?"),
        (["a", "b", "seeds=3"], "seeds=3: only a run or a generator draws other images"),
        (["a", "b", "protocol=fidelity"], "protocol"),
        (["a", "b", "extractors=digit"], "digits"),
        (["a", "b", "scores=[fdi]"], "there is no fdi"),
        (["a", "b", "bootstraps=3"], "bootstraps"),
        (
            ["a", "b", "output=no/such/folder.json"],
            "output=no/such/folder.json cannot be written: no/such is no folder",
        ),
        (["a", "b", "save=a"], "save=a is a folder; name a file"),
        (["a", "b", "bootstrap=-1"], "bootstrap=-1: expected a whole number of at least 0"),
        (["a", "b", "allow_small=false"], "a has 40 images: a Fréchet distance in 64 features needs more"),
    ],
)
def test_a_mistake_is_named_in_a_sentence(ganlab, folders, words, said):
    answer = ganlab("score", *words, *(["extractors=digits"] if "extractors=digit" not in words else []))
    assert answer.code == 2
    assert said in answer.err
    assert "Traceback" not in answer.err


def test_missing_weights_are_named_before_any_image_is_looked_at(ganlab, folders, tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    answer = ganlab("score", *folders)
    assert answer.code == 2
    assert "curl -L" in answer.err
    assert "weights=FILE, download=true or extractors=digits" in answer.err
    assert "looking at" not in answer.err


def test_a_broken_file_is_named_or_left_out(ganlab, folders, tmp_path):
    (tmp_path / "a" / "0003.png").write_bytes(b"no image")
    answer = ganlab("score", *folders, *DIGITS)
    assert answer.code == 2
    assert "0003.png (not an image) cannot be read" in answer.err
    answer = ganlab("score", *folders, *DIGITS, "on_corrupt=skip")
    assert answer.code == 0, answer.err
    assert "39 images, grey, 32 x 32, of the folder a, 1 left out that cannot be read" in answer.out.replace(
        str(tmp_path) + "/", ""
    )


def test_ctrl_c_says_how_to_go_on(ganlab, folders, monkeypatch):
    from ganlab.metrics.extractors.classifier import EmbeddedFeatures

    def interrupted(self, images: torch.Tensor):
        raise KeyboardInterrupt

    monkeypatch.setattr(EmbeddedFeatures, "__call__", interrupted)
    answer = ganlab("score", *folders, *DIGITS)
    assert answer.code == 130
    assert "the same command goes on from there" in answer.err


def test_a_model_of_the_zoo_is_a_side(ganlab, folders):
    answer = ganlab("score", "zoo:cgan-digits", "data:digits:test", *DIGITS, "n_fake=20", "scores=[fid]")
    assert answer.code == 0, answer.err
    assert "20 images, grey, 16 x 16, of" in answer.out
    itself = ganlab(
        "score", "zoo:cgan-digits", "zoo:cgan-digits", *DIGITS, "n_fake=20", "scores=[fid]", "output=same"
    )
    assert itself.code == 0, itself.err
    assert json.loads(Path("same").read_text())["scores"]["ganlab"]["fid_digits"]["value"] < 1e-3
    missing = ganlab("score", "nowhere", "data:digits:test")
    assert missing.err.startswith("ganlab: generated=nowhere: there is no such file"), "before any weights"
    for words in (["start=zoo:cgan-digits"], ["resume=zoo:cgan-digits"], ["compare", "zoo:cgan-digits"]):
        assert ganlab(*words).err.startswith("ganlab: zoo:cgan-digits is a trained model without its run")


def test_a_protocol_of_which_something_was_changed_says_so(ganlab, folders, tmp_path):
    by = {}
    for name, words in {"as it is": [], "changed": ["protocol.flips=true", "protocol.scores=[fid]"]}.items():
        answer = ganlab(
            "score", *folders, *DIGITS, "protocol=clean", f"output={tmp_path / 'scores.json'}", *words
        )
        assert answer.code == 0, answer.err
        [line] = [line for line in answer.out.splitlines() if line.startswith("by ")]
        scores = json.loads((tmp_path / "scores.json").read_text())["scores"]["clean-fid"]
        by[name] = line.partition(":")[0], scores["fid_digits"]["protocol"]["protocol"], set(scores)
    assert by["as it is"][:2] == ("by clean-fid", "clean-fid")
    assert by["changed"][:2] == (
        "by clean-fid but for scores=[fid], flips=true",
        by["changed"][0].removeprefix("by "),
    )
    assert by["changed"][2] == {"fid_digits"} < by["as it is"][2]
    every = ganlab("score", *folders, *DIGITS, "protocol=all", "protocol.neighbours=4")
    assert every.out.count("neighbours=4, ") == len(protocols())
