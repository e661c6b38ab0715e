"""``ganlab sample``: pictures of a trained model."""

from pathlib import Path

from ganlab.config.check import check_values
from ganlab.config.compose import compose, quote
from ganlab.config.record import key_of
from ganlab.config.resume import find_run, runs_below
from ganlab.errors import UserError

PATHS = ("run", "output")


def run(words: list[str]) -> int:
    """Compose conf/sample.yaml with ``words`` and write the pictures."""
    refuse_flags("sample", words)
    words = quote_paths(words, PATHS)
    cfg = compose(words, "sample")
    run_dir = named_run(words)
    check_values(cfg)
    if cfg.n < 1 or cfg.batch_size < 1:
        raise UserError(f"n={cfg.n} batch_size={cfg.batch_size}: both must be at least 1")
    from ganlab.inference.sample import write_samples

    folder = write_samples(
        run_dir,
        n=cfg.n,
        seed=cfg.seed,
        label=cfg.label,
        checkpoint=cfg.checkpoint,
        output=None if cfg.output is None else Path(cfg.output).expanduser(),
        batch_size=cfg.batch_size,
    )
    print(f"{cfg.n} pictures in {folder}")
    return 0


def refuse_flags(command: str, words: list[str]) -> None:
    """Raise ``UserError`` for the first of ``words`` that begins with a dash."""
    for word in words:
        if word.startswith("-"):
            raise UserError(f"ganlab {command} {word}: no such flag (ganlab {command} --help)")


def named_run(words: list[str]) -> Path:
    """The run directory that ``run=...`` names; ``UserError`` where there is none, with one that may be meant."""
    given = [word.partition("=")[2] for word in words if key_of(word) == "run"]
    if not given:
        runs = runs_below(Path("outputs"))
        newest = f"; the newest is run={runs[0]}" if runs else "; there is none below outputs/ yet"
        raise UserError(f"which run? Give run=DIRECTORY{newest}")
    return find_run(given[-1].strip("'\"").replace("\\'", "'"))


def quote_paths(words: list[str], keys: tuple[str, ...]) -> list[str]:
    """Put the values of ``keys`` in quotes, because paths hold what Hydra's grammar would read otherwise."""
    quoted = []
    for word in words:
        key, _, value = word.partition("=")
        plain = key not in keys or value in ("", "null", "???") or value[0] in "'\""
        quoted.append(word if plain else f"{key}={quote(value)}")
    return quoted
