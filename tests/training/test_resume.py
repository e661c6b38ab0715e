"""A run that is killed at any moment and started again ends bit for bit where an uninterrupted run ends."""

import os
import signal
from pathlib import Path

import pytest
import torch
from PIL import Image

from ganlab.config import compose
from ganlab.errors import StorageError, UserError
from ganlab.models.base import GAN
from ganlab.models.latent import LatentGAN
from ganlab.training import run as run_module
from ganlab.training.checkpoints import PATTERN, newest_valid, read_checkpoint, steps_of
from ganlab.training.run import train
from tests.helpers import differences, in_child, training_state

EPOCH = 10  # steps: 1,297 images in batches of 128, and a bit
QUICK = [
    "metrics=none",
    "trainer=cpu",
    "data.batch_size=128",
    "callbacks.samples.n=4",
    f"callbacks.checkpoints.every_images={3 * 128}",
]
MLP = ["model=mlp_gan", "data.image_size=8", *QUICK]


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
    ],
    ids=["k", "dropout", "critic steps", "penalty and flips"],
)
def test_R1_whatever_a_variant_remembers(overrides, tmp_path, monkeypatch):
    command = [
        *overrides,
        *QUICK,
        "data.batch_size=32",
        "callbacks.checkpoints.every_images=64",
        "trainer.max_steps=9",
    ]
    train(compose(command), tmp_path / "straight")
    crash(command, tmp_path / "killed", 6, monkeypatch)
    train(compose([*command, "resume=auto"]), tmp_path / "killed")
    assert differences(training_state(tmp_path / "straight"), training_state(tmp_path / "killed")) == []


@pytest.mark.parametrize("workers", [0, 2])
def test_R1_streamed_folder(workers, tmp_path, monkeypatch):
    generator = torch.Generator().manual_seed(0)
    (tmp_path / "images").mkdir()
    for index in range(24):
        pixels = torch.randint(0, 255, (9, 9, 3), generator=generator, dtype=torch.uint8)
        Image.fromarray(pixels.numpy()).save(tmp_path / "images" / f"{index}.png")
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


def test_damaged_checkpoints_are_passed_over(straight, tmp_path, caplog):
    """The newest is damaged: fall back to the one before, say so, end where an uninterrupted run ends."""
    train(compose([*MLP, "trainer.max_steps=12"]), tmp_path)
    newest = newest_valid(tmp_path / "checkpoints")[0]
    content = bytearray(newest.read_bytes())
    content[len(content) // 2] ^= 1
    newest.write_bytes(content)
    train(compose([*MLP, "trainer.max_steps=25", "resume=auto"]), tmp_path)
    assert f"{newest.name} is damaged" in caplog.text
    assert newest.with_suffix(".damaged").read_bytes() == content
    assert differences(straight["state_dict"], training_state(tmp_path)["state_dict"]) == []


def test_nothing_whole_to_resume_from_is_an_error(tmp_path):
    train(compose([*MLP, "trainer.max_steps=2"]), tmp_path)
    for path in (tmp_path / "checkpoints").glob(PATTERN):
        path.write_bytes(b"")
    with pytest.raises(StorageError, match=r"every checkpoint in .* is damaged"):
        train(compose([*MLP, "trainer.max_steps=5", "resume=auto"]), tmp_path)


def test_a_second_run_never_overwrites_the_first(tmp_path):
    train(compose([*MLP, "trainer.max_steps=2"]), tmp_path)
    with pytest.raises(UserError, match="already holds a run"):
        train(compose([*MLP, "trainer.max_steps=2"]), tmp_path)
    assert run_module._checkpoint_to_resume(compose([*MLP, "resume=auto"]), tmp_path) is not None


def test_metrics_csv_goes_on_without_gap_or_duplicate(tmp_path, monkeypatch):
    command = [*MLP, "trainer.max_steps=25", "callbacks.log.every_steps=2"]
    crash(command, tmp_path, 17, monkeypatch)
    train(compose([*command, "resume=auto"]), tmp_path)
    steps = [int(line.split(",")[0]) for line in (tmp_path / "metrics.csv").read_text().splitlines()[1:]]
    assert steps == [1, *range(2, 25, 2), 25]
