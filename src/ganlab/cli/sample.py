"""``ganlab sample``: pictures of a trained model, or a user's own pictures through it."""

import re
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from ganlab.cli.arguments import PATHS, named_run, options_of_run, quote_paths
from ganlab.cli.evaluate import inherited
from ganlab.cli.given import given
from ganlab.config import own
from ganlab.config.compose.build import instantiate
from ganlab.config.compose.check import check_values
from ganlab.config.compose.compose import compose
from ganlab.config.compose.overrides import key_of
from ganlab.config.runs.trust import require_trusted_words
from ganlab.errors import UserError

OF_INPUT = ("direction", "reference", "mask", "tile")  # what has no meaning without input=


def run(words: list[str]) -> int:
    """Compose conf/sample.yaml with ``words`` and write the pictures."""
    words = quote_paths(options_of_run("sample", words), PATHS)
    refined = is_refined(words)
    if not refined:
        refuse_metrics(words)
    run_dir = named_run(words, or_export=True)
    data, metrics = None, None
    if any(key_of(word) == "data" for word in words) or refined:  # which an export lacks
        words, data, metrics = given(words, run_dir, scored=refined)
    chosen = inherited(words, run_dir) if refined and not data else []
    if chosen:
        require_trusted_words(chosen, run_dir, "sample")
    cfg = compose([*chosen, *words], "sample", config_dirs=own.folders())
    check_values(cfg)
    if metrics is not None:
        cfg.metrics = metrics
    output = None if cfg.output is None else Path(cfg.output).expanduser()
    if cfg.input is not None:
        return translate(cfg, run_dir, output)
    for key in OF_INPUT:
        if cfg[key] is not None:
            raise UserError(f"{key}={cfg[key]} says how pictures are translated: give them with input=FOLDER")
    if cfg.refine != "none":
        return choose(cfg, run_dir, output, data)
    from ganlab.inference.sample import Controls, write_samples

    where = write_samples(
        run_dir,
        n=cfg.n,
        seed=cfg.seed,
        label=cfg.label,
        controls=Controls(cfg.truncation, cfg.mix, cfg.standing_statistics),
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
    return f"{_pictures(n)} in {folder}{together}"


def _pictures(n: int) -> str:
    return f"{n} picture{'s' * (n != 1)}"


def is_refined(words: list[str]) -> bool:
    return any(key_of(word) == "refine" and not word.endswith("=none") for word in words)


def refuse_metrics(words: list[str]) -> None:
    """Raise UserError for scores that nothing would be scored by."""
    for word in words:
        if re.match(r"[+~]*metrics\b", word) and word != "metrics=none":
            raise UserError(
                f"{word}: scores samples before and after refine= has chosen among them; add refine=mh, or have "
                "ganlab evaluate score the run"
            )


def choose(cfg: DictConfig, run_dir: Path, output: Path | None, data: Any) -> int:
    """Samples that the discriminator chooses, and what the choice was like."""
    for key in ("caption", "truncation", "mix", "standing_statistics", "alpha"):
        if cfg[key] is not None:
            raise UserError(
                f"{key}={cfg[key]!r}: refine chooses among samples of all noise and classes; leave one out"
            )
    metrics = metrics_of(cfg)
    from ganlab.inference.refine.write import write_refined

    written = write_refined(
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
        metrics=metrics,
    )
    print("\n".join([*written.lines, drawn(cfg.n, written.folder)]))
    return 0


def metrics_of(cfg: DictConfig) -> dict[str, Any]:
    """Those that can score the samples of this command, all of them and no more; what they cannot is told."""
    if cfg.label is not None:
        return {}  # they compare with all classes
    found: dict[str, Any] = {}
    for name, node in (cfg.metrics or {}).items():
        if "n_fake" not in node:
            continue
        own_words = {"n_fake": cfg.n} | ({"on_missing": "skip"} if "on_missing" in node else {})
        try:
            found[name] = instantiate(OmegaConf.merge(node, own_words))
        except UserError as error:
            print(f"no scores: {error}")
    return found


def translate(cfg: DictConfig, run_dir: Path, output: Path | None) -> int:
    """The user's own pictures through the model, and how many there are."""
    for key in ("label", "caption", "truncation", "mix", "standing_statistics"):
        if cfg[key] is not None:
            raise UserError(
                f"{key}={cfg[key]} chooses what is made of noise, and input= is translated: leave one of them out"
            )
    from ganlab.inference.translate import translate_pictures

    written = translate_pictures(
        run_dir,
        Path(cfg.input).expanduser(),
        direction=cfg.direction,
        reference=None if cfg.reference is None else Path(cfg.reference).expanduser(),
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
    print(f"{_pictures(written.done)} in {written.page.parent}, side by side in {written.page.name}{skipped}")
    return 0
