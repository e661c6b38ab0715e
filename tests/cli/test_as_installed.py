"""As a user has it: a wheel in an empty folder, real processes, a kill -9, a variant of one's own."""

import os
import signal
import subprocess
import sys
import tarfile
import time
import zipfile
from pathlib import Path

import pytest
import torch
from PIL import Image

from ganlab.config import compose
from ganlab.training.checkpoints import PATTERN, steps_of
from ganlab.training.run import train
from tests.support.runs import differences, training_state

PROJECT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def source(tmp_path_factory) -> Path:
    """The built sdist, unpacked."""
    folder = tmp_path_factory.mktemp("source")
    with tarfile.open(built("sdist", PROJECT, folder)) as archive:
        # Python has them since 3.11.4
        archive.extractall(folder, **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))
    return next(folder.glob("ganlab-*/"))


@pytest.fixture(scope="module")
def wheel(source, tmp_path_factory) -> Path:
    """The wheel that an installer builds from the sdist, unpacked as it does."""
    folder = tmp_path_factory.mktemp("wheel")
    built("wheel", source, folder)
    with zipfile.ZipFile(next(folder.glob("ganlab-*.whl"))) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def built(kind: str, project: Path, folder: Path) -> Path:
    build = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(folder)]
    subprocess.run(build, cwd=project, check=True, capture_output=True)
    return next(folder.glob("ganlab-*"))


def command(wheel: Path, *words: str) -> dict:
    environment = os.environ | {"PYTHONPATH": str(wheel), "OMP_NUM_THREADS": "1", "COLUMNS": "100"}
    return {"args": [sys.executable, "-m", "ganlab", *words], "env": environment, "text": True}


def test_R1_kill_9_of_a_real_process_in_the_middle_of_an_epoch(wheel, tmp_path):
    """Images stream from a folder through two workers; the wheel runs in an empty folder; every tensor is compared."""
    generator = torch.Generator().manual_seed(0)
    (tmp_path / "images").mkdir()
    for index in range(24):
        pixels = torch.randint(0, 255, (9, 9, 3), generator=generator, dtype=torch.uint8)
        Image.fromarray(pixels.numpy()).save(tmp_path / "images" / f"{index}.png")
    words = ["model=mlp_gan", "data=folder", f"data.root={tmp_path / 'images'}", "data.memory_limit=0"]
    words += ["data.workers=2", "data.image_size=8", "data.batch_size=5", "data.flip=true", "trainer=cpu"]
    words += ["trainer.threads=1", "callbacks.samples.n=4", "callbacks.checkpoints.every_images=25"]
    words += ["trainer.max_steps=300"]
    empty = tmp_path / "empty"
    empty.mkdir()

    process = subprocess.Popen(
        **command(wheel, *words), cwd=empty, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    deadline = time.monotonic() + 600
    while max(map(steps_of, empty.glob(f"outputs/*/*/checkpoints/{PATTERN}")), default=0) < 10:
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    run = next(empty.glob("outputs/mlp_gan-folder/*"))
    assert not (run / "results.json").exists()

    resumed = subprocess.run(
        **command(wheel, f"resume={run.relative_to(empty)}"), cwd=empty, capture_output=True
    )
    assert resumed.returncode == 0, resumed.stderr
    told = resumed.stdout + resumed.stderr
    assert "resuming outputs/mlp_gan-folder/" in told
    assert f"ganlab sample run={run.relative_to(empty)}" in told
    assert sorted(p.name for p in empty.iterdir()) == ["outputs"]

    straight = tmp_path / "straight"
    train(compose(words), straight)
    assert differences(training_state(straight), training_state(run)) == []


def test_the_wheel_holds_the_configuration_and_the_console_script(wheel):
    assert (wheel / "ganlab" / "conf" / "train.yaml").is_file()
    assert (wheel / "ganlab" / "conf" / "model" / "generator" / "dcgan.yaml").is_file()
    names = next(wheel.glob("ganlab-*.dist-info")) / "entry_points.txt"
    assert "ganlab = ganlab.cli:main" in names.read_text()


def test_the_wheel_has_types_and_all_files_that_are_no_code(wheel):
    package = PROJECT / "src" / "ganlab"
    assert (wheel / "ganlab" / "py.typed").is_file()
    kept = {p.relative_to(package) for p in package.rglob("*") if p.is_file() and p.suffix != ".pyc"}
    assert {path for path in kept if not (wheel / "ganlab" / path).is_file()} == set()


def test_the_sdist_holds_what_its_readme_speaks_of(source):
    for name in ("CHANGELOG.md", "CITATION.cff", "CONTRIBUTING.md", "LICENSE", "docs", "examples", "tests"):
        assert (source / name).exists(), name
    assert not (source / "outputs").exists()


def test_the_wheel_answers_light_questions_from_another_folder(wheel, tmp_path):
    for words, answer in ((["--help"], "ganlab doctor"), (["list"], "dcgan"), (["--cfg", "job"], "trainer:")):
        done = subprocess.run(**command(wheel, *words), cwd=tmp_path, capture_output=True)
        assert done.returncode == 0, done.stderr
        assert answer in done.stdout
    assert not list(tmp_path.iterdir())


def test_a_variant_of_ones_own(ganlab, tmp_path):
    """A module and a YAML file outside ganlab, as the README shows, in two processes."""
    folder = tmp_path / "myconf" / "model"
    folder.mkdir(parents=True)
    (tmp_path / "myconf" / "mylab.py").write_text(
        "from ganlab.models.images.gan import StandardGAN\n\n\n"
        "class LazyGAN(StandardGAN):\n"
        '    """Moves its generator in every second step."""\n\n'
        "    def every(self, n: int) -> bool:\n"
        "        return self.steps % 2 == 0\n"
    )
    (folder / "lazy.yaml").write_text(
        "# A lazy generator\n# paper: none\nfacts: {kind: images}\ndefaults:\n  - vanilla\n_target_: mylab.LazyGAN\n"
    )
    own = ("--config-dir", "myconf")
    answer = ganlab(*own, "model=lazy", "debug=tiny", "trainer=ddp_cpu", "callbacks.samples.n=4")
    assert answer.code == 0, answer.err
    assert "finished 4 steps" in answer.out
    run = next(tmp_path.glob("outputs/lazy-digits/*"))
    answer = ganlab("sample", f"run={run}", "n=2", *own)
    assert answer.code == 0, answer.err
    assert (run / "generated" / "last-seed0" / "grid.png").is_file()


def test_processes_started_together_must_share_a_directory(ganlab, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "4")
    answer = ganlab("debug=tiny")
    assert answer.code == 2
    assert "4 processes were started together" in answer.err
    assert "hydra.run.dir=" in answer.err


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ({}, True),
        ({"LOCAL_RANK": "1"}, True),  # left over in the environment of a process that is alone
        (
            {"TORCHELASTIC_RUN_ID": "x", "LOCAL_RANK": "0", "RANK": "2", "WORLD_SIZE": "4"},
            True,
        ),  # a machine's first
        ({"TORCHELASTIC_RUN_ID": "x", "LOCAL_RANK": "1", "RANK": "3", "WORLD_SIZE": "4"}, False),
        ({"SLURM_NTASKS": "2", "SLURM_PROCID": "1", "SLURM_LOCALID": "1"}, False),
        ({"SLURM_NTASKS": "2", "SLURM_PROCID": "1", "SLURM_LOCALID": "0"}, True),
    ],
)
def test_a_mistake_is_told_once_on_a_machine(ganlab, monkeypatch, place, said):
    for name, value in place.items():
        monkeypatch.setenv(name, value)
    answer = ganlab("model=dcgn", "hydra.run.dir=shared")
    assert answer.code == 2
    assert ("dcgan" in answer.err) is said


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["data.image_size=30"], "image_size=30: DCGAN doubles from 4"),
        (["data.batch_size=5000"], "data.batch_size=5000"),
        (["model=conv_gan", "data.image_size=32"], "image_size=32"),
        (["trainer=gpu"], "trainer=cpu"),
        (["precision=fp16"], "precision"),
        (["trainer.max_steps=0"], "trainer.max_steps=0"),
        (
            ["model.optimizers.generator.lr=-1"],
            "model.optimizers.generator.lr=-1.0: expected a number of at least 0",
        ),
        (["data=folder", "data.root=nowhere"], "nowhere"),
        (["data=folder"], "data.root"),
        (["data=mnist"], "mnist"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_mistake_is_one_sentence_and_leaves_nothing_behind(ganlab, tmp_path, words, sentence):
    answer = ganlab(*words)
    assert answer.code == 2, answer
    assert sentence in answer.err
    assert "Traceback" not in answer.err + answer.out
    assert not list(tmp_path.glob("outputs/**/checkpoints"))
