"""What several tests share."""

import csv
import functools
import json
from pathlib import Path

import torch

from ganlab.config import instantiate
from ganlab.loggers.csv import CSVLog
from ganlab.randomness import derive
from ganlab.rank import is_first_process
from ganlab.training.checkpoints import newest_valid, steps_of
from ganlab.training.order import in_order

DATA = {  # embedded data for each kind of model
    "images": "digits",
    "labelled": "digits",
    "points": "ring",
    "captions": "shapes",
    "paired": "fonts_paired",
    "semantic": "shapes_semantic",
    "unpaired": "fonts_unpaired",
    "super_resolution": "photos_sr",
    "inpainting": "photos_inpaint",
    "domains": "fonts_domains",
}


@functools.cache
def kind_of(model: str) -> str:
    """The kind of data that a model says it needs."""
    from ganlab.config.compose.catalogue import catalogue

    return catalogue()["model"][model].kind


def build(cfg):
    """Data and module of a configuration."""
    data = instantiate(cfg.data)
    data.prepare()
    torch.manual_seed(derive(cfg.seed, "weights"))
    return data, instantiate(cfg.model)


def fit(cfg, folder: Path, *, resume: bool = False, wrap=None):
    """Train without the command line's checks; ``wrap(module)`` may spy on the module first."""
    folder.mkdir(parents=True, exist_ok=True)
    data, module = build(cfg)
    if wrap:
        wrap(module)
    checkpoint = newest_valid(folder / "checkpoints")[0] if resume else None
    log = CSVLog(folder / "metrics.csv")
    if checkpoint and is_first_process():
        log.rewind(steps_of(checkpoint))
    callbacks = in_order(instantiate(cfg.callbacks))
    trainer = instantiate(cfg.trainer, run_dir=folder, callbacks=callbacks, loggers=[log])
    trainer.fit(module, datamodule=data, ckpt_path=checkpoint)
    return module


def differences(one: dict, other: dict, path: str = "") -> list[str]:
    """Paths at which two nested states differ in any bit."""
    if isinstance(one, dict) and isinstance(other, dict):
        if one.keys() != other.keys():
            return [f"{path}: keys {one.keys() ^ other.keys()}"]
        return [found for key in one for found in differences(one[key], other[key], f"{path}/{key}")]
    if isinstance(one, list | tuple):
        if len(one) != len(other):
            return [f"{path}: length"]
        return [
            f
            for i, pair in enumerate(zip(one, other, strict=True))
            for f in differences(*pair, f"{path}/{i}")
        ]
    if isinstance(one, torch.Tensor):
        return [] if torch.equal(one, other) else [path]
    return [] if one == other else [path]


TRAINING_STATE = ("state_dict", "optimizer_states", "lr_schedulers", "ganlab", "global_step")


def training_state(folder: Path) -> dict:
    """What continues a run, from its newest checkpoint."""
    from ganlab.training.checkpoints import read_checkpoint

    checkpoint = read_checkpoint(newest_valid(folder / "checkpoints")[0])
    return {key: checkpoint[key] for key in TRAINING_STATE}


OF_THE_CLOCK = (
    "seconds",
    "progress/images_per_second",
    "progress/health_seconds",
    "progress/evaluation_seconds",
)


def told(folder: Path) -> dict:
    """What a run says of itself in numbers, but for those of the clock: all of metrics.csv, and results.json."""
    with open(folder / "metrics.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    results = json.loads((folder / "results.json").read_text())
    return {
        "columns": sorted(rows[0]),
        "rows": [{name: text for name, text in row.items() if name not in OF_THE_CLOCK} for row in rows],
        "last": {name: value for name, value in results["last"].items() if name not in OF_THE_CLOCK},
        **{name: results[name] for name in ("steps", "images", "scores", "status")},
    }


def tiny_config(*overrides: str):
    """The configuration of a run of seconds: batches of 8, networks of width 8, few pictures, no scores."""
    from ganlab.config import compose

    cfg = compose(["trainer=cpu", "metrics=none", "data.batch_size=8", "callbacks.samples.n=4", *overrides])
    for player in ("generator", "discriminator"):
        if "width" in cfg.model.get(player, ()):
            cfg.model[player].width = 8
    return cfg


def saved_run(folder: Path) -> Path:
    """A run directory of perceptrons that took one step on pictures of 8 x 8."""
    from ganlab.config import save_config

    cfg = tiny_config("model=vanilla", "trainer.max_steps=1", "data.image_size=8")
    cfg.model.generator.widths = cfg.model.discriminator.widths = [4]
    fit(cfg, folder)
    save_config(cfg, folder, [])
    return folder


def in_child(function) -> int:
    """The exit code of ``function`` in a forked process."""
    return forked(function)[0]


def forked(*functions) -> list[int]:
    """Run each function in a forked process, all at once; their exit codes, or minus the signals that ended them.

    A fork has everything imported already, so a case takes a fraction of a second. A ``GanlabError`` becomes its exit
    code, as on the command line; nothing of pytest runs in the child.
    """
    import os

    children = [fork(function) for function in functions]
    return [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]


def fork(function) -> int:
    """The process that runs ``function``."""
    import os
    import sys
    import traceback

    from ganlab.errors import GanlabError

    child = os.fork()
    if child == 0:
        code = 1
        try:
            function()
            code = 0
        except GanlabError as error:
            print(error, file=sys.__stderr__)  # shown where the test fails
            code = error.exit_code
        except BaseException:
            traceback.print_exc(file=sys.__stderr__)
        finally:
            os._exit(code)
    return child


class ForkedWorker:
    """``subprocess.Popen`` of ``ganlab.training.worker``, but a fork: everything is imported already."""

    def __init__(self, command, env) -> None:
        import os
        import sys

        from lightning.pytorch.utilities import rank_zero_only

        from ganlab.training.worker import main

        def work() -> None:
            os.environ.update(env)
            rank_zero_only.rank = int(env["LOCAL_RANK"])
            sys.argv = command[2:]
            try:
                main()
            except SystemExit as end:
                os._exit(end.code)

        self.pid, self.returncode = fork(work), None

    def kill(self) -> None:
        self.send_signal(9)

    def send_signal(self, number: int) -> None:
        import os

        if self.poll() is None:
            os.kill(self.pid, number)

    def poll(self) -> int | None:
        import os

        if self.returncode is None and (found := os.waitpid(self.pid, os.WNOHANG))[0]:
            self.returncode = os.waitstatus_to_exitcode(found[1])
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        import subprocess
        import time

        end = None if timeout is None else time.monotonic() + timeout
        while self.poll() is None:
            if end is not None and time.monotonic() >= end:
                raise subprocess.TimeoutExpired("worker", timeout)
            time.sleep(0.01)
        return self.returncode


QUICK = [
    "model=mlp_gan",
    "metrics=none",
    "data.image_size=8",
    "trainer=cpu",
    "data.batch_size=64",
    "callbacks.samples=null",
]
