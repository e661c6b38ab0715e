"""``ganlab push``: a trained model to the Hub of Hugging Face."""

from ganlab.cli.arguments import named_run, options_of_run, quote_paths
from ganlab.config import own
from ganlab.config.compose.check import check_values
from ganlab.config.compose.compose import compose


def run(words: list[str]) -> int:
    """Compose conf/push.yaml with ``words``, and upload."""
    words = quote_paths(options_of_run("push", words), ("run",))
    cfg = compose(words, "push", config_dirs=own.folders())
    run_dir = named_run(words, or_export=True, or_graphs=True)
    check_values(cfg)
    from ganlab.inference.export.push import push

    address, commit, page = push(
        run_dir, cfg.repo, checkpoint=cfg.checkpoint, licence=cfg.licence, private=cfg.private
    )
    print(f"{address}@{commit}\n{page}\nread it with: ganlab.load({address!r})")
    return 0
