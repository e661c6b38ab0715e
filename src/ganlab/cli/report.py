"""``ganlab report``: the page of a run, written anew from what its directory holds."""

from pathlib import Path

from ganlab.cli.arguments import named_run, options_of_run
from ganlab.config import own
from ganlab.config.compose.compose import compose
from ganlab.config.compose.overrides import key_of
from ganlab.config.runs.record import saved_config, saved_overrides
from ganlab.config.runs.resume import for_longer, is_finished
from ganlab.config.runs.trust import require_trusted, require_trusted_words
from ganlab.config.tree import unresolved
from ganlab.errors import UserError


def run(words: list[str]) -> int:
    """Write ``report.html`` and ``curves.png`` into the run directory that ``words`` name; nothing of it is built."""
    words = options_of_run("report", words)
    for word in words:
        if key_of(word) != "run":
            raise UserError(f"ganlab report {word}: the only option is run=DIRECTORY")
    run_dir = named_run(words)
    saved_config(run_dir)  # its faults, in a sentence
    try:
        lines, left_out = lines_of(run_dir), ""
    except UserError as error:
        lines, left_out = {}, f"\nwithout lines to go on with it: {error}"
    from ganlab.report.single import write

    try:
        page = write.write_page(run_dir, lines, Path.cwd())
        curves = write.write_curves(run_dir)
    except OSError as error:
        raise UserError(
            f"{run_dir} cannot be written into ({error.strerror}): the page belongs there"
        ) from error
    print(f"written to {page}{f' and {curves}' if curves else ''}{left_out}")
    return 0


def lines_of(run_dir: Path) -> dict[str, str]:
    """How to go on with a run.

    Raises:
        UserError: for one that would run what this command does not trust: no line that is to be pasted asks to.
    """
    cfg, words = unresolved(saved_config(run_dir)), saved_overrides(run_dir)
    require_trusted([cfg.get(part) for part in ("model", "data")], run_dir)
    require_trusted_words(words, run_dir)
    from ganlab.training.summary import going_on

    longer = for_longer(compose(words, config_dirs=own.folders())) if is_finished(run_dir) else ()
    return going_on(run_dir, longer=longer)
