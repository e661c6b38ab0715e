"""The runs of a sweep as an array of a scheduler's jobs, by submitit."""

import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hydra.core.config_loader import ConfigLoader
from hydra.core.utils import JobReturn
from omegaconf import DictConfig, OmegaConf

from ganlab.config.compose.overrides import quote
from ganlab.config.runs.resume import is_run
from ganlab.errors import UserError
from ganlab.launch.jobs import Job, jobs_of, told

if TYPE_CHECKING:
    from submitit import AutoExecutor
    from submitit.helpers import DelayedSubmission

LOGS = "slurm"  # in the sweep's folder: what every job of the scheduler says
GRACE = 120  # seconds from the scheduler's signal to the end, in which a run saves
RESTARTS = 100  # of a run that needs more time than one job has


class Command:
    """What a job of the scheduler does: one run, by its own command; told to leave, it saves, to go on later."""

    def __init__(self, job: Job) -> None:
        self.words, self.run_dir, self.folder = job.command(), job.run_dir.resolve(), Path.cwd()
        self.process: subprocess.Popen | None = None

    def __call__(self) -> int:
        """The exit code of the run, which goes on where it was if it had begun."""
        begun = is_run(self.run_dir) and not any(word.startswith("resume=") for word in self.words)
        again = [f"resume={quote(str(self.run_dir))}"] if begun else []
        self.process = subprocess.Popen([*self.words, *again], cwd=self.folder)
        return self.process.wait()

    def checkpoint(self) -> "DelayedSubmission":
        """What submitit puts into the queue when the job is preempted or out of time: the run, once it has saved."""
        from submitit.helpers import DelayedSubmission

        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait()
            self.process = None
        return DelayedSubmission(self)


def launch(
    loader: ConfigLoader, config: DictConfig, overrides: Sequence[Sequence[str]], first: int
) -> list[JobReturn]:
    """Hand these jobs to the scheduler and wait for them; what Hydra's sweepers are told of each.

    Raises:
        UserError: submitit or the scheduler is missing, or refuses the parameters.
        ToldError: a run failed, of a sweep that Hydra's own sweeper forms; after all have ended.
    """
    jobs = jobs_of(loader, config, overrides, first)
    for job in jobs:
        job.run_dir.mkdir(parents=True, exist_ok=True)
    logs = Path(config.hydra.sweep.dir) / LOGS
    executor = executor_of(config, logs)
    try:
        with executor.batch():  # one array
            submitted = [executor.submit(Command(job)) for job in jobs]
    except Exception as error:  # of submitit, or of sbatch
        raise UserError(
            f"launcher=submitit: {(str(error).splitlines() or [type(error).__name__])[0]}"
        ) from error
    print(
        f"{len(jobs)} jobs are with the scheduler, the first as {submitted[0].job_id}; logs in {logs}",
        flush=True,
    )
    try:
        codes = [code_of(job, one, logs) for job, one in zip(jobs, submitted, strict=True)]
    except KeyboardInterrupt:
        for one in submitted:
            one.cancel()
        raise
    return told(config, jobs, codes)


def code_of(job: Job, submitted: Any, logs: Path) -> int:
    """The exit code of a job, when it has ended; a fault is told with the file that has its last words."""
    try:
        code = int(submitted.result())
    except Exception as error:  # of the scheduler: gone without an answer
        code, why = 1, (str(error).splitlines() or [type(error).__name__])[0]
    else:
        why = f"ended with {code}"
    if code:
        print(f"{job.run_dir.name}: {why}; see {submitted.paths.stderr}", file=sys.stderr, flush=True)
    return code


def executor_of(config: DictConfig, logs: Path) -> "AutoExecutor":
    """Submitit's hand to the scheduler, with the parameters of ``launcher``.

    Raises:
        UserError: submitit is not installed, or there is no such scheduler here, or no such parameter.
    """
    try:
        import submitit
    except ImportError as error:
        raise UserError(
            "launcher=submitit needs submitit, which is not installed: pip install 'ganlab[slurm]'"
        ) from error
    node = config.launcher
    try:
        executor = submitit.AutoExecutor(folder=logs, cluster=node.cluster, slurm_max_num_timeout=RESTARTS)
        executor.update_parameters(
            name="ganlab",
            timeout_min=int(node.minutes),
            gpus_per_node=int(node.gpus),
            cpus_per_task=int(node.cpus),
            mem_gb=float(node.memory_gb),
            slurm_array_parallelism=int(node.n),
            slurm_signal_delay_s=GRACE,
            slurm_additional_parameters=OmegaConf.to_container(node.more),
            **({"slurm_partition": node.partition} if node.partition else {}),
        )
    except Exception as error:  # of submitit: RuntimeError, ValueError, NameError
        raise UserError(
            f"launcher=submitit: {(str(error).splitlines() or [type(error).__name__])[0]}"
        ) from error
    return executor
