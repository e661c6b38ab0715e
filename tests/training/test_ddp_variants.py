"""Every variant on two processes: they hold the same weights, those of one process at twice the batch."""

from pathlib import Path

import pytest
import torch
from omegaconf import DictConfig
from torch import nn
from torch.nn.modules.dropout import _DropoutNd

from ganlab.config import instantiate
from ganlab.layers.minibatch import MinibatchDiscrimination, MinibatchStdDev
from tests.support.processes import as_rank, free_port
from tests.support.runs import fit, forked, training_state
from tests.support.variants import TRANSLATORS, VARIANTS, descending, distance, two_steps

OF_THE_BATCH = {
    "ebgan",
    "ebgan_mlp",
    "discogan",
    "plane_unrolled",
}  # a term is a function of means over a process's batch
# whose steps on path lengths are the same: each process takes every other label; without it 0.01 and more
NEARER = {"stylegan2_conditional": 0.004}
FARTHER = {
    "starganv2": 0.005
}  # three losses |a - b| in four updates of a step, whose slopes jump where rounding decides
APART = (_DropoutNd, MinibatchDiscrimination, MinibatchStdDev)  # draw for, or compare, one process's samples
TECHNIQUES = {  # that look at scores of all processes, or choose samples
    "lecam and apa": [
        "model=vanilla",
        "data=digits",
        "model/regularizer=lecam",
        "model.regularizer.start=1",
        "model/augment=apa",
        "model.augment.every=1",
        "model.augment.target=-0.99",
        "seed=2",  # with which the first scores are not all negative
        "model.augment.images_to_full=32",  # half of the second batch
    ],
    "zcr and bcr": ["model=sngan", "data=digits", "model/regularizer=zcr", "model/penalty=bcr"],
}
NAMES = [*VARIANTS, *TRANSLATORS, *TECHNIQUES]
LONGER = "dcgan"  # eight steps, with batch norms synchronized and not


def run_longer(cfg: DictConfig, folder: Path, world: int, sync_batchnorm: bool) -> None:
    cfg = cfg.copy()
    cfg.trainer.update({"max_steps": 8, "sync_batchnorm": sync_batchnorm})
    fit(cfg, folder / f"{world}-{sync_batchnorm}", wrap=descending)


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> Path:
    """``<variant>/one`` and ``<variant>/two``: two steps of one process, and of two that share the batch."""
    folder, port = tmp_path_factory.mktemp("ddp"), free_port()
    alone = {name: two_steps(name, words=TECHNIQUES.get(name)) for name in NAMES}
    shared = {name: two_steps(name, 2, words=TECHNIQUES.get(name)) for name in NAMES}

    def one() -> None:
        for name, cfg in alone.items():
            fit(cfg, folder / name / "one", wrap=descending)
        run_longer(alone[LONGER], folder, 1, sync_batchnorm=True)

    def of_two(rank: int):
        def train_all() -> None:
            as_rank(rank, port)
            for name, cfg in shared.items():
                fit(cfg, folder / name / "two", wrap=descending)
            run_longer(shared[LONGER], folder, 2, sync_batchnorm=True)
            run_longer(shared[LONGER], folder, 2, sync_batchnorm=False)

        return train_all

    codes = forked(one, of_two(0), of_two(1))
    assert codes == [0, 0, 0]
    return folder


@pytest.mark.parametrize("name", NAMES)
def test_P1_two_processes_train_a_variant_like_one(name, runs):
    """With synchronized batch norms, except where samples of one process meet in something else."""
    one, two = (training_state(runs / name / which) for which in ("one", "two"))
    assert one["ganlab"]["images"] == two["ganlab"]["images"]
    cfg = two_steps(name, words=TECHNIQUES.get(name))
    module: nn.Module = instantiate(cfg.model)
    apart = distance(cfg, one["state_dict"], two["state_dict"])
    if any(isinstance(part, APART) for part in module.modules()):
        least = NEARER.get(name, 0.01)
        assert apart > least  # that both processes hold the same bits was checked after every step
    elif name not in OF_THE_BATCH:
        assert apart < FARTHER.get(name, 0.002)


def test_P1_dcgan_needs_its_batch_norms_synchronized(runs):
    """And its files have the same names in them with and without."""
    one, two, apart = (training_state(runs / name)["state_dict"] for name in ("1-True", "2-True", "2-False"))
    assert one.keys() == two.keys() == apart.keys()
    tensors = {key: value for key, value in one.items() if isinstance(value, torch.Tensor)}
    assert max(float((value - two[key]).abs().max()) for key, value in tensors.items()) < 1e-5
    assert max(float((value - apart[key]).abs().max()) for key, value in tensors.items()) > 1e-3
