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
    run_dir = named_run(words, or_export=True)
    check_values(cfg)
    from ganlab.inference.export.formats import export

    output = None if cfg.output is None else Path(cfg.output).expanduser()
    folder, notes = export(run_dir, cfg.checkpoint, output, form=cfg.format, licence=cfg.licence)
    names = ", ".join(sorted(path.name for path in folder.iterdir()))
    dirs = f", config_dirs={[str(as_typed(path)) for path in own.folders()]}" if own.folders() else ""
    use = f"read it with: ganlab.load({str(folder)!r}{dirs})"
    if cfg.format != "safetensors":
        use = f"use it without ganlab: {folder / 'README.md'} says how"
    print("\n".join([f"{folder}: {names}", *notes, use]))
    return 0
