"""``ganlab sample``: pictures of a trained model, or a user's own pictures through it."""

from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from ganlab.cli.arguments import PATHS, named_run, options_of_run, quote_paths
from ganlab.cli.given import given
from ganlab.config import own
from ganlab.config.compose.check import check_values
from ganlab.config.compose.compose import compose
from ganlab.config.compose.overrides import key_of
from ganlab.errors import UserError

OF_INPUT = ("direction", "mask", "tile")  # what has no meaning without input=


def run(words: list[str]) -> int:
    """Compose conf/sample.yaml with ``words`` and write the pictures."""
    words = quote_paths(options_of_run("sample", words), PATHS)
    run_dir = named_run(words, or_export=True)
    data = None
    if any(key_of(word) == "data" for word in words) or is_refined(words):  # which an export lacks
        words, data, _ = given(words, run_dir, scored=False)
    cfg = compose(words, "sample", config_dirs=own.folders())
    check_values(cfg)
    output = None if cfg.output is None else Path(cfg.output).expanduser()
    if cfg.input is not None:
        return translate(cfg, run_dir, output)
    for key in OF_INPUT:
        if cfg[key] is not None:
            raise UserError(f"{key}={cfg[key]} says how pictures are translated: give them with input=FOLDER")
    if cfg.refine != "none":
        return choose(cfg, run_dir, output, data)
    from ganlab.inference.sample import write_samples

    where = write_samples(
        run_dir,
        n=cfg.n,
        seed=cfg.seed,
        label=cfg.label,
        truncation=cfg.truncation,
        caption=cfg.caption,
        alpha=cfg.alpha,
        checkpoint=cfg.checkpoint,
        output=output,
        batch_size=cfg.batch_size,
        numbered=cfg.numbered,
        data=data,
    )
    what = {".html": "held-out examples", ".png": "the captions of the data"}
    one_file = what.get(Path(where).suffix) if Path(where).is_file() else None
    print(f"{one_file} in {where}" if one_file else drawn(cfg.n, Path(where)))
    return 0


def drawn(n: int, folder: Path) -> str:
    """What lies in a folder of samples: points in a file, or pictures and the one that shows them together."""
    if (folder / "points.csv").is_file():
        return f"{n} points in {folder}/points.csv"
    together = f", together in {folder}/grid.png" if (folder / "grid.png").is_file() else ""
    return f"{n} pictures in {folder}{together}"


def is_refined(words: list[str]) -> bool:
    return any(key_of(word) == "refine" and not word.endswith("=none") for word in words)


def choose(cfg: DictConfig, run_dir: Path, output: Path | None, data: Any) -> int:
    """Samples that the discriminator chooses, and what the choice was like."""
    for key in ("caption", "truncation", "alpha"):
        if cfg[key] is not None:
            raise UserError(
                f"{key}={cfg[key]!r}: refine chooses among samples of all noise and classes; leave one out"
            )
    from ganlab.inference.refine.write import write_refined

    where, how = write_refined(
        run_dir,
        cfg.refine,
        n=cfg.n,
        seed=cfg.seed,
        label=cfg.label,
        chain=cfg.chain,
        refine_steps=cfg.refine_steps,
        checkpoint=cfg.checkpoint,
        output=output,
        batch_size=cfg.batch_size,
        numbered=cfg.numbered,
        data=data,
    )
    print(how)
    print(drawn(cfg.n, Path(where)))
    return 0


def translate(cfg: DictConfig, run_dir: Path, output: Path | None) -> int:
    """The user's own pictures through the model, and how many there are."""
    for key in ("label", "caption", "truncation"):
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
        alpha=cfg.alpha,
        output=output,
    )
    skipped = f"; {written.skipped} skipped, named above" if written.skipped else ""
    print(f"{written.done} pictures in {written.page.parent}, side by side in {written.page.name}{skipped}")
    return 0
