"""``ganlab train``: Hydra composes each job and gives it a directory; ``ganlab.cli.job`` runs it."""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig

from ganlab.cli.arguments import Arguments, complete_without_command, parse, quote_paths, search_path
from ganlab.cli.job import Jobs, remove_if_unused
from ganlab.cli.plan import Sweep, first_run, plan
from ganlab.cli.sweep import announce, conclude, speaks
from ganlab.config.compose import paths
from ganlab.config.compose.compose import settle
from ganlab.config.compose.explain import BAD_INPUT, explain
from ganlab.config.compose.hydra_compose import compose_all, register_resolvers, split
from ganlab.config.compose.overrides import key_of, merge_overrides, quote, unquote
from ganlab.config.runs.record import saved_overrides
from ganlab.config.runs.resume import find_run, find_unfinished, is_run
from ganlab.config.runs.start import quoted_start, with_start
from ganlab.config.runs.trust import require_trusted_words
from ganlab.errors import GanlabError, StorageError, UserError
from ganlab.training.environment import started_together

FOLDERS = (
    "resume",
    "callbacks.start.run",
    "hydra.run.dir",
    "hydra.sweep.dir",
)  # may hold a run of a sweep, with its =


def run(words: list[str], debug: bool) -> int:
    """Train what ``words`` describe, or show what Hydra's flags ask for; the first failed job's exit code."""
    arguments = parse(quoted_start(quote_paths(words, FOLDERS)))
    arguments = replace(arguments, overrides=with_start(arguments.overrides))
    require_shared_directory(arguments)
    complete_without_command()
    jobs = Jobs(debug)
    try:
        flags, overrides = continued(arguments) if arguments.runs else (arguments.flags, arguments.overrides)
        sweep = jobs.sweep = plan(arguments, overrides) if arguments.runs else None
        if arguments.options.cfg:
            flags, overrides = first_run(arguments)
        if sweep:
            start_sweep(jobs, sweep, flags, overrides)
        else:
            start(jobs, flags, overrides)
    except SystemExit as end:  # Hydra's flags that only show something, or a job that has told its fault
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except GanlabError as error:
        return jobs.exit_code(error)
    except BAD_INPUT as error:
        if jobs.has_reported(error):
            return jobs.exit_code(error)
        raise UserError(explain(error, arguments.overrides, config_dirs=arguments.config_dirs)) from error
    except OSError as error:
        if error.errno == errno.ENOMEM:
            raise StorageError(f"there was not enough memory ({error}); see ulimit -v") from error
        place = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        raise UserError(
            f"{place}; choose another place with hydra.run.dir=... or hydra.sweep.dir=..."
        ) from error
    return jobs.exit_code()


def require_shared_directory(arguments: Arguments) -> None:
    """Processes that torchrun or srun started must be told one run directory: each would make its own."""
    processes = started_together()
    keys = {key_of(word) for word in arguments.overrides}
    is_sweep = arguments.options.multirun or "sweep" in keys
    place = ("hydra.sweep.dir",) if is_sweep else ("hydra.run.dir", "resume")
    if processes > 1 and not keys & set(place):
        raise UserError(
            f"{processes} processes were started together, and each would make a run directory of its own: name one "
            f"for all of them, for instance {place[0]}=outputs/my-run"
        )


def start(jobs: Jobs, flags: list[str], overrides: list[str]) -> None:
    """Hydra's part: it reads ``sys.argv``, and calls ``jobs.run`` once, or once per job of a sweep."""
    register_resolvers()

    @hydra.main(version_base="1.3", config_path=str(paths.config_dir()), config_name="train")
    def task(cfg: DictConfig) -> float | None:
        return jobs.run(cfg)

    with command_line([*flags, *search_path(overrides), *overrides]):
        task()


def start_sweep(jobs: Jobs, sweep: Sweep, flags: list[str], overrides: list[str]) -> None:
    """All jobs, and the table of what became of them, also when the sweep is stopped."""
    stopped, is_new = False, not sweep.folder.exists()
    announce(sweep)
    try:
        start(jobs, flags, sweep.words(overrides))
        if sweep.searches:
            jobs.faults.clear()  # of single points: the search knows what became of them
    except (SystemExit, KeyboardInterrupt):
        stopped = True
        raise
    finally:
        conclude(sweep, jobs.errors, stopped=stopped)
        if is_new:
            remove_if_unused(sweep.folder)


@contextmanager
def command_line(words: list[str]) -> Iterator[None]:
    """``words`` in the place where Hydra looks, and its exceptions raised instead of printed."""
    argv, before = sys.argv, os.environ.get("HYDRA_FULL_ERROR")
    sys.argv = [argv[0], *words]
    os.environ["HYDRA_FULL_ERROR"] = "1"
    try:
        yield
    finally:
        sys.argv = argv
        HydraConfig.instance().cfg = None  # nothing outside a job takes itself for one
        os.environ.pop("HYDRA_FULL_ERROR")
        if before is not None:
            os.environ["HYDRA_FULL_ERROR"] = before


def continued(arguments: Arguments) -> tuple[list[str], list[str]]:
    """Flags and overrides; with ``resume=DIRECTORY`` or ``resume=auto`` those of the run to continue."""
    typed = [word for word in arguments.overrides if key_of(word) == "resume"]
    value = unquote(typed[-1].partition("=")[2]) if typed else "null"
    if value in ("", "null"):
        return arguments.flags, arguments.overrides
    if value in ("true", "false"):
        raise UserError(f"resume={value}: expected a run's directory, or auto for the newest unfinished run")
    if arguments.options.multirun:
        raise UserError(f"resume={value} continues one run, so it does not go together with -m")
    return resume_newest(arguments) if value == "auto" else resume_run(arguments, find_run(value))


def resume_run(arguments: Arguments, run_dir: Path) -> tuple[list[str], list[str]]:
    """What ``run_dir`` was started with, and on top what is given now."""
    typed = {key_of(word) for word in arguments.overrides}
    saved = [word for word in saved_overrides(run_dir) if key_of(word) not in typed]
    require_trusted_words(saved, run_dir)
    return arguments.flags, into(merge_overrides(saved_overrides(run_dir), arguments.overrides), run_dir)


def resume_newest(arguments: Arguments) -> tuple[list[str], list[str]]:
    """The newest unfinished run with this configuration; without one a new run, and a line that says why."""
    cfg, job = split(compose_all(arguments.overrides, config_dirs=arguments.config_dirs))
    if job.mode == RunMode.MULTIRUN:
        raise UserError("resume=auto continues one run, so it does not go together with a sweep")
    choices, place = dict(job.runtime.choices), chosen_dir(arguments.overrides)
    settle(cfg, job)
    if place is None:
        found, sentence = find_unfinished(Path("outputs") / f"{choices['model']}-{choices['data']}", cfg)
    elif is_run(place):
        found, sentence = place, f"resume=auto: continuing {place}"
    else:
        found, sentence = None, f"resume=auto: no run in {place} yet; starting a new one"
    if speaks():
        print(f"ganlab: {sentence}", flush=True)
    if found is None:
        return arguments.flags, merge_overrides(arguments.overrides, ["resume=null"])
    return arguments.flags, into(arguments.overrides, found)


def into(words: list[str], run_dir: Path) -> list[str]:
    """``words`` for a single job in ``run_dir``, also when the run was a job of a sweep."""
    place = [f"resume={quote(str(run_dir))}", f"hydra.run.dir={quote(str(run_dir))}", "hydra.mode=RUN"]
    return merge_overrides(words, place)


def chosen_dir(overrides: list[str]) -> Path | None:
    """The run directory that ``hydra.run.dir=...`` names."""
    values = [word.partition("=")[2] for word in overrides if key_of(word) == "hydra.run.dir"]
    return Path(unquote(values[-1])) if values else None
