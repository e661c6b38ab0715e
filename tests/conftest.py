"""Shared pieces: tiny runs of any variant, on one thread, in a temporary folder."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")  # the tests state what a CPU does
# What a shell, a scheduler or a tracker says to all programs is not for the tests, nor for what they start.
SAID_TO_ALL = ("GANLAB_", "WANDB_", "HYDRA_", "SLURM_", "TORCHELASTIC_", "PL_", "MASTER_")
SAID_TO_ONE = {"WORLD_SIZE", "RANK", "LOCAL_RANK", "NODE_RANK", "GROUP_RANK"} | {"COLUMNS", "LINES", "NETRC"}
for name in list(os.environ):
    if name.startswith(SAID_TO_ALL) or name in SAID_TO_ONE:
        del os.environ[name]


@pytest.fixture(autouse=True, scope="session")
def one_thread():
    """Small convolutions are slower on several threads that share cores with other work."""
    import torch

    torch.set_num_threads(1)


@pytest.fixture(autouse=True, scope="session")
def a_cache_of_its_own(tmp_path_factory):
    """Features that another version or processor left in the user's cache are not read, and none are left there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GANLAB_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(autouse=True, scope="session")
def composed_once():
    """Thousands of tests compose, a fifth of a second each time, and most of them the same files."""
    from tests.support.composing import ConfigLoaderImpl, Remembered

    remembered = Remembered()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            ConfigLoaderImpl, "_load_configuration_impl", lambda *args, **named: remembered(*args, **named)
        )
        yield


@pytest.fixture(autouse=True, scope="module")
def nobody_s_own_folders(tmp_path_factory):
    """What one file of tests has named by ``--config-dir`` is no other's, nor are the modules in it."""
    from ganlab.config import own

    own.use([])
    yield
    places = (tmp_path_factory.getbasetemp(), Path(__file__).parents[1] / "examples")
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if file and any(Path(file).is_relative_to(place) for place in places):
            del sys.modules[name]


@pytest.fixture(autouse=True, scope="session")
def no_pages():
    """A page takes half a second, and hundreds of tests train: those that look at one ask for ``pages``."""
    import tests.support.pages  # noqa: F401  # keeps the functions themselves
    from ganlab.report.compare import comparison
    from ganlab.report.single import write

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(comparison, "write_comparison", lambda *args: None)
        for name in ("write_page", "write_curves"):
            patch.setattr(write, name, lambda *args, **options: None)
        yield


@pytest.fixture(autouse=True, scope="session")
def signals_arrive():
    """A shell starts what runs in its background deaf to Ctrl-C, and nohup to a closed terminal.

    So would be the runs that tests stop with these.
    """
    import signal

    signal.signal(signal.SIGINT, signal.default_int_handler)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture
def pages(monkeypatch) -> None:
    """Runs and sweeps write their pages."""
    from ganlab.report.compare import comparison
    from ganlab.report.single import write
    from tests.support.pages import write_comparison, write_curves, write_page

    monkeypatch.setattr(comparison, "write_comparison", write_comparison)
    monkeypatch.setattr(write, "write_page", write_page)
    monkeypatch.setattr(write, "write_curves", write_curves)


@pytest.fixture
def tiny() -> Callable[..., object]:
    """See :func:`tests.support.runs.tiny_config`."""
    from tests.support.runs import tiny_config

    return tiny_config


@pytest.fixture
def tiny_run(tiny, tmp_path: Path) -> Callable[..., object]:
    """Train a tiny configuration in a folder; returns the module."""
    from tests.support.runs import fit

    def run(*overrides: str, folder: str = "run", resume: bool = False, wrap=None):
        return fit(tiny(*overrides), tmp_path / folder, resume=resume, wrap=wrap)

    return run
