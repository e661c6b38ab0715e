"""``ganlab report``: the page of a run, written anew from what its directory holds."""

from pathlib import Path

from ganlab.cli.arguments import named_run, options_of_run
from ganlab.config import own
from ganlab.config.compose.compose import compose
from ganlab.config.compose.overrides import key_of
from ganlab.config.runs.record import saved_config, saved_overrides
from ganlab.config.runs.resume import for_longer, is_finished
from ganlab.config.runs.trust import require_trusted_words
from ganlab.errors import UserError


def run(words: list[str]) -> int:
    """Write ``report.html`` and ``curves.png`` into the run directory that ``words`` name; nothing of it is built."""
    words = options_of_run("report", words)
    for word in words:
        if key_of(word) != "run":
            raise UserError(f"ganlab report {word}: the only option is run=DIRECTORY")
    run_dir = named_run(words)
    saved_config(run_dir)  # its faults, in a sentence
    from ganlab.report.single.write import write_curves, write_page
    from ganlab.training.summary import going_on

    try:
        page = write_page(run_dir, going_on(run_dir, longer=longer(run_dir)), Path.cwd())
        curves = write_curves(run_dir)
    except OSError as error:
        raise UserError(
            f"{run_dir} cannot be written into ({error.strerror}): the page belongs there"
        ) from error
    print(f"written to {page}{f' and {curves}' if curves else ''}")
    return 0


def longer(run_dir: Path) -> list[str]:
    """The words that train a finished run on; none for one that has not finished, or that may not be composed here."""
    if not is_finished(run_dir):
        return []
    try:
        words = saved_overrides(run_dir)
        require_trusted_words(words, run_dir)
        return for_longer(compose(words, config_dirs=own.folders()))
    except UserError:
        return []
