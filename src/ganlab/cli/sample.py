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
    flags = [word for word in words if word.startswith("-")]
    if flags:
        raise UserError(f"ganlab sample {flags[0]}: no such flag (ganlab sample --help)")
    cfg = compose(quote_paths(words, PATHS), "sample")
    if not any(key_of(word) == "run" for word in words):
        runs = runs_below(Path("outputs"))
        newest = f"; the newest is run={runs[0]}" if runs else "; there is none below outputs/ yet"
        raise UserError(f"which run? Give run=DIRECTORY{newest}")
    check_values(cfg)
    run_dir = find_run(cfg.run)
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


def quote_paths(words: list[str], keys: tuple[str, ...]) -> list[str]:
    """Put the values of ``keys`` in quotes, because paths hold what Hydra's grammar would read otherwise."""
    quoted = []
    for word in words:
        key, _, value = word.partition("=")
        plain = key not in keys or value in ("", "null", "???") or value[0] in "'\""
        quoted.append(word if plain else f"{key}={quote(value)}")
    return quoted
