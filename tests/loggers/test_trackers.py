"""TensorBoard and Weights & Biases, offline and without an account."""

from ganlab.config import compose
from ganlab.loggers.wandb import wandb_logger
from ganlab.training.run import train

QUICK = ["model=mlp_gan", "data.image_size=8", "trainer=cpu", "trainer.max_steps=3", "callbacks.samples.n=4"]


def test_several_at_once_beside_metrics_csv(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))  # no key, no settings
    for name in ("WANDB_MODE", "WANDB_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    run = tmp_path / "run"
    train(compose([*QUICK, "logger=[wandb,tensorboard]"]), run)
    assert list((run / "wandb").glob("offline-run-*/run-*.wandb"))
    assert list((run / "tensorboard").glob("events.out.tfevents.*"))
    assert (run / "metrics.csv").exists()

    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(run / "tensorboard"))
    events.Reload()
    points = [(event.step, event.value) for event in events.Scalars("generator/loss")]
    assert [step for step, _ in points] == [1, 3]
    lines = (run / "metrics.csv").read_text().splitlines()
    column = lines[0].split(",").index("generator/loss")
    assert [float(line.split(",")[column]) for line in lines[1:]] == [
        _as_float32(value) for _, value in points
    ]


def test_nothing_but_metrics_csv(tmp_path):
    train(compose([*QUICK, "logger=none"]), tmp_path)
    assert (tmp_path / "metrics.csv").exists()
    assert not (tmp_path / "wandb").exists()


def test_a_malformed_key_does_not_stop_a_run(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("WANDB_API_KEY", "not a key")
    monkeypatch.delenv("WANDB_MODE", raising=False)
    assert wandb_logger(save_dir=tmp_path)._wandb_init["mode"] == "offline"


def _as_float32(value: float) -> float:
    import numpy as np

    return float(np.float32(value))
