"""What the trainer makes of its settings."""

import logging

import pytest
import torch

from ganlab.errors import UserError
from ganlab.training import trainer as module
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
        ({"max_steps": 0}, "trainer.max_steps=0"),
        ({"precision": "16"}, "precision=16: expected auto, 32 or bf16"),
        ({"accelerator": "gpu"}, "no CUDA GPU .* trainer=cpu"),
    ],
)
def test_settings_that_cannot_be(settings, sentence, monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    with pytest.raises(UserError, match=sentence):
        Trainer(**({"max_steps": 1} | settings))


def test_more_gpus_than_there_are(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    with pytest.raises(UserError, match=r"trainer.devices=4: this machine has 1 CUDA GPU"):
        Trainer(max_steps=1, accelerator="gpu", devices=4)


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
