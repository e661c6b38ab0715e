"""``ganlab demo``: a trained model on a page, to play with."""

from threading import Event

from ganlab.cli.arguments import named_run, options_of_run, quote_paths
from ganlab.config import own
from ganlab.config.compose.check import check_values
from ganlab.config.compose.compose import compose


def run(words: list[str]) -> int:
    """Compose conf/demo.yaml with ``words``, and serve the page until Ctrl-C."""
    words = quote_paths(options_of_run("demo", words), ("run",))
    cfg = compose(words, "demo", config_dirs=own.folders())
    run_dir = named_run(words, or_export=True)
    check_values(cfg)
    from ganlab.inference.demo.serve import served

    with served(run_dir, cfg.checkpoint, port=cfg.port, browser=cfg.browser) as address:
        print(f"{address}\nCtrl-C ends it", flush=True)
        try:
            Event().wait()
        except KeyboardInterrupt:
            print()
    return 0
