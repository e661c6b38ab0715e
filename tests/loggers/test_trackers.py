"""A training run with every tracking service at once, without an account, read back with their own tools."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from ganlab.config import compose
from ganlab.training.run import train
from tests.support.wandb_reading import alone, history, records, starts, summary

QUICK = ["model=mlp_gan", "metrics=none", "data.image_size=8", "data.batch_size=8", "callbacks.samples.n=4"]
OWN = {"_step", "_runtime", "_timestamp"}  # what W&B adds to a row


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("run")
    overrides = [
        *QUICK,
        "trainer=cpu",
        "trainer.max_steps=12",
        "callbacks.log.every_steps=4",
        "callbacks.samples.every_images=48",
        "logger=[csv,wandb,tensorboard]",
        "name=first",
        "group=trials",
        "tags=[try,8px]",
        "logger.wandb.notes=a small one",
        "logger.wandb.artifacts=true",
    ]
    with pytest.MonkeyPatch.context() as patch:
        alone(patch, tmp_path_factory.mktemp("home"))
        train(compose(overrides), folder)
        yield folder


@pytest.fixture(scope="module")
def rows(run) -> list[dict[str, float]]:
    """metrics.csv, without the seconds."""
    with open(run / "metrics.csv", newline="") as file:
        lines = list(csv.DictReader(file))
    return [{key: float(text) for key, text in line.items() if text and key != "seconds"} for line in lines]


@pytest.fixture(scope="module")
def events(run) -> EventAccumulator:
    return EventAccumulator(str(run / "tensorboard"), size_guidance={"images": 0}).Reload()


def test_wandb_knows_the_run(run):
    (path,) = starts(run)
    (described,) = records(path, "run")
    expected = {"project": "ganlab", "display_name": "first", "run_group": "trials", "job_type": "train"}
    assert {key: described[key] for key in expected} == expected
    assert described["notes"] == "a small one"
    assert described["tags"] == ["try", "8px", "mlp_gan", "digits", "seed-0"]
    assert described["run_id"] == (run / "wandb" / "id").read_text()
    config = described["config"]["update"]
    assert config["model"]["optimizers"]["generator"]["lr"] == 2e-4
    assert config["data"]["batch_size"] == 8


def test_wandb_has_every_number_of_metrics_csv(run, rows):
    found = [item for item in history(starts(run)[0]) if "generator/loss" in item]
    assert len(found) == len(rows) == 4
    for row, item in zip(rows, found, strict=True):
        values = {key: value for key, value in item.items() if not key.startswith("samples.")}
        step, images = values.pop("_step"), values.pop("progress/images")
        assert (step, images) == (row["step"], row["images"])
        assert {k: v for k, v in values.items() if k not in OWN} == {
            k: v for k, v in row.items() if k not in ("step", "images")
        }


def test_wandb_charts_are_against_images(run):
    images, everything = records(starts(run)[0], "metric")
    assert images["name"] == "progress/images"
    assert (everything["glob_name"], everything["step_metric"]) == ("*", "progress/images")


def test_wandb_has_the_pictures_of_samples(run):
    """One series, so that there is a slider; the same pixels as in samples/."""
    (path,) = starts(run)
    shown = {item["progress/images"]: item for item in history(path) if "samples.path" in item}
    assert list(shown) == [0, 48, 96]
    for images, item in shown.items():
        assert item["_step"] == images // 8
        assert f"samples_{item['_step']}_" in item["samples.path"]
        with Image.open(path.parent / "files" / item["samples.path"]) as picture:
            assert np.array_equal(np.asarray(picture.convert("RGB")), drawn(run, images))


def test_wandb_has_how_it_ended(run, rows):
    ended = summary(starts(run)[0])
    assert ended["status"] == "finished"
    assert ended["generator/loss"] == rows[-1]["generator/loss"]


def test_wandb_keeps_the_last_checkpoint(run):
    [artifact] = records(starts(run)[0], "artifact")
    assert (artifact["type"], artifact["name"]) == ("model", f"model-{(run / 'wandb' / 'id').read_text()}")
    files = {entry["path"]: entry for entry in artifact["manifest"]["contents"]}
    assert set(files) == {"model.ckpt", "config.yaml"}
    assert sorted(artifact["aliases"]) == ["last", "latest"]  # the second is W&B's own
    kept = json.loads(artifact["metadata"])
    assert (kept["steps"], kept["file"]) == (12, (run / "checkpoints" / "last.ckpt").resolve().name)


def test_X8_wandb_has_nothing_of_the_machine(run):
    """No code, command line, list of packages or console."""
    files = [path.name for path in (starts(run)[0].parent / "files").rglob("*") if path.is_file()]
    assert all(name.startswith("samples_") for name in files)
    (described,) = records(starts(run)[0], "run")
    assert "git" not in described


def test_tensorboard_has_every_number_of_metrics_csv(events, rows):
    names = {key for row in rows for key in row} - {"step", "images"}
    assert names <= set(events.Tags()["scalars"])
    for name in names:
        points = [(event.step, event.value) for event in events.Scalars(name)]
        expected = [(row["images"], np.float32(row[name])) for row in rows if name in row]
        assert points == expected, name


def test_tensorboard_has_the_pictures_of_samples(events, run, tmp_path):
    shown = events.Images("samples")
    assert [event.step for event in shown] == [0, 48, 96]
    for event in shown:
        path = tmp_path / "shown.png"
        path.write_bytes(event.encoded_image_string)
        with Image.open(path) as picture:
            assert np.array_equal(np.asarray(picture.convert("RGB")), drawn(run, event.step))


def test_tensorboard_has_the_configuration_once(events):
    (text,) = events.Tensors("configuration/text_summary")
    assert '"batch_size": 8' in text.tensor_proto.string_val[0].decode()


def test_tensorboard_compares_what_describes_the_experiment(events):
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

    content = events.PluginTagToContent("hparams")["_hparams_/session_start_info"]
    table = HParamsPluginData.FromString(content).session_start_info.hparams
    assert table["model.optimizers.generator.lr"].number_value == 2e-4
    assert table["chosen.model"].string_value == "mlp_gan"
    assert not any(name.startswith(("callbacks", "logger")) for name in table)


def drawn(run: Path, images: int) -> np.ndarray:
    with Image.open(run / "samples" / f"{images:010d}.png") as picture:
        return np.asarray(picture.convert("RGB"))


@pytest.mark.parametrize("logger", ["none", "csv", "[csv,none]"])
def test_metrics_csv_is_always_there(logger, tmp_path):
    train(compose([*QUICK, "trainer=cpu", "trainer.max_steps=1", f"logger={logger}"]), tmp_path)
    assert (tmp_path / "metrics.csv").exists()
    assert not (tmp_path / "wandb").exists()


def test_P2_only_the_first_process_has_a_run(tmp_path, monkeypatch):
    alone(monkeypatch, tmp_path / "home")
    run = tmp_path / "run"
    train(compose([*QUICK, "trainer=ddp_cpu", "trainer.max_steps=2", "logger=[wandb,tensorboard]"]), run)
    (path,) = starts(run)
    assert [item["progress/images"] for item in history(path)] == [0, 16, 32]
    scalars = EventAccumulator(str(run / "tensorboard")).Reload().Scalars("generator/loss")
    assert [event.step for event in scalars] == [16, 32]
