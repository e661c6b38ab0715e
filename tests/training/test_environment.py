"""What the environment says about the processes of a run, and what becomes of nonsense in it."""

import pytest

from ganlab.cli import main
from ganlab.errors import UserError
from ganlab.training.environment import (
    NUMBERS,
    require_processes,
    require_sound_environment,
    started_together,
)

TORCHRUN = {"TORCHELASTIC_RUN_ID": "1", "RANK": "0", "LOCAL_RANK": "0"}
SRUN = {"SLURM_PROCID": "0", "SLURM_LOCALID": "0", "SLURM_NODEID": "0"}


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    for name in (*NUMBERS, "TORCHELASTIC_RUN_ID", "MASTER_ADDR", "SLURM_JOB_NAME"):
        monkeypatch.delenv(name, raising=False)

    def given(**variables: str) -> None:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    return given


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"WORLD_SIZE": "abc"}, "WORLD_SIZE=abc in the environment: expected a whole number"),
        ({"RANK": ""}, "RANK= in the environment: expected a whole number"),
        ({"LOCAL_RANK": "-1"}, "LOCAL_RANK=-1 in the environment"),
        ({"SLURM_NTASKS": "2.5"}, "SLURM_NTASKS=2.5 in the environment"),
        ({"RANK": "1"}, "RANK=1 and no WORLD_SIZE in the environment"),
        ({"RANK": "2", "WORLD_SIZE": "2"}, "RANK=2 and WORLD_SIZE=2 in the environment"),
        ({"SLURM_PROCID": "4", "SLURM_NTASKS": "4"}, "SLURM_PROCID=4 and SLURM_NTASKS=4"),
    ],
)
def test_nonsense_in_the_environment_is_named(variables, sentence, environment):
    environment(**variables)
    with pytest.raises(UserError, match=sentence):
        require_sound_environment()


@pytest.mark.parametrize("words", [["model=vanilla"], ["sample", "run=nowhere"]])
def test_every_command_looks(words, environment, capsys):
    environment(RANK="abc")
    assert main(words) == 2
    assert "unset RANK" in capsys.readouterr().err


def test_a_sound_environment_is_left_alone(environment):
    require_sound_environment()
    assert started_together() == 1
    environment(RANK="3", WORLD_SIZE="4")
    require_sound_environment()
    assert started_together() == 4


@pytest.mark.parametrize(
    ("variables", "devices", "num_nodes", "sentence"),
    [
        ({}, 2, 3, "num_nodes=3: this process was started alone.*torchrun --nnodes 3 --nproc-per-node 2"),
        ({}, 2, 3, "srun --nodes=3 --ntasks-per-node=2 python -m ganlab"),
        (TORCHRUN | {"WORLD_SIZE": "2"}, 4, 1, "make 4 processes, and torchrun started 2"),
        (TORCHRUN | {"WORLD_SIZE": "2"}, 1, 1, "make 1 process, and torchrun started 2"),
        (TORCHRUN | {"WORLD_SIZE": "4"}, 4, 2, "make 8 processes, and torchrun started 4"),
        (SRUN | {"SLURM_NTASKS": "2"}, 1, 1, "make 1 process, and srun started 2"),
        (SRUN | {"SLURM_NTASKS": "2"}, 2, 1, "srun was not told how many processes"),
        ({"LOCAL_RANK": "0"}, 2, 1, "make 2 processes, and the command that set LOCAL_RANK started 1"),
    ],
)
def test_processes_that_nobody_started_are_not_waited_for(
    variables, devices, num_nodes, sentence, environment
):
    environment(**variables)
    with pytest.raises(UserError, match=sentence):
        require_processes(devices, num_nodes)


@pytest.mark.parametrize(
    ("variables", "devices", "num_nodes"),
    [
        ({}, 1, 1),
        ({}, 8, 1),
        (TORCHRUN | {"WORLD_SIZE": "4"}, 2, 2),
        (SRUN | {"SLURM_NTASKS": "4", "SLURM_NTASKS_PER_NODE": "2"}, 2, 2),
        (SRUN | {"SLURM_NTASKS": "1"}, 1, 1),
        ({"SLURM_NTASKS": "8", "SLURM_JOB_NAME": "bash"}, 2, 1),
        ({"LOCAL_RANK": "1", "WORLD_SIZE": "2"}, 2, 1),
        ({"MASTER_ADDR": "first", "NODE_RANK": "1"}, 2, 2),
    ],
)
def test_processes_that_agree(variables, devices, num_nodes, environment):
    environment(**variables)
    require_processes(devices, num_nodes)
