"""A sweep: its runs, found and checked before the first of them starts, and the table at its end."""

import itertools
import os
import shutil
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import hydra
from hydra.core.config_loader import ConfigLoader
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, RangeSweep
from hydra.types import RunMode
from omegaconf import DictConfig

from ganlab import report
from ganlab.cli.arguments import Arguments, search_path
from ganlab.config import hydra_internals
from ganlab.config.compose import paths
from ganlab.config.compose.compose import SWEEP_PLACES, refuse_secret_places
from ganlab.config.compose.hydra_compose import register_resolvers
from ganlab.config.compose.overrides import key_of, merge_overrides, quote, words_of
from ganlab.config.runs.record import TRANSIENT
from ganlab.config.runs.resume import is_run
from ganlab.errors import UserError
from ganlab.nearest import listing
from ganlab.storage import as_typed

MAKES_A_SWEEP = ("sweep", "experiment", "hydra.mode")  # keys that can, beside the flag -m
TABLE = ("table.csv", "table.md", "runs.csv")
MOST = 10_000  # runs of one
WIDTH = 120  # where there is no terminal

Words = tuple[str, ...]


@dataclass(frozen=True)
class Sweep:
    """folder: holds one directory for each run. planned: the overrides of each run, with its model and data.

    Nothing is planned with a sweeper that decides as it goes.
    """

    folder: Path
    planned: Mapping[Words, Mapping[str, str]] = field(default_factory=dict)

    def words(self, overrides: list[str]) -> list[str]:
        """What the command line says, with this sweep's folder in the place of one named after the time."""
        return merge_overrides(overrides, [f"hydra.sweep.dir={quote(str(self.folder))}"])

    def varying(self, words: Iterable[str]) -> str:
        """Those of a run's overrides that not all runs share."""
        words = list(words)
        shared = set(words).intersection(*self.planned) if len(self.planned) > 1 else set()
        return " ".join(word for word in words if word not in shared)


def plan(arguments: Arguments, overrides: list[str]) -> Sweep | None:
    """The sweep that a command describes; None for a single run.

    Raises:
        What composing raises, for a combination of groups that does not compose.
    """
    options = arguments.options
    is_sweep = options.multirun or any(key_of(word) in MAKES_A_SWEEP for word in overrides)
    if not is_sweep or "hydra.mode=RUN" in overrides:
        return None
    register_resolvers()
    place = Path(options.config_path or paths.config_dir()).resolve()
    with hydra.initialize_config_dir(str(place), job_name="ganlab", version_base="1.3"):
        loader = GlobalHydra.instance().config_loader()
        name = options.config_name or "train"
        master = loader.load_configuration(
            name, [*search_path(overrides), *overrides], run_mode=RunMode.MULTIRUN
        )
        if not options.multirun and master.hydra.mode != RunMode.MULTIRUN:
            return None
        refuse_secret_places(master, SWEEP_PLACES[0])
        return Sweep(Path(master.hydra.sweep.dir), combinations(loader, master))


def combinations(loader: ConfigLoader, master: DictConfig) -> dict[Words, dict[str, str]]:
    """The overrides of each run, as Hydra's own sweeper forms them; each choice of groups is composed once."""
    sweeper = master.hydra.sweeper
    if not hydra_internals.is_own_plugin(sweeper._target_):
        return {}
    settings = [f"{key}={value}" for key, value in (sweeper.params or {}).items()]
    parsed = OverridesParser.create(loader).parse_overrides(
        [*settings, *words_of(master.hydra.overrides.task)]
    )
    require_runs(parsed, loader)
    groups = {word.get_key_element() for word in parsed if loader.get_group_options(word.key_or_group)}
    composed: dict[Words, dict[str, str]] = {}
    planned = {}
    for words in hydra_internals.combinations(parsed):
        choice = tuple(word for word in words if word.partition("=")[0] in groups)
        if choice not in composed:
            choices = loader.load_sweep_config(master, words).hydra.runtime.choices
            composed[choice] = {group: str(choices.get(group)) for group in ("model", "data")}
        planned[identity(words)] = composed[choice]
    return planned


def require_runs(overrides: Iterable[Override], loader: ConfigLoader) -> None:
    """Refuse a sweep of no run or of more than ``MOST``, before all its combinations are formed.

    Raises:
        UserError: names the word without a value, or the number of runs.
    """
    runs, several = 1, []
    for override in overrides:
        if not override.is_sweep_override():
            continue
        several.append(str(override.input_line))
        count = sum(1 for _ in itertools.islice(values_of(override), MOST + 1))
        if count == 0:
            options = loader.get_group_options(override.key_or_group)
            there = f"; there is {listing(options)}" if options else ": a range ends before its second number"
            raise UserError(f"{several[-1]} gives no value, so there is nothing to run{there}")
        runs *= count
    if runs > MOST:
        message = f"{' '.join(several)} would be more than {MOST:,} runs"
        raise UserError(f"{message}, which is the most that a sweep has: choose fewer values")


def values_of(override: Override) -> Iterable[object]:
    """Of a key that takes several; those of a range one by one, for it may be long."""
    value = override.value()
    return value.range() if isinstance(value, RangeSweep) else override.sweep_string_iterator()


def identity(words: Iterable[str]) -> Words:
    """The overrides that a run directory keeps, by which a run is known again."""
    return tuple(word for word in words if key_of(word) not in TRANSIENT)


def conclude(sweep: Sweep, errors: Mapping[Words, str], *, stopped: bool) -> None:
    """Write and print the table of a sweep in which any run has begun; of processes started together the first does.

    errors: what the runs that failed said. stopped: the sweep did not come to its end.
    """
    if any(os.environ.get(name, "0") != "0" for name in ("RANK", "SLURM_PROCID")):
        return
    runs = outcome(sweep, errors, "not started" if stopped else "failed")
    if all(run.folder is None for run in runs):
        return
    table = report.table(runs)
    contents = (report.settings_csv(table), report.markdown(table), report.runs_csv(table))
    for name, text in zip(TABLE, contents, strict=True):
        (sweep.folder / name).write_text(text, encoding="utf-8")
    width = shutil.get_terminal_size((WIDTH, 24)).columns
    where = as_typed(sweep.folder)
    print(f"\n{report.aligned(table, width)}\n\nall numbers: {where}/ {', '.join(TABLE)}", flush=True)
    left = sum(run.status in ("not started", "interrupted", "not ended") for run in runs)
    if stopped and left:
        print(
            f"ganlab: {left} of {len(runs)} runs are not done; to go on with the sweep, give the same command and "
            f"hydra.sweep.dir={where}",
            file=sys.stderr,
        )


def outcome(sweep: Sweep, errors: Mapping[Words, str], absent: str) -> list[report.Run]:
    """The planned runs in their order, then others in the folder; ``absent`` are those without a trace or an error."""
    there = {run.overrides: run for run in report.collect(sorted(filter(is_run, sweep.folder.glob("*/"))))}
    runs = []
    for words, chosen in sweep.planned.items():
        error = errors.get(words)
        run = there.pop(words, None) or report.missing(words, "failed" if error else absent, chosen=chosen)
        status = "failed" if error and run.status == "not ended" else run.status
        runs.append(replace(run, status=status, error=run.error or error))
    return [*runs, *there.values()]
