"""What the trainer makes of its settings."""

import logging

import pytest
import torch

from ganlab.config import compose
from ganlab.errors import UserError
from ganlab.training import devices as module
from ganlab.training.ddp import AdversarialDDP
from ganlab.training.trainer import Trainer


def test_precision_auto_is_32_on_a_cpu():
    assert Trainer(max_steps=1, accelerator="cpu").precision == "32-true"
    assert Trainer(max_steps=1, accelerator="cpu", precision="bf16").precision == "bf16-mixed"


def test_bf16_without_instructions_for_it_is_told(monkeypatch, caplog):
    caplog.set_level(logging.WARNING, logger="ganlab")
    monkeypatch.setattr(module, "cpu_has_bf16", lambda: True)
    Trainer(max_steps=1, accelerator="cpu", precision="bf16")
    assert caplog.records == []
    monkeypatch.setattr(module, "cpu_has_bf16", lambda: False)
    Trainer(max_steps=1, accelerator="cpu", precision="bf16")
    assert "no bfloat16 instructions" in caplog.text


def test_two_devices_mean_ddp():
    assert isinstance(Trainer(max_steps=1, accelerator="cpu", devices=2).strategy, AdversarialDDP)
    assert not isinstance(Trainer(max_steps=1, accelerator="cpu", devices=1).strategy, AdversarialDDP)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"max_steps": 0}, "max_steps=0: expected a whole number of at least 1"),
        ({"num_nodes": 0}, "num_nodes=0: expected a whole number from 1 to"),
        ({"num_nodes": 3}, "num_nodes=3: this process was started alone"),
        ({"threads": 0}, "threads=0: expected a whole number from 1 to 1,024 or null"),
        ({"threads": 100_000}, "threads=100000: expected"),
        ({"timeout": 0}, "timeout=0: expected a number above 0"),
        ({"timeout": float("nan")}, "timeout=nan: expected a number above 0"),
        ({"timeout": 1e300}, "timeout=1e.300: expected a number"),
        ({"devices": 0}, "devices=0: on a CPU this is a number of processes"),
        ({"devices": "abc"}, "devices=abc: on a CPU"),
        ({"devices": -1}, "devices=-1: on a CPU"),
        ({"devices": -2}, "devices=-2: expected a whole number from -1"),
        ({"devices": []}, r"devices=\[\]: on a CPU"),
        ({"devices": [0, 0]}, r"devices=\[0, 0\]: on a CPU"),
        ({"devices": "0,1"}, "devices=0,1: on a CPU"),
        ({"precision": "16"}, "precision=16: expected auto, 32 or bf16"),
        ({"accelerator": "gpu"}, "no CUDA GPU .* trainer=cpu"),
    ],
)
def test_settings_that_cannot_be(settings, sentence, monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    with pytest.raises(UserError, match=sentence):
        Trainer(**({"max_steps": 1} | settings))


@pytest.mark.parametrize(
    ("there", "settings", "sentence"),
    [
        (False, {}, r"^trainer\.accelerator=mps: PyTorch sees no GPU of a Mac here, .*; try trainer=cpu$"),
        (
            True,
            {"devices": 2},
            r"^trainer\.devices=2: of a Mac's GPU there is one; leave trainer\.devices out$",
        ),
        (True, {"precision": "bf16"}, r"^precision=bf16: on a Mac's GPU it has not been tried; leave it out"),
    ],
)
def test_a_mac_s_gpu_is_one_and_computes_in_float32(there, settings, sentence, monkeypatch):
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: there)
    with pytest.raises(UserError, match=sentence):
        Trainer(max_steps=1, accelerator="mps", **settings)


@pytest.mark.parametrize("devices", [0, "abc", "", "0,", [], [0, 0], "1,1"])
def test_gpus_that_cannot_be_counted(devices, monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    with pytest.raises(UserError, match=r"expected how many GPUs .*; this machine has 2 CUDA GPUs"):
        Trainer(max_steps=1, accelerator="gpu", devices=devices)


@pytest.mark.parametrize("devices", [4, "4", "0,3", [2], "2,1"])
def test_more_gpus_than_there_are(devices, monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    with pytest.raises(UserError, match="this machine has 1 CUDA GPU, numbered from 0"):
        Trainer(max_steps=1, accelerator="gpu", devices=devices)


@pytest.mark.parametrize(
    ("devices", "read"),
    [("auto", 1), (-1, 4), ("-1", 4), ("2", 2), ("0,3", [0, 3]), ([1], [1]), ("0, 1", [0, 1])],
)
def test_gpus_by_number_or_by_list(devices, read, monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 4)
    assert module.devices_of(devices, "gpu") == read


def test_channels_last_changes_the_layout_not_the_values(tiny_run):
    wide = tiny_run("model=dcgan", "data.image_size=16", "trainer.max_steps=1", folder="last")
    flat = tiny_run(
        "model=dcgan",
        "data.image_size=16",
        "trainer.max_steps=1",
        "trainer.channels_last=false",
        folder="first",
    )
    weights = [m.generator.layers[3].weight for m in (wide, flat)]
    assert weights[0].is_contiguous(memory_format=torch.channels_last)
    assert not weights[1].is_contiguous(memory_format=torch.channels_last)
    assert torch.allclose(*weights, atol=1e-3)


@pytest.mark.parametrize(
    ("model", "expected"), [("dcgan", True), ("context_encoder", False), ("cyclegan", False)]
)
def test_a_model_says_which_layout_is_faster(model, expected):
    data = {"context_encoder": "photos_inpaint", "cyclegan": "fonts_unpaired"}.get(model, "digits")
    words = [f"model={model}", f"data={data}"]
    assert compose(words).trainer.channels_last is expected
    assert compose([*words, f"trainer.channels_last={not expected}"]).trainer.channels_last is not expected
