"""What torchrun, srun, a search and people write into the environment about a run; nothing heavy is imported."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ganlab.errors import UserError

RANKS = {"RANK": "WORLD_SIZE", "SLURM_PROCID": "SLURM_NTASKS"}  # a process's number, and how many there are
NUMBERS = (
    *("WORLD_SIZE", "RANK", "LOCAL_RANK", "LOCAL_WORLD_SIZE", "GROUP_RANK", "NODE_RANK", "MASTER_PORT"),
    *("SLURM_NTASKS", "SLURM_NTASKS_PER_NODE", "SLURM_NNODES", "SLURM_STEP_NUM_TASKS"),
    *("SLURM_PROCID", "SLURM_LOCALID", "SLURM_NODEID"),
)

SEARCH = "GANLAB_SEARCH"  # the folder of a search that is going on, and gives up runs in it


def require_sound_environment() -> None:
    """Lightning reads these when it is imported, and a process that takes itself for another writes nothing.

    Raises:
        UserError: for a variable that is no whole number, and a rank that is not below the number of processes.
    """
    for name in NUMBERS:
        if name in os.environ and not os.environ[name].isdecimal():
            raise UserError(
                f"{name}={os.environ[name]} in the environment: expected a whole number from 0 on, as torchrun and "
                f"srun set it; without them: unset {name}"
            )
    for name, total in RANKS.items():
        rank, world = os.environ.get(name), os.environ.get(total)
        if rank is not None and int(rank) >= max(1, int(world or 1)):
            of = f"{total}={world}" if world is not None else f"no {total}"
            raise UserError(
                f"{name}={rank} and {of} in the environment: ranks count from 0 to {total} - 1; start the run with "
                f"torchrun or srun, or: unset {name}"
            )


def started_together() -> int:
    """How many processes torchrun or srun started for this run; 1 without them."""
    return max(int(os.environ.get(name, "1")) for name in ("WORLD_SIZE", "SLURM_STEP_NUM_TASKS"))


def repeats_others() -> bool:
    """Did torchrun or srun start this process beside others of its machine, of which the first says the same?"""
    if _launcher() not in ("torchrun", "srun"):
        return False
    return any(os.environ.get(name, "0") != "0" for name in ("LOCAL_RANK", "SLURM_LOCALID"))


def require_processes(devices: int, num_nodes: int) -> None:
    """Compare what ``trainer.devices`` and ``trainer.num_nodes`` ask for with the processes that were started.

    Raises:
        UserError: where others than those would be waited for, or several machines were asked for and nothing was
            started on them.
    """
    expected = devices * num_nodes
    by = _launcher()
    settings = f"trainer.devices={devices} trainer.num_nodes={num_nodes}"
    if by is None and num_nodes > 1 and not {"MASTER_ADDR", "NODE_RANK"} <= os.environ.keys():
        raise UserError(
            f"trainer.num_nodes={num_nodes}: this process was started alone, and would wait for the others. On each "
            f"machine, put '{_torchrun(devices, num_nodes)}' in the place of ganlab; with SLURM, once, "
            f"'{_srun(devices, num_nodes)}'; and name one folder for all, as in hydra.run.dir=outputs/my-run"
        )
    if by is None:
        return
    there = int(os.environ.get("SLURM_NTASKS" if by == "srun" else "WORLD_SIZE", "1"))
    if there != expected:
        raise UserError(
            f"{settings} make {expected} process{'es' * (expected > 1)}, and {by} started {there}: the two must agree; "
            f"start them with '{_srun(devices, num_nodes) if by == 'srun' else _torchrun(devices, num_nodes)}'"
        )
    if by == "srun" and there > 1 and "SLURM_NTASKS_PER_NODE" not in os.environ:
        raise UserError(
            f"srun was not told how many processes each machine has: '{_srun(devices, num_nodes)}'"
        )


def _launcher() -> str | None:
    """What started this process together with its peers; None: it starts those of this machine itself."""
    if "TORCHELASTIC_RUN_ID" in os.environ:
        return "torchrun"
    if "SLURM_NTASKS" in os.environ and os.environ.get("SLURM_JOB_NAME") not in ("bash", "interactive"):
        return "srun"  # salloc's shell has the variables, too
    return "the command that set LOCAL_RANK" if "LOCAL_RANK" in os.environ else None


def _torchrun(devices: int, num_nodes: int) -> str:
    if num_nodes == 1:
        return f"torchrun --standalone --nproc-per-node {devices} -m ganlab"
    meeting = "--rdzv-backend c10d --rdzv-endpoint FIRST_MACHINE:29500"
    return f"torchrun --nnodes {num_nodes} --nproc-per-node {devices} {meeting} -m ganlab"


def _srun(devices: int, num_nodes: int) -> str:
    return f"srun --nodes={num_nodes} --ntasks-per-node={devices} python -m ganlab"


@contextmanager
def giving_up(folder: Path) -> Iterator[None]:
    """Within, the runs in ``folder`` that are started here, in whatever process, may be given up by their search.

    Nothing of that is kept with a run: resumed by itself it is one like any other.
    """
    os.environ[SEARCH] = str(folder.resolve())
    try:
        yield
    finally:
        os.environ.pop(SEARCH, None)


def may_be_given_up(run_dir: Path) -> bool:
    """Whether a search that is going on has started this run."""
    return os.environ.get(SEARCH) == str(run_dir.resolve().parent)
