"""Shared pieces: tiny runs of any variant, on one thread, in a temporary folder."""

import os
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")  # the tests state what a CPU does

import pytest


@pytest.fixture(autouse=True, scope="session")
def one_thread():
    """Small convolutions are slower on several threads that share cores with other work."""
    import torch

    torch.set_num_threads(1)


@pytest.fixture(autouse=True, scope="session")
def ctrl_c_arrives():
    """A shell starts what runs in its background deaf to Ctrl-C, and so would be the runs that tests stop with it."""
    import signal

    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def tiny() -> Callable[..., object]:
    """See :func:`tests.helpers.tiny_config`."""
    from tests.helpers import tiny_config

    return tiny_config


@pytest.fixture
def tiny_run(tiny, tmp_path: Path) -> Callable[..., object]:
    """Train a tiny configuration in a folder; returns the module."""
    from tests.helpers import fit

    def run(*overrides: str, folder: str = "run", resume: bool = False, wrap=None):
        return fit(tiny(*overrides), tmp_path / folder, resume=resume, wrap=wrap)

    return run
