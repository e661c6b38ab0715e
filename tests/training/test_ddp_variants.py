"""Every variant on two processes: they hold the same weights, those of one process at twice the batch."""

import os
import socket
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.dropout import _DropoutNd

from ganlab.config import instantiate
from ganlab.layers.minibatch import MinibatchDiscrimination, MinibatchStdDev
from ganlab.techniques.replay import ExperienceReplay
from tests.helpers import fit, forked, tiny_config, training_state
from tests.models.test_translation_variants import CASES as TRANSLATORS
from tests.models.test_translation_variants import config as translator
from tests.models.test_variants import VARIANTS, words_for

OF_THE_BATCH = {"ebgan", "ebgan_mlp"}  # each process has its own pulling-away term and mean energy
# these see half of a batch, draw for themselves, or remember what one process has made
PER_PROCESS = (_BatchNorm, _DropoutNd, MinibatchDiscrimination, MinibatchStdDev, ExperienceReplay)
NAMES = [*VARIANTS, *TRANSLATORS]


def config(name: str, world: int = 1):
    """A tiny run on one process or two, of 16 images a step for those that make images of noise, else of 4."""
    words = [
        "trainer=ddp_cpu" if world == 2 else "trainer=cpu",
        "trainer.max_steps=3",
        "callbacks.health.consistency_steps=1",
    ]
    if name in TRANSLATORS:
        return translator(name, *words, batch_size=4 // world)
    return tiny_config(*words_for(name), *words, f"data.batch_size={16 // world}")


def as_rank(rank: int, port: int) -> None:
    """Let Lightning find two processes that are there already."""
    os.environ |= {
        "TORCHELASTIC_RUN_ID": "test",
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
        "WORLD_SIZE": "2",
        "LOCAL_WORLD_SIZE": "2",
        "GROUP_RANK": "0",
        "RANK": str(rank),
        "LOCAL_RANK": str(rank),
    }


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> Path:
    """``<variant>/one`` and ``<variant>/two``: three steps of one process, and of two that share the batch."""
    folder, port = tmp_path_factory.mktemp("ddp"), free_port()

    def of(world: int, rank: int = 0):
        def train_all() -> None:
            if world == 2:
                as_rank(rank, port)
            for name in NAMES:
                fit(config(name, world), folder / name / ("one" if world == 1 else "two"))

        return train_all

    codes = forked(of(1), of(2, 0), of(2, 1))
    assert codes == [0, 0, 0]
    return folder


@pytest.mark.parametrize("name", NAMES)
def test_P1_two_processes_train_a_variant_like_one(name, runs):
    one, two = (training_state(runs / name / which) for which in ("one", "two"))
    assert one["ganlab"]["images"] == two["ganlab"]["images"]
    module: nn.Module = instantiate(config(name).model)
    if name in OF_THE_BATCH or any(isinstance(part, PER_PROCESS) for part in module.modules()):
        return  # that both processes hold the same bits was checked after every step
    for key, value in one["state_dict"].items():
        if isinstance(value, torch.Tensor):
            assert torch.allclose(value, two["state_dict"][key], rtol=1e-4, atol=1e-4), key
