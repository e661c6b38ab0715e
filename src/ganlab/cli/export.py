"""``ganlab export``: a trained model as files to share."""

from pathlib import Path

from ganlab.cli.arguments import named_run, options_of_run, quote_paths
from ganlab.config import own
from ganlab.config.compose.check import check_values
from ganlab.config.compose.compose import compose
from ganlab.storage import as_typed


def run(words: list[str]) -> int:
    """Compose conf/export.yaml with ``words`` and write the files."""
    words = quote_paths(options_of_run("export", words), ("run", "output"))
    cfg = compose(words, "export", config_dirs=own.folders())
    run_dir = named_run(words)
    check_values(cfg)
    from ganlab.inference.export.weights import export

    output = None if cfg.output is None else Path(cfg.output).expanduser()
    folder = export(run_dir, cfg.checkpoint, output)
    names = ", ".join(sorted(path.name for path in folder.iterdir()))
    dirs = f", config_dirs={[str(as_typed(path)) for path in own.folders()]}" if own.folders() else ""
    print(f"{folder}: {names}\nread it with: ganlab.load({str(folder)!r}{dirs})")
    return 0
