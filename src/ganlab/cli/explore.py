"""``ganlab explore``: the latent space of a trained model."""

from importlib import import_module
from pathlib import Path
from typing import Any

from ganlab.cli.arguments import named_run, options_of_run, quote_paths
from ganlab.cli.evaluate import inherited
from ganlab.cli.given import Given, given
from ganlab.config import own
from ganlab.config.compose.build import instantiate
from ganlab.config.compose.check import check
from ganlab.config.compose.compose import compose
from ganlab.config.explore import TOOLS
from ganlab.config.runs.trust import require_trusted_words
from ganlab.config.tree import plain
from ganlab.errors import UserError
from ganlab.nearest import did_you_mean, listing

PATHS = ("run", "output", "input", "directions", "latents", "label")
OF_THE_COMMAND = ("run", "checkpoint", "output", "metrics")


def run(words: list[str]) -> int:
    """Compose conf/explore/TOOL.yaml with ``words``, and write what the tool finds."""
    if not words or words[0] not in TOOLS:
        which = f"{words[0]} is no tool{did_you_mean(words[0], TOOLS)}" if words else "with which tool?"
        raise UserError(
            f"ganlab explore: {which}{'' if which.endswith('?') else '.'} There are {listing(TOOLS)}"
        )
    tool, words = words[0], words[1:]
    words = quote_paths(options_of_run("explore", words), PATHS)
    scored = "metrics" in TOOLS[tool].__annotations__  # and so in need of data
    run_dir = named_run(words, or_export=True)
    words, data, metrics = given(words, run_dir) if scored else Given(words)
    chosen = inherited(words, run_dir) if scored and not data else []
    if chosen:
        require_trusted_words(chosen, run_dir, f"explore/{tool}")
    cfg = compose([*chosen, *words], f"explore/{tool}", config_dirs=own.folders())
    if data:
        cfg.metrics = metrics
    check(cfg, TOOLS[tool])
    options: dict[str, Any] = {key: value for key, value in plain(cfg).items() if key not in OF_THE_COMMAND}
    for key in [key for key in ("input", "directions", "latents") if options.get(key) is not None]:
        options[key] = Path(options[key])
    if scored:
        options["metrics"] = (
            instantiate(cfg.metrics) if cfg.metrics else {}
        )  # first: it names missing weights
    from ganlab.inference.latents.source import source
    from ganlab.inference.output import replaced_folder

    write = import_module(f"ganlab.inference.latents.{tool}").write
    origin = source(run_dir, cfg.checkpoint, data)
    default = run_dir / "generated" / f"{cfg.checkpoint}-{tool}"
    folder = default if cfg.output is None else Path(cfg.output).expanduser()
    with replaced_folder(folder, run_dir) as temporary:
        lines = write(origin, temporary, **options)
    print("\n".join([*lines, f"written to {folder}"]))
    return 0
