"""A run that is killed at any moment and started again ends bit for bit where an uninterrupted run ends."""

import json
import os
import shutil
import signal
from pathlib import Path

import pytest
import torch

from ganlab.config import compose
from ganlab.errors import StorageError, UserError
from ganlab.models.base import GAN
from ganlab.models.images.base import LatentGAN
from ganlab.training.checkpoints import PATTERN, checksum_path, newest_valid, read_checkpoint, steps_of
from ganlab.training.resuming import checkpoint_to_resume
from ganlab.training.run import train
from tests.support.pictures import fill
from tests.support.runs import differences, in_child, told, training_state

EPOCH = 10  # steps: 1,297 images in batches of 128, and a bit
QUICK = [
    "metrics=none",
    "trainer=cpu",
    "data.batch_size=128",
    "callbacks.samples.n=4",
    f"callbacks.checkpoints.every_images={3 * 128}",
]
MLP = ["model=mlp_gan", "data.image_size=8", *QUICK]


SMALL_STACK = [
    "data.image_size=16",
    "model.generator.small_size=8",
    "model.generator.width=8",
    "model.discriminator.width=8",
    "model.second_discriminator.width=8",
    "data=shapes",
    "data.images_per_caption=2",
]


def kill_at(step: int, monkeypatch) -> None:
    """SIGKILL this process while it computes ``step``: no hook can tidy up."""
    begin = GAN.on_train_batch_start

    def on_train_batch_start(self, batch, batch_idx):
        begin(self, batch, batch_idx)
        if self.steps == step:
            os.kill(os.getpid(), signal.SIGKILL)

    monkeypatch.setattr(GAN, "on_train_batch_start", on_train_batch_start)


def crash(overrides: list[str], folder: Path, step: int, monkeypatch) -> None:
    with monkeypatch.context() as patch:
        kill_at(step, patch)
        code = in_child(lambda: train(compose([*overrides, "resume=auto"]), folder))
    assert code == -signal.SIGKILL


@pytest.fixture(scope="module")
def straight(tmp_path_factory) -> dict:
    folder = tmp_path_factory.mktemp("straight")
    train(compose([*MLP, "trainer.max_steps=25"]), folder)
    return training_state(folder)


@pytest.mark.parametrize("step", [1, 2, 5, EPOCH - 1, EPOCH, EPOCH + 1, 2 * EPOCH, 25])
def test_R1_killed_at_any_step(step, straight, tmp_path, monkeypatch):
    crash([*MLP, "trainer.max_steps=25"], tmp_path, step, monkeypatch)
    train(compose([*MLP, "trainer.max_steps=25", "resume=auto"]), tmp_path)
    assert differences(straight, training_state(tmp_path)) == []


@pytest.mark.parametrize(
    "overrides",
    [
        ["model=began", "model.generator.width=4", "model.discriminator.width=4", "model.k_rate=0.1"],
        ["model=dcgan_keras", "data.image_size=8"],
        [
            "model=wgan",
            "data.image_size=16",
            "model.generator.width=4",
            "model.discriminator.width=4",
            "model.critic_steps=2",
        ],
        ["model=wgan_gp", "data.image_size=16", "model.critic_steps=2", "data.flip=true"],
        ["model=stackgan", *SMALL_STACK, "model.first_stage_images=96", "callbacks.health.every_steps=2"],
        ["model=stackgan", *SMALL_STACK, "model.first_stage_images=224", "callbacks.health.every_steps=4"],
    ],
    ids=["k", "dropout", "critic steps", "penalty and flips", "in its second stage", "between the stages"],
)
def test_R1_whatever_a_variant_remembers(overrides, tmp_path, monkeypatch):
    command = [
        *overrides,
        *QUICK,
        "data.batch_size=32",
        "callbacks.checkpoints.every_images=64",
        "callbacks.log.every_steps=2",
        "trainer.max_steps=9",
    ]
    train(compose(command), tmp_path / "straight")
    crash(command, tmp_path / "killed", 6, monkeypatch)
    train(compose([*command, "resume=auto"]), tmp_path / "killed")
    assert differences(training_state(tmp_path / "straight"), training_state(tmp_path / "killed")) == []
    assert told(tmp_path / "straight") == told(tmp_path / "killed")


@pytest.mark.parametrize("workers", [0, 2])
def test_R1_streamed_folder(workers, tmp_path, monkeypatch):
    fill(tmp_path, 24, "images", size=(9, 9))
    source = [
        "data=folder",
        f"data.root={tmp_path / 'images'}",
        "data.memory_limit=0",
        f"data.workers={workers}",
    ]
    command = ["model=mlp_gan", *QUICK, *source, "data.image_size=8", "data.batch_size=6", "data.flip=true"]
    command += ["callbacks.checkpoints.every_images=12", "trainer.max_steps=9"]
    train(compose(command), tmp_path / "straight")
    crash(command, tmp_path / "killed", 6, monkeypatch)
    train(compose([*command, "resume=auto"]), tmp_path / "killed")
    assert differences(training_state(tmp_path / "straight"), training_state(tmp_path / "killed")) == []


def test_R1_control_a_forgotten_piece_is_noticed(straight, tmp_path, monkeypatch):
    """Without the counts in the checkpoint, the resumed run must differ: the comparison can fail."""
    crash([*MLP, "trainer.max_steps=25"], tmp_path, 14, monkeypatch)
    load = GAN.on_load_checkpoint

    def forget(self, checkpoint):
        load(self, checkpoint | {"ganlab": checkpoint["ganlab"] | {"steps": 0}})

    monkeypatch.setattr(GAN, "on_load_checkpoint", forget)
    train(compose([*MLP, "trainer.max_steps=25", "resume=auto"]), tmp_path)
    assert differences(straight["state_dict"], training_state(tmp_path)["state_dict"]) != []


def test_R2_killed_between_the_players(straight, tmp_path, monkeypatch):
    """No file ever holds a discriminator that is a step ahead of its generator."""
    with monkeypatch.context() as patch:
        after = LatentGAN.after_update

        def stop_in_the_middle(self, player):
            after(self, player)
            if self.steps == 14 and player == "discriminator":
                os._exit(9)

        patch.setattr(LatentGAN, "after_update", stop_in_the_middle)
        assert in_child(lambda: train(compose([*MLP, "trainer.max_steps=25"]), tmp_path)) == 9
    files = list((tmp_path / "checkpoints").glob(PATTERN))
    assert len(files) == 2
    for path in files:
        taken = {
            int(state["step"])
            for optimizer in read_checkpoint(path)["optimizer_states"]
            for state in optimizer["state"].values()
        }
        assert taken == {steps_of(path)}
    train(compose([*MLP, "trainer.max_steps=25", "resume=auto"]), tmp_path)
    assert differences(straight, training_state(tmp_path)) == []


def test_R3_every_batch_once_and_in_order(tmp_path, monkeypatch):
    """The images that a killed and resumed run trains on, step by step, are those of an uninterrupted one."""
    seen: dict[int, float] = {}
    begin = GAN.on_train_batch_start

    def note(self, batch, batch_idx):
        begin(self, batch, batch_idx)
        seen[self.steps] = float(batch["image"].double().sum())

    monkeypatch.setattr(GAN, "on_train_batch_start", note)
    train(compose([*MLP, "trainer.max_steps=23"]), tmp_path / "straight")
    expected, seen = dict(seen), seen
    seen.clear()
    for end in (EPOCH, 2 * EPOCH, 23):  # stops at and around an epoch's end
        train(compose([*MLP, f"trainer.max_steps={end}", "resume=auto"]), tmp_path / "parts")
    assert seen == expected
    assert len(set(expected.values())) == 23


def test_R4_three_crashes_in_one_run(straight, tmp_path, monkeypatch):
    for step in (5, 11, 19):
        crash([*MLP, "trainer.max_steps=25"], tmp_path, step, monkeypatch)
    train(compose([*MLP, "trainer.max_steps=25", "resume=auto"]), tmp_path)
    assert differences(straight, training_state(tmp_path)) == []


def test_R8_already_complete_or_lower(tmp_path, monkeypatch, caplog):
    train(compose([*MLP, "trainer.max_steps=6"]), tmp_path)
    written = newest_valid(tmp_path / "checkpoints")[0].stat().st_mtime_ns
    caplog.set_level("INFO", logger="ganlab")
    train(compose([*MLP, "trainer.max_steps=6", "resume=auto"]), tmp_path)
    assert "already complete" in caplog.text
    assert newest_valid(tmp_path / "checkpoints")[0].stat().st_mtime_ns == written
    with pytest.raises(UserError, match=r"trainer.max_steps=3: .* already done 6 steps"):
        train(compose([*MLP, "trainer.max_steps=3", "resume=auto"]), tmp_path)


def test_R9_extended_run_equals_a_longer_one(straight, tmp_path):
    train(compose([*MLP, "trainer.max_steps=12"]), tmp_path)
    train(compose([*MLP, "trainer.max_steps=25", "resume=auto"]), tmp_path)
    assert differences(straight["state_dict"], training_state(tmp_path)["state_dict"]) == []
    assert differences(straight["optimizer_states"], training_state(tmp_path)["optimizer_states"]) == []


def test_R11_an_optimizer_that_asks_for_the_length_of_training(straight, tmp_path, monkeypatch):
    """Lightning answers by making the data loader early, which has cost others the loader's state."""
    configure, asked = GAN.configure_optimizers, []

    def asks(self):
        if self._trainer is not None:
            asked.append(self.trainer.estimated_stepping_batches)
        return configure(self)

    monkeypatch.setattr(GAN, "configure_optimizers", asks)
    crash([*MLP, "trainer.max_steps=25"], tmp_path, 14, monkeypatch)
    train(compose([*MLP, "trainer.max_steps=25", "resume=auto"]), tmp_path)
    assert asked == [25]
    assert differences(straight, training_state(tmp_path)) == []


def test_S11_an_exception_in_a_step_leaves_only_whole_steps(straight, tmp_path, monkeypatch):
    """Raised between the players: no file of that moment is written, and the run goes on from the one before."""
    with monkeypatch.context() as patch:
        after = LatentGAN.after_update

        def fail(self, player):
            after(self, player)
            if self.steps == 14 and player == "discriminator":
                raise ZeroDivisionError("a mistake of one's own")

        patch.setattr(LatentGAN, "after_update", fail)
        with pytest.raises(ZeroDivisionError):
            train(compose([*MLP, "trainer.max_steps=25"]), tmp_path)
    assert sorted(map(steps_of, (tmp_path / "checkpoints").glob(PATTERN))) == [9, 12]
    assert {path.suffix for path in tmp_path.rglob("*.ckpt*")} == {".ckpt", ".sha256"}
    assert json.loads((tmp_path / "results.json").read_text())["status"] == "failed"
    train(compose([*MLP, "trainer.max_steps=25", "resume=auto"]), tmp_path)
    assert differences(straight, training_state(tmp_path)) == []


DAMAGE = {
    "truncated": lambda path: os.truncate(path, path.stat().st_size // 2),
    "empty": lambda path: os.truncate(path, 0),
    "bit flipped": lambda path: flip_a_bit(path),
    "without checksum": lambda path: checksum_path(path).unlink(),
    "foreign": lambda path: torch.save({"weights": torch.ones(3)}, path),
}


def flip_a_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.fixture(scope="module")
def stopped(tmp_path_factory) -> Path:
    """A run that has done 12 of 25 steps, with checkpoints at 9 and 12."""
    folder = tmp_path_factory.mktemp("stopped")
    train(compose([*MLP, "trainer.max_steps=12"]), folder)
    return folder


@pytest.mark.parametrize("damage", DAMAGE)
def test_S2_damage_falls_back_with_one_warning_that_names_both(damage, stopped, tmp_path, caplog):
    folder = shutil.copytree(stopped, tmp_path / "run", symlinks=True)
    before, newest = sorted((folder / "checkpoints").glob(PATTERN))
    DAMAGE[damage](newest)
    assert checkpoint_to_resume(folder, resume=True) == before
    (warning,) = [record for record in caplog.records if record.levelname == "WARNING"]
    assert newest.name in warning.getMessage()
    assert before.name in warning.getMessage()
    assert newest.with_suffix(".damaged").exists()
    assert checkpoint_to_resume(folder, resume=True) == before, "and the next start is silent"
    assert caplog.text.count("damaged and set aside") == 1


def test_S2_a_run_that_fell_back_ends_like_a_straight_one(straight, stopped, tmp_path):
    folder = shutil.copytree(stopped, tmp_path / "run", symlinks=True)
    flip_a_bit(newest_valid(folder / "checkpoints")[0])
    train(compose([*MLP, "trainer.max_steps=25", "resume=auto"]), folder)
    assert differences(straight["state_dict"], training_state(folder)["state_dict"]) == []


def test_S2_nothing_whole_to_resume_from_is_an_error(stopped, tmp_path):
    folder = shutil.copytree(stopped, tmp_path / "run", symlinks=True)
    for path in (folder / "checkpoints").glob(PATTERN):
        os.truncate(path, 0)
    with pytest.raises(StorageError, match=r"every checkpoint in .* is damaged") as error:
        train(compose([*MLP, "trainer.max_steps=25", "resume=auto"]), folder)
    assert error.value.exit_code == 4


def test_S17_the_newest_is_the_one_with_the_most_steps_whatever_the_clock_says(stopped, tmp_path):
    folder = shutil.copytree(stopped / "checkpoints", tmp_path / "checkpoints", symlinks=True)
    expected = newest_valid(folder)[0].name
    for times in ((1e9, 2e9), (2e9, 1e9), (1e9, 1e9)):
        for path, seconds in zip(sorted(folder.glob(PATTERN)), times, strict=True):
            os.utime(path, (seconds, seconds))
        assert newest_valid(folder)[0].name == expected == "step-00000012.ckpt"


def test_a_second_run_never_overwrites_the_first(tmp_path):
    train(compose([*MLP, "trainer.max_steps=2"]), tmp_path)
    with pytest.raises(UserError, match="already holds a run"):
        train(compose([*MLP, "trainer.max_steps=2"]), tmp_path)
    assert checkpoint_to_resume(tmp_path, resume=True) is not None


def test_R14_metrics_csv_goes_on_without_gap_or_duplicate(tmp_path, monkeypatch):
    command = [*MLP, "trainer.max_steps=25", "callbacks.log.every_steps=2"]
    crash(command, tmp_path, 17, monkeypatch)
    train(compose([*command, "resume=auto"]), tmp_path)
    steps = [int(line.split(",")[0]) for line in (tmp_path / "metrics.csv").read_text().splitlines()[1:]]
    assert steps == [1, *range(2, 25, 2), 25]
