"""``ganlab sample``: pictures of a trained model, or a user's own pictures through it."""

from pathlib import Path

from omegaconf import DictConfig

from ganlab.config.compose.check import check_values
from ganlab.config.compose.compose import compose, quote
from ganlab.config.runs import own
from ganlab.config.runs.record import key_of
from ganlab.config.runs.resume import find_run, runs_below
from ganlab.errors import UserError

PATHS = ("run", "output", "input", "mask", "caption", "label")
OF_A_RUN = ("sample", "evaluate", "export")  # commands that take a run
OF_INPUT = ("direction", "mask", "tile")  # what has no meaning without input=


def run(words: list[str]) -> int:
    """Compose conf/sample.yaml with ``words`` and write the pictures."""
    refuse_flags("sample", words)
    words = quote_paths(words, PATHS)
    cfg = compose(words, "sample", config_dirs=own.folders())
    run_dir = named_run(words)
    check_values(cfg)
    output = None if cfg.output is None else Path(cfg.output).expanduser()
    if cfg.input is not None:
        return translate(cfg, run_dir, output)
    for key in OF_INPUT:
        if cfg[key] is not None:
            raise UserError(f"{key}={cfg[key]} says how pictures are translated: give them with input=FOLDER")
    from ganlab.inference.sample import write_samples

    where = write_samples(
        run_dir,
        n=cfg.n,
        seed=cfg.seed,
        label=cfg.label,
        caption=cfg.caption,
        checkpoint=cfg.checkpoint,
        output=output,
        batch_size=cfg.batch_size,
    )
    what = {".html": "held-out examples", ".png": "the captions of the data"}
    print(f"{what.get(Path(where).suffix, f'{cfg.n} pictures')} in {where}")
    return 0


def translate(cfg: DictConfig, run_dir: Path, output: Path | None) -> int:
    """The user's own pictures through the model, and how many there are."""
    for key in ("label", "caption"):
        if cfg[key] is not None:
            raise UserError(
                f"{key}={cfg[key]} chooses what is made of noise, and input= is translated: leave one of them out"
            )
    from ganlab.inference.translate import translate_pictures

    written = translate_pictures(
        run_dir,
        Path(cfg.input).expanduser(),
        direction=cfg.direction,
        mask=cfg.mask,
        tile=cfg.tile,
        form=cfg.format,
        n=cfg.n,
        seed=cfg.seed,
        checkpoint=cfg.checkpoint,
        output=output,
    )
    skipped = f"; {written.skipped} skipped, named above" if written.skipped else ""
    print(f"{written.done} pictures in {written.page.parent}, side by side in {written.page.name}{skipped}")
    return 0


def refuse_flags(command: str, words: list[str]) -> None:
    """Raise ``UserError`` for the first of ``words`` that begins with a dash."""
    for word in words:
        if word.startswith("-"):
            raise UserError(f"ganlab {command} {word}: no such flag (ganlab {command} --help)")
        if command in OF_A_RUN and "=" not in word:
            run = "DIRECTORY" if word == "run" else word
            raise UserError(
                f"ganlab {command} {word}: options are key=value, as in ganlab {command} run={run}"
            )


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
