"""Runs of every variant that are killed, and started again with the same command."""

import os
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.reliability.figure import Figure
from ganlab.config import compose
from ganlab.config.compose.catalogue import catalogue
from ganlab.models.base import GAN
from ganlab.training.run import train
from tests.support.pictures import fill
from tests.support.processes import as_rank, free_port
from tests.support.runs import differences, fit, forked, in_child, tiny_config, training_state
from tests.support.variants import TRANSLATORS, translator, words_for

STEPS, EVERY = 6, "callbacks.checkpoints.every_images=16"
MOMENTS = {
    "as step 1 begins": (1, None),
    "in step 4, between the players": (4, "first"),
    "as step 6 ends": (6, "last"),
}


def measure() -> Iterator[Figure]:
    models = [*catalogue()["model"]]
    failed = [case for model in models for case in killed(model)]
    tried = len(models) * len(MOMENTS)
    yield Figure(
        f"SIGKILL at {len(MOMENTS)} moments of a run of each of {len(models)} variants, and the same command again",
        f"{tried - len(failed)} of {tried} end bit for bit like a run that nobody stopped" + _named(failed),
        "all",
        not failed,
    )
    failed = [workers for workers in (0, 2) if not streamed(workers)]
    yield Figure(
        "the same with pictures that two processes decode, and that the run itself decodes",
        f"{2 - len(failed)} of 2",
        "all",
        not failed,
    )
    pairs = ("mlp_gan", "dcgan_keras", "began", "cyclegan", "gan_cls", "progan")
    failed = [model for model in pairs if not two_processes(model)]
    yield Figure(
        f"a run of two processes, stopped and resumed, of {len(pairs)} variants",
        f"{len(pairs) - len(failed)} of {len(pairs)} on both" + _named(failed),
        "all",
        not failed,
    )


def config_of(model: str, *words: str):
    if model in TRANSLATORS:
        return translator(model, *words, batch_size=4)
    return tiny_config(*words_for(model), "callbacks.samples=null", *words)


def killed(model: str) -> list[str]:
    """The moments of SIGKILL from which the model does not resume bit for bit."""
    failed = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)

        def run(where: str, resume: bool = False) -> int:  # in a process of its own, which remembers nothing
            return in_child(lambda: _fit(model, folder / where, resume))

        assert run("straight") == 0, model
        for number, (moment, (step, at)) in enumerate(MOMENTS.items()):
            where = f"killed-{number}"
            code = in_child(lambda step=step, at=at, where=where: _die(model, folder / where, step, at))
            same = (
                code == -signal.SIGKILL
                and run(where, resume=True) == 0
                and not differences(training_state(folder / "straight"), training_state(folder / where))
            )
            if not same:
                failed.append(f"{model} {moment}")
        print(f"  {model:<24} {len(MOMENTS) - len(failed)} of {len(MOMENTS)}", flush=True)
    return failed


def _fit(model: str, folder: Path, resume: bool, *words: str) -> GAN:
    every = EVERY if model not in TRANSLATORS else "callbacks.checkpoints.every_images=8"
    return fit(config_of(model, f"trainer.max_steps={STEPS}", every, *words), folder, resume=resume)


def _die(model: str, folder: Path, step: int, at: str | None) -> None:
    _at(step, at, lambda: os.kill(os.getpid(), signal.SIGKILL))
    _fit(model, folder, False)


def _at(step: int, at: str | None, act: Callable[[], None]) -> None:
    """Call ``act`` in ``step``: before it, after its first update, or after its last."""
    begin, end, update = GAN.on_train_batch_start, GAN.on_train_batch_end, GAN.update

    def on_train_batch_start(self, batch, batch_idx):
        begin(self, batch, batch_idx)
        if self.steps == step and at is None:
            act()

    @contextmanager
    def first_update(self, player):
        with update(self, player) as terms:
            yield terms
        if self.steps == step and at == "first":
            act()

    def on_train_batch_end(self, *arguments):
        if self.steps == step and at == "last":
            act()
        end(self, *arguments)

    GAN.on_train_batch_start, GAN.on_train_batch_end = on_train_batch_start, on_train_batch_end
    GAN.update = first_update


def streamed(workers: int) -> bool:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fill(folder, 24, "images", size=(9, 9))
        words = ["model=mlp_gan", "data=folder", f"data.root={folder / 'images'}", "data.memory_limit=0"]
        words += [
            f"data.workers={workers}",
            "data.image_size=8",
            "data.batch_size=8",
            "data.flip=true",
            EVERY,
        ]
        words += [
            "trainer=cpu",
            "metrics=none",
            "callbacks.samples=null",
            f"trainer.max_steps={STEPS}",
            "resume=auto",
        ]

        def die() -> None:
            _at(4, None, lambda: os.kill(os.getpid(), signal.SIGKILL))
            train(compose(words), folder / "killed")

        train(compose(words), folder / "straight")
        assert in_child(die) == -signal.SIGKILL
        train(compose(words), folder / "killed")
        return not differences(training_state(folder / "straight"), training_state(folder / "killed"))


def two_processes(model: str) -> bool:
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()

        def of(rank: int) -> Callable[[], None]:
            def work() -> None:
                as_rank(rank, port)
                words = ("trainer=ddp_cpu",)
                straight = _fit(model, folder / "straight", False, *words)
                half = config_of(model, f"trainer.max_steps={STEPS // 2}", *words)
                fit(half, folder / "halves")
                resumed = _fit(model, folder / "halves", True, *words)
                assert not differences(_whole(straight), _whole(resumed))

            return work

        return forked(of(0), of(1)) == [0, 0]


def _whole(module: GAN) -> dict:
    """The weights and what else the module remembers, in this process."""
    return dict(module.state_dict())


def _named(failed: list[str]) -> str:
    return f" (not: {', '.join(failed)})" if failed else ""
