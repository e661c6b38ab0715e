"""``python -m ganlab.training.worker RUN_DIR``: one of the further processes of a distributed run."""

import sys
from contextlib import suppress
from pathlib import Path


def main() -> None:
    from ganlab.config import saved_config
    from ganlab.errors import GanlabError
    from ganlab.training.run import train

    run_dir = Path(sys.argv[1])
    # Rank 0 has the same fault and tells the user; with another exit code Lightning would kill rank 0 before it does.
    with suppress(GanlabError):
        train(saved_config(run_dir), run_dir)


if __name__ == "__main__":
    main()
