"""``ganlab doctor``: each thing that is wrong is one line, and nothing is left behind."""

import re
from pathlib import Path

import pytest
import torch
from PIL import Image

from ganlab.doctor import machine, network, samples

QUICK = ("model=vanilla", "data.image_size=8", "data.batch_size=4", "trainer.threads=1")


def picture(path: Path, seed: int, size: int = 8) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = torch.randint(0, 256, (size, size, 3), generator=torch.Generator().manual_seed(seed))
    Image.fromarray(pixels.to(torch.uint8).numpy()).save(path)


def test_C11_a_run_that_is_ready(ganlab, tmp_path):
    answer = ganlab("doctor", *QUICK, "metrics=none")
    assert answer.code == 0, answer
    assert answer.out.rstrip().endswith("ready")
    assert "FAIL" not in answer.out
    for subject in ("configuration", "disk", "data", "held-out data", "classes", "model", "training"):
        assert f"ok    {subject}" in answer.out
    assert list(tmp_path.iterdir()) == []


def test_each_size_of_a_network_that_grows_is_tried(ganlab):
    sizes = ["model.growth.stable_images=40", "model.growth.fade_images=10", "model.generator.width=4"]
    words = [
        "model=progan",
        "data.image_size=16",
        "data.batch_size=8",
        "trainer.max_steps=30",
        "trainer.threads=1",
    ]
    answer = ganlab("doctor", *words, *sizes, "model.discriminator.width=4", "metrics=none")
    assert answer.code == 0, answer
    found = re.findall(r"training +(\d+) x \d+: \S+ s a step, (\d+) steps in about 0:00:", answer.out)
    assert found == [("4", "5"), ("8", "7"), ("16", "18")]  # batches of 8 that begin before 40 and 90 images
    assert "30 steps take about 0:00:" in answer.out


@pytest.mark.parametrize("memory_limit", [0, 100])
def test_all_that_is_damaged_or_alike_is_named_in_one_pass(tmp_path, memory_limit):
    from ganlab.data.images.folder import Folder
    from ganlab.doctor.samples import look
    from ganlab.errors import UserError

    def found():
        sizes = {"image_size": 8, "batch_size": 4, "workers": 0}
        data = Folder(root=str(tmp_path), memory_limit=memory_limit, test_fraction=0.3, **sizes)
        try:
            data.prepare()
        except UserError as error:
            return str(error)
        return " ".join(finding.line() for finding in look(data))

    for seed in range(200):
        picture(tmp_path / f"{seed:03}.png", seed)
    for name in ("011", "170", "190"):
        path = tmp_path / f"{name}.png"
        path.write_bytes(path.read_bytes()[:-40])
    said = found()
    assert "3 " in said
    assert all(f"{tmp_path / name}.png" in said for name in ("011", "170", "190"))
    for name in ("011", "170", "190"):
        Image.new("RGB", (8, 8), (int(name), 0, 0)).save(tmp_path / f"{name}.png")
    said = found()
    assert "cannot be read" not in said
    assert "images of a single colour: 3" in said
    assert all(f"{tmp_path / name}.png" in said for name in ("011", "170", "190"))


def test_what_is_odd_about_a_folder_is_told(ganlab, tmp_path):
    for seed in range(12):
        picture(tmp_path / "pictures/train/a" / f"{seed}.png", seed)
    picture(tmp_path / "pictures/train/b/alone.png", 100)
    picture(tmp_path / "pictures/train/a/copy.png", 3)
    picture(tmp_path / "pictures/test/a/leaked.png", 5)
    Image.new("RGB", (8, 8), "red").save(tmp_path / "pictures/train/a/red.png")
    words = ["data=folder", "data.root=pictures", "data.labels=true", "data.channels=3"]
    answer = ganlab("doctor", *QUICK, *words, "metrics=none")
    assert answer.code == 0, answer
    train, test = "pictures/train/a", "pictures/test/a"
    assert f"exact copies among 15 training samples: 1 ({train}/copy.png of {train}/3.png)" in answer.out
    assert f"images of a single colour: 1 ({train}/red.png)" in answer.out
    assert f"also trained on: 1 of them ({test}/leaked.png is {train}/5.png)" in answer.out
    assert "warn  classes        2 (0 a, 1 b), from 1 samples ('b') to 14" in answer.out
    assert "ready, with 4 warnings" in answer.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["model=dcgan", "data.image_size=30"], "FAIL  model          image_size=30"),
        (["model.optimizers.generator.lr=-1"], "FAIL  model"),
        (
            ["model=cgan", "model.classes=12"],
            "FAIL  model          classes=12: the data has 10 classes",
        ),  # D12
        (["model=plane_gan", "data=digits"], "FAIL  configuration  model=plane_gan needs points data"),
        (["data=folder", "data.root=nowhere"], "FAIL  data           "),
        (["metrics=inception"], "FAIL  metrics"),
    ],
)
def test_C11_what_would_stop_a_run_is_told(ganlab, tmp_path, monkeypatch, words, said):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    base = [word for word in QUICK if not any(word.split("=")[0] == other.split("=")[0] for other in words)]
    base = [word for word in base if "data=folder" not in words or not word.startswith("data.image_size")]
    answer = ganlab("doctor", *base, *words)
    assert answer.code == 2, answer
    assert said in answer.out
    assert "nowhere" in answer.out or "data=folder" not in words
    assert "of these would stop the run" in answer.out
    assert "Traceback" not in answer.out + answer.err


def test_wandb_without_key_and_without_network(monkeypatch, tmp_path):
    from omegaconf import OmegaConf

    cfg = OmegaConf.create({"logger": {"wandb": {"mode": None}}})
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    for name in ("WANDB_API_KEY", "WANDB_MODE"):
        monkeypatch.delenv(name, raising=False)
    (found,) = network.trackers(cfg)
    assert (found.level, "no key" in found.text) == ("warning", True)
    monkeypatch.setenv("WANDB_API_KEY", "x" * 40)
    monkeypatch.setenv("WANDB_BASE_URL", "http://127.0.0.1:9")
    (found,) = network.trackers(cfg)
    assert (found.level, "does not answer" in found.text) == ("warning", True)
    monkeypatch.setenv("WANDB_MODE", "offline")
    assert [found.level for found in network.trackers(cfg)] == ["good"]
    assert list(network.trackers(OmegaConf.create({"logger": None}))) == []


def test_a_disk_that_cannot_be_written(tmp_path, monkeypatch):
    def refuse(**_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(machine.tempfile, "TemporaryFile", refuse)
    (found,) = machine.storage(tmp_path / "outputs")
    assert (found.level, str(tmp_path) in found.text) == ("fault", True)


def test_points_are_not_read_one_by_one():
    from ganlab.data.points import Ring

    (found,) = samples.look(Ring())
    assert "2,500 samples to train on" in found.text
    assert "2 numbers" in found.text
