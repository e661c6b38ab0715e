"""``python -m ganlab.training.worker RUN_DIR``: one of the further processes of a distributed run."""

import sys
from pathlib import Path


def main() -> int:
    from omegaconf import OmegaConf

    from ganlab.errors import GanlabError
    from ganlab.training.run import train

    run_dir = Path(sys.argv[1])
    try:
        train(OmegaConf.load(run_dir / ".hydra" / "config.yaml"), run_dir)
    except GanlabError as error:
        return error.exit_code  # rank 0 tells the user
    return 0


if __name__ == "__main__":
    sys.exit(main())
