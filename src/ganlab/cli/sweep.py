"""How a sweep goes: a line for each run as it ends, and the table at the end."""

import logging
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from ganlab import report
from ganlab.cli.even import Words
from ganlab.cli.plan import Sweep
from ganlab.config.runs.resume import is_run
from ganlab.storage import as_typed

PAGE = "compare.html"
TABLE = ("table.csv", "table.md", "runs.csv")
WIDTH = 120  # where there is no terminal


def speaks() -> bool:
    """Whether this process tells what all know that were started together: the first of them does."""
    return not any(os.environ.get(name, "0") != "0" for name in ("RANK", "SLURM_PROCID"))


def announce(sweep: Sweep) -> None:
    """What is told before the first run of a sweep."""
    if not speaks():
        return
    for note in sweep.notes:
        print(note)
    if sweep.searches:
        print(f"search in {as_typed(sweep.folder)}; the same command goes on with it", flush=True)
        return
    number = len(sweep.planned)
    what = f"{number} runs" if number > 1 else "1 run" if number else "runs"
    print(
        f"{what} in {as_typed(sweep.folder)}; ganlab.log in each run's folder tells how it goes", flush=True
    )


def quiet_run() -> None:
    """Of what the present run logs, only warnings and errors come to the screen: its file has all."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.StreamHandler) and not isinstance(handler, logging.FileHandler):
            handler.setLevel(logging.WARNING)


def conclude(sweep: Sweep, errors: Mapping[Words, str], *, stopped: bool) -> None:
    """Write and print the table of a sweep in which any run has begun; of processes started together the first does.

    errors: what the runs that failed said. stopped: the sweep did not come to its end.
    """
    if not speaks():
        return
    runs = outcome(sweep, errors, "not started" if stopped else "failed")
    if all(run.folder is None for run in runs):
        return
    table = report.table(runs)
    contents = (report.settings_csv(table), report.markdown(table), report.runs_csv(table))
    for name, text in zip(TABLE, contents, strict=True):
        (sweep.folder / name).write_text(text, encoding="utf-8")
    with_page(sweep.folder, table)
    width = shutil.get_terminal_size((WIDTH, 24)).columns
    where = as_typed(sweep.folder)
    print(
        f"\n{report.aligned(table, width)}\n\nall numbers: {where}/ {', '.join(TABLE)}; side by side: {where}/{PAGE}",
        flush=True,
    )
    left = sum(run.status in ("not started", "interrupted", "not ended") for run in runs)
    if stopped and sweep.searches:
        print("ganlab: to go on with the search, give the same command", file=sys.stderr)
    elif stopped and left:
        print(
            f"ganlab: {left} of {len(runs)} runs are not done; to go on with the sweep, give the same command and "
            f"hydra.sweep.dir={where}",
            file=sys.stderr,
        )


def with_page(folder: Path, table: report.Table) -> None:
    """Write the page that compares the runs; a fault of it is told, and no fault of the sweep."""
    from ganlab.report.compare import comparison

    try:
        comparison.write_comparison(table, folder / PAGE, folder.name)
    except Exception as error:
        print(
            f"ganlab: {folder / PAGE} could not be written: {type(error).__name__}: {error}", file=sys.stderr
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
