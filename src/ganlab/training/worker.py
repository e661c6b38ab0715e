"""``python -m ganlab.training.worker RUN_DIR``: one of the further processes of a distributed run."""

import sys
from contextlib import suppress
from pathlib import Path


def main() -> None:
    from omegaconf import OmegaConf

    from ganlab.errors import GanlabError
    from ganlab.training.run import train

    run_dir = Path(sys.argv[1])
    # Rank 0 has the same fault and tells the user; with another exit code Lightning would kill rank 0 before it does.
    with suppress(GanlabError):
        train(OmegaConf.load(run_dir / ".hydra" / "config.yaml"), run_dir)


if __name__ == "__main__":
    main()
