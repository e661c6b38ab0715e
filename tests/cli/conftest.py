"""``ganlab`` in this process, in an empty folder."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest


class Answer(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def ganlab(tmp_path: Path, monkeypatch, capfd) -> Callable[..., Answer]:
    """Run ``ganlab WORDS``; gives the exit code and what it printed."""
    from ganlab.cli import main

    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GANLAB_DEBUG", raising=False)
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level

    def run(*words: str) -> Answer:
        capfd.readouterr()
        code = main(list(words))
        out, err = capfd.readouterr()
        return Answer(code, out, err)

    yield run
    for handler in set(root.handlers) - set(handlers):
        handler.close()
    root.handlers[:] = handlers  # Hydra's write to the output captured here
    root.setLevel(level)


@pytest.fixture
def trained(monkeypatch) -> list:
    """Puts a stand-in in the place of training: it notes (cfg, run_dir) and saves the configuration."""
    import ganlab.training.run
    from ganlab.config import save_config

    calls = []

    def train(run, run_dir):
        calls.append((run.cfg, run_dir))
        save_config(run.cfg, run_dir)

    monkeypatch.setattr(ganlab.training.run, "train", train)
    return calls
