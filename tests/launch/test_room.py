"""``launcher=ray``: a few lines play Ray, whose actors are threads of this process."""

import signal
import sys
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from omegaconf import OmegaConf

from ganlab.errors import UserError
from ganlab.launch import room
from ganlab.launch.jobs import Job


class PlayedRay:
    """``asked``: the options of each actor; ``killed``: how many were ended."""

    def __init__(self) -> None:
        self.asked: list[dict] = []
        self.killed = 0

    def remote(self, kind: type) -> SimpleNamespace:
        def options(**asked) -> SimpleNamespace:
            def make() -> SimpleNamespace:
                self.asked.append(asked)
                pool, actor = ThreadPoolExecutor(asked["max_concurrency"]), kind()

                def called(name: str) -> SimpleNamespace:
                    return SimpleNamespace(remote=lambda *words: pool.submit(getattr(actor, name), *words))

                calls = {name: called(name) for name in ("is_there", "run", "signal")}
                return SimpleNamespace(**calls)

            return SimpleNamespace(remote=make)

        return SimpleNamespace(options=options)

    def wait(self, answers: list[Future], timeout: float) -> tuple[list[Future], list[Future]]:
        done = [answer for answer in answers if answer.done()]
        return done, [answer for answer in answers if not answer.done()]

    def get(self, answer: Future):
        return answer.result()

    def kill(self, actor: object) -> None:
        self.killed += 1


RUN = """
import os, pathlib, sys
folder = pathlib.Path(sys.argv[1])
(folder / "seen").write_text(os.environ["OMP_NUM_THREADS"] + os.environ.get("GANLAB_DATA_TOKEN", ""))
if folder.name == "1":
    print("ganlab: there is no such disk", file=sys.stderr)
    sys.exit(4)
"""
STOPPED = """
import pathlib, signal, sys, time
folder = pathlib.Path(sys.argv[1])
signal.signal(signal.SIGINT, lambda *_: ((folder / "saved").touch(), sys.exit(130)))
(folder / "begun").touch()
time.sleep(60)
"""


def running(tmp_path, monkeypatch, text: str, places: int) -> tuple[PlayedRay, room.OnRay]:
    monkeypatch.setattr(Job, "command", lambda job: [sys.executable, "-S", "-c", text, str(job.run_dir)])
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    ray = PlayedRay()
    jobs = [Job(number, tmp_path / str(number), ()) for number in range(3)]
    return ray, room.OnRay(ray, {"num_cpus": 2.0, "num_gpus": 0.5}, jobs, places, quiet=True)


def test_runs_have_their_share_and_say_what_went_wrong(tmp_path, monkeypatch, capfd):
    monkeypatch.setenv("GANLAB_DATA_TOKEN", "hush")  # of a key that was put away
    ray, sweep = running(tmp_path, monkeypatch, RUN, places=2)
    assert sweep.run() == [0, 4, 0]
    assert ray.asked == [{"max_concurrency": 3, "num_cpus": 2.0, "num_gpus": 0.5}] * 3
    assert ray.killed == 3
    assert (tmp_path / "2" / "seen").read_text() == "2hush"
    assert capfd.readouterr().err == "1: there is no such disk\n"


def test_R13_ctrl_c_reaches_every_run_and_begins_no_other(tmp_path, monkeypatch):
    _, sweep = running(tmp_path, monkeypatch, STOPPED, places=2)

    def press() -> None:
        while not all((tmp_path / str(number) / "begun").exists() for number in range(2)):
            time.sleep(0.01)
        sweep.forward(signal.SIGINT, None)

    threading.Thread(target=press, daemon=True).start()
    assert sweep.run() == [130, 130, 130]
    assert [path.parent.name for path in sorted(tmp_path.glob("*/saved"))] == ["0", "1"]
    assert not (tmp_path / "2").exists()


def config(accelerator: str = "auto", **launcher):
    node = {"n": None, "cpus": 1, "gpus": None} | launcher
    return OmegaConf.create({"launcher": node, "trainer": {"accelerator": accelerator}})


def test_room_for_runs():
    there = {"CPU": 8.0, "GPU": 2.0}
    assert room.room_of(config(), there) == (2, {"num_cpus": 1.0, "num_gpus": 1.0})
    assert room.room_of(config(gpus=0.25, cpus=2), there) == (4, {"num_cpus": 2.0, "num_gpus": 0.25})
    assert room.room_of(config(gpus=0.1, n=3), there)[0] == 3
    assert room.room_of(config("cpu", cpus=3), there) == (2, {"num_cpus": 3.0, "num_gpus": 0.0})
    with pytest.raises(UserError, match=r"launcher.cpus=9 launcher.gpus=1: Ray has 8 processors and 2 GPUs"):
        room.room_of(config(cpus=9), there)
    with pytest.raises(UserError, match="a run needs more than nothing"):
        room.room_of(config(n=0), there)
    for wrong in ({"cpus": "many"}, {"gpus": "all"}, {"n": 1.5}):
        with pytest.raises(UserError, match=r"launcher.\w+=\S+: expected "):
            room.room_of(config(**wrong), there)


def test_ray_that_is_missing_or_does_not_answer(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(UserError, match=r"launcher=ray needs ray, .* pip install 'ganlab\[ray\]'"):
        room.started(None)

    def init(**where) -> None:
        assert where["address"] == "ray://nowhere:1"
        raise ConnectionError("no answer\nat all")

    played = SimpleNamespace(is_initialized=lambda: False, init=init)
    monkeypatch.setitem(sys.modules, "ray", played)
    with pytest.raises(UserError, match=r"launcher=ray launcher.address=ray://nowhere:1: no answer$"):
        room.started("ray://nowhere:1")
