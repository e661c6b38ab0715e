"""``ganlab compare``: runs side by side, on a page or as a table."""

import glob
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ganlab import report
from ganlab.cli.arguments import refuse_flags
from ganlab.config.compose.overrides import unquote
from ganlab.config.runs.resume import LATEST, find_run, is_run, runs_below
from ganlab.errors import UserError
from ganlab.nearest import did_you_mean
from ganlab.storage import as_typed, write_atomically

FORMATS = {"html": None, "md": report.markdown, "csv": report.settings_csv, "latex": report.latex}
PAGE = "compare.html"
GENERATOR = '<meta name="generator" content="ganlab">'
PATTERN = set("*?[")


def run(words: list[str]) -> int:
    """Compare the runs that ``words`` name: as a page beside them, or as a table on the screen or in a file."""
    refuse_flags("compare", words)
    names = [word for word in words if not word.partition("=")[0].isidentifier() or "=" not in word]
    options = options_of([word for word in words if word not in names])
    runs = named_runs(names)
    table = report.table(report.collect(runs))
    render = FORMATS[options["format"]]
    if render is not None:
        return deliver(render(table), options.get("output"))
    from ganlab.report.compare import comparison

    path = place_of(names, options.get("output"))
    refuse_other_s(path)
    with told_where(path):
        comparison.write_comparison(table, path, title_of(names))
    print(f"{len(runs)} runs compared on {as_typed(path)}")
    return 0


def options_of(words: Sequence[str]) -> dict[str, str]:
    """``format`` and ``output``.

    Raises:
        UserError: for other keys and formats.
    """
    options = {"format": "html"}
    for word in words:
        key, _, value = word.partition("=")
        if key not in ("format", "output") or not value:
            raise UserError(f"ganlab compare {word}: options are format={'|'.join(FORMATS)} and output=FILE")
        options[key] = unquote(value)
    if options["format"] not in FORMATS:
        raise UserError(
            f"format={options['format']}: no such format{did_you_mean(options['format'], FORMATS)}"
        )
    return options


def named_runs(names: Sequence[str]) -> list[Path]:
    """The runs that these are, hold, or match, each once.

    Raises:
        UserError: for a name of none, and for fewer than two runs in all.
    """
    if not names:
        raise UserError(
            "which runs? Give run directories, a sweep's folder, or a pattern: ganlab compare 'outputs/*/*'"
        )
    runs = each_once(names)
    if len(runs) == 1:
        raise UserError(
            f"{runs[0]} is one run, and a comparison takes two or more; ganlab report run={runs[0]} shows it alone"
        )
    return runs


def each_once(names: Sequence[str]) -> list[Path]:
    """The runs behind the words, in their order; one that several of them mean comes once.

    Raises:
        UserError: behind one of them there is none.
    """
    found: dict[Path, Path] = {}
    for name in names:
        for folder in runs_of(name):
            found.setdefault(folder.resolve(), folder)
    return list(found.values())


def runs_of(name: str) -> list[Path]:
    """The runs behind one word of the command line.

    Raises:
        UserError: there is none.
    """
    path = Path(name).expanduser()
    if is_run(path):
        return [path]
    if path.is_dir():
        runs = sorted(runs_below(path), key=by_number)
        if not runs:
            raise UserError(
                f"{name} holds no run (no .hydra/config.yaml in it, nor up to three folders down)"
            )
        return runs
    if PATTERN & set(name):
        folders = [Path(match) for match in sorted(glob.glob(str(path)))]
        runs = [
            run
            for each in folders
            for run in ([each] if is_run(each) else sorted(runs_below(each), key=by_number))
        ]
        if not runs:
            raise UserError(f"{name} matches no run")
        return runs
    if path.exists() or name.partition(":")[0] != LATEST:
        return [find_run(path)]
    return [find_run(name)]


def by_number(run_dir: Path) -> tuple[str, int, str]:
    """The runs of a sweep by their numbers, 10 after 9; others by name."""
    number = run_dir.name.partition("_")[0]
    return str(run_dir.parent), int(number) if number.isdecimal() else 0, run_dir.name


def place_of(names: Sequence[str], output: str | None) -> Path:
    """Where the page goes: into the folder of runs, if one was named, else into the present folder."""
    if output is not None:
        path = Path(output).expanduser()
        return path / PAGE if path.is_dir() else path
    folder = Path(names[0]).expanduser()
    return folder / PAGE if len(names) == 1 and folder.is_dir() else Path(PAGE)


def title_of(names: Sequence[str]) -> str:
    shown = ", ".join(names[:3])
    return f"{shown} and {len(names) - 3} more" if len(names) > 3 else shown


def refuse_other_s(path: Path) -> None:
    """A file in the page's place that is no page of ganlab's is left alone.

    Raises:
        UserError: names it.
    """
    if not path.exists():
        return
    if not path.is_file() or GENERATOR not in path.read_text(encoding="utf-8", errors="replace")[:1000]:
        raise UserError(
            f"{path} is there already and is no comparison of ganlab's; choose another with output=FILE"
        )


def deliver(text: str, output: str | None) -> int:
    """Print the text, or write it into a file."""
    if output is None:
        sys.stdout.write(text)
        return 0
    path = Path(output).expanduser()
    with told_where(path):
        write_atomically(path, text.encode())
    return 0


@contextmanager
def told_where(path: Path) -> Iterator[None]:
    """A file that cannot be written is a user's mistake, in a sentence."""
    try:
        yield
    except OSError as error:
        raise UserError(
            f"{path} cannot be written ({error.strerror}); choose another with output=FILE"
        ) from error
