"""``launcher=processes``: a sweep's runs side by side. The processes are played by small ones that train nothing."""

import json
import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from ganlab.config.runs.record import saved_overrides
from ganlab.errors import UserError
from ganlab.launch import processes
from ganlab.launch.jobs import Job

WORDS = ("model=vanilla", "metrics=none", "trainer=cpu")
PLAYED = """
import json, os, pathlib, sys, yaml
folder, words = pathlib.Path(sys.argv[1]), sys.argv[2:]
print("a line of the run's own")
if "seed=2" in words:
    print("ganlab: there is no such disk", file=sys.stderr)
    sys.exit(4)
(folder / ".hydra").mkdir()
(folder / ".hydra" / "overrides.yaml").write_text(yaml.safe_dump(words))
seen = {name: os.environ.get(name) for name in ("OMP_NUM_THREADS", "CUDA_VISIBLE_DEVICES")}
(folder / ".hydra" / "config.yaml").write_text(yaml.safe_dump({"chosen": {"model": "vanilla", "data": "digits"}}))
(folder / "results.json").write_text(json.dumps({"status": "finished", "seed": 1, "seen": seen}))
"""


@pytest.fixture
def played(monkeypatch):
    monkeypatch.setattr(
        Job, "command", lambda job: [sys.executable, "-c", PLAYED, str(job.run_dir), *job.words]
    )
    monkeypatch.setattr(processes, "cores", lambda: 4)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)


def test_runs_side_by_side_end_with_a_line_each_and_the_table(ganlab, played, tmp_path):
    answer = ganlab("-m", "launcher=processes", "launcher.n=2", *WORDS, "seed=1,2,3")
    assert answer.code == 4
    assert answer.err.splitlines() == ["1_seed=2: there is no such disk"]
    assert "0_seed=1  finished" in answer.out
    assert "a line of the run's own" not in answer.out
    assert "2 of 3 finished, 1 failed" in answer.out
    [folder] = (tmp_path / "outputs" / "sweeps").iterdir()
    results = json.loads((folder / "2_seed=3" / "results.json").read_text())
    assert results["seen"] == {"OMP_NUM_THREADS": "2", "CUDA_VISIBLE_DEVICES": ""}  # as in this process


def test_the_command_of_a_run_runs_it_in_its_place_and_goes_on_with_it(ganlab, trained, tmp_path):
    job = Job(3, tmp_path / "mine" / "3_seed=5", ("model=vanilla", "metrics=none", "seed=5"))
    words = job.command()
    assert words[:3] == [sys.executable, "-m", "ganlab"]
    assert ganlab(*words[3:]).code == 0
    [(cfg, run_dir)] = trained
    assert (run_dir, cfg.group, cfg.resume) == (job.run_dir, "mine", None)
    assert saved_overrides(run_dir) == list(job.words)
    assert ganlab(*job.command()[3:]).code == 0
    assert trained[-1][0].resume == "mine/3_seed=5"


STOPPED = """
import pathlib, signal, sys, time
folder = pathlib.Path(sys.argv[1])
signal.signal(signal.SIGINT, lambda *_: ((folder / "saved").touch(), sys.exit(130)))
(folder / "begun").touch()
time.sleep(30)
"""


def test_R13_ctrl_c_reaches_every_run_and_begins_no_other(tmp_path, monkeypatch):
    monkeypatch.setattr(Job, "command", lambda job: [sys.executable, "-c", STOPPED, str(job.run_dir)])
    jobs = [Job(number, tmp_path / str(number), ()) for number in range(3)]
    running = processes.Running(jobs, [None, None], {}, quiet=True)

    def press() -> None:
        while not all((tmp_path / str(number) / "begun").exists() for number in range(2)):
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=press, daemon=True).start()
    with running.forwarding():
        assert running.run() == [130, 130, 130]
    assert running.stopped_by == signal.SIGINT
    assert [path.parent.name for path in sorted(tmp_path.glob("*/saved"))] == ["0", "1"]
    assert not (tmp_path / "2").exists()


def config(n: object, accelerator: str = "auto", per_gpu: int = 1):
    return OmegaConf.create(
        {"launcher": {"n": n, "per_gpu": per_gpu, "threads": None}, "trainer": {"accelerator": accelerator}}
    )


def test_gpus_are_given_in_turn(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,3")
    assert processes.devices_of(config(2)) == ["0", "3"]
    assert processes.devices_of(config(4, per_gpu=2)) == ["0", "3", "0", "3"]
    with pytest.raises(UserError, match=r"launcher.n=3: there are 2 GPUs for 1 each; take launcher.n=2"):
        processes.devices_of(config(3))
    with pytest.raises(UserError, match=r"launcher.n=many: expected "):
        processes.devices_of(config("many"))


def test_more_processes_than_cores_are_refused(ganlab, played, tmp_path):
    answer = ganlab("-m", "launcher=processes", "launcher.n=5", *WORDS, "seed=1,2")
    assert answer.code == 2
    assert answer.err == "ganlab: launcher.n=5: there are 4 processor cores; take launcher.n=4\n"
    assert not list(tmp_path.rglob("results.json"))


def test_two_words_for_one_launcher_are_refused(ganlab, tmp_path: Path):
    answer = ganlab("-m", "launcher=processes", "hydra/launcher=basic", *WORDS, "seed=1,2")
    assert answer.err == (
        "ganlab: launcher=... and hydra/launcher=... both say how runs are started: give one of them\n"
    )


SBATCH = """#!{python}
import os, pathlib, subprocess, sys
script = pathlib.Path(sys.argv[-1])
pathlib.Path({record!r}).write_text(script.read_text())
count = int(script.read_text().partition("--array=0-")[2].partition("%")[0]) + 1
for task in range(count):
    own = dict(SLURM_JOB_ID=str(70 + task), SLURM_ARRAY_JOB_ID="7", SLURM_ARRAY_TASK_ID=str(task), SLURM_NTASKS="1")
    own |= dict(SLURM_PROCID="0", SLURM_LOCALID="0", SLURM_NODEID="0", SLURM_JOB_NUM_NODES="1", SLURM_JOB_NODELIST="a")
    away = dict(stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    copy = script.with_suffix(".copy")
    copy.write_text(script.read_text())
    subprocess.Popen(["bash", str(copy)], env=os.environ | own, **away)
print("Submitted batch job 7")
"""
SRUN = """#!/bin/bash
while [[ "$1" == --* ]]; do case "$1" in --error) log="$2"; shift 2 ;; --output) shift 2 ;; *) shift ;; esac; done
log="${log//%A/$SLURM_ARRAY_JOB_ID}"; log="${log//%a/$SLURM_ARRAY_TASK_ID}"
exec "$@" 2> "${log//%t/0}"
"""


@pytest.fixture
def scheduler(tmp_path, monkeypatch):
    """Commands in the place of SLURM's, which run each task of an array at once; the script that they were given."""
    pytest.importorskip("submitit")
    programs, record = tmp_path / "bin", tmp_path / "script.sh"
    programs.mkdir()
    texts = {"sbatch": SBATCH.format(python=sys.executable, record=str(record)), "srun": SRUN}
    for name, text in {**texts, "sacct": "#!/bin/bash\n"}.items():
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    return record


def test_the_runs_of_a_sweep_are_an_array_of_slurm(ganlab, played, scheduler, tmp_path):
    answer = ganlab(
        "-m", "launcher=submitit", "launcher.n=3", "+launcher.more.account=mine", *WORDS, "seed=1,2"
    )
    assert answer.code == 4
    assert "1_seed=2: ended with 4; see " in answer.err
    assert "1 of 2 finished, 1 failed" in answer.out
    flags = [
        line.removeprefix("#SBATCH ") for line in scheduler.read_text().splitlines() if "#SBATCH" in line
    ]
    assert {"--array=0-1%2", "--time=240", "--gpus-per-node=1", "--cpus-per-task=4", "--mem=16GB"} <= set(
        flags
    )
    assert {"--account=mine", "--signal=USR2@120", "--open-mode=append"} <= set(flags)
    [folder] = (tmp_path / "outputs" / "sweeps").iterdir()
    assert "there is no such disk" in "".join(path.read_text() for path in (folder / "slurm").glob("*.err"))


SAVES = """
import pathlib, signal, sys, time
folder = pathlib.Path(sys.argv[1])
if any(word.startswith("resume=") for word in sys.argv):
    (folder / "resumed").touch()
    sys.exit(0)
signal.signal(signal.SIGTERM, lambda *_: ((folder / "saved").touch(), sys.exit(75)))
(folder / ".hydra").mkdir(parents=True)
(folder / ".hydra" / "config.yaml").touch()
time.sleep(30)
"""


def test_R13_a_preempted_job_saves_and_goes_on_when_it_is_started_again(tmp_path, monkeypatch):
    pytest.importorskip("submitit")
    from ganlab.launch.cluster import Command

    monkeypatch.setattr(Job, "command", lambda job: [sys.executable, "-c", SAVES, str(job.run_dir)])
    command = Command(Job(0, tmp_path / "run", ()))
    running = threading.Thread(target=command)
    running.start()
    while not (tmp_path / "run" / ".hydra" / "config.yaml").exists():
        time.sleep(0.01)
    again = command.checkpoint()
    running.join()
    assert (tmp_path / "run" / "saved").exists()
    assert again.function() == 0
    assert (tmp_path / "run" / "resumed").exists()


def test_a_cluster_without_submitit_is_told_what_to_install(ganlab, monkeypatch):
    monkeypatch.setitem(sys.modules, "submitit", None)
    answer = ganlab("-m", "launcher=submitit", *WORDS, "seed=1,2")
    assert (
        "launcher=submitit needs submitit, which is not installed: pip install 'ganlab[slurm]'\n"
        in answer.err
    )
