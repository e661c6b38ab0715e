"""Where the configuration files are: in the wheel inside the package, in a clone beside ``src``."""

from pathlib import Path

from ganlab.errors import UserError


def config_dir() -> Path:
    """The folder that holds ``train.yaml``; raises ``UserError`` when the installation has lost it."""
    package = Path(__file__).resolve().parents[2]
    for folder in (package / "conf", package.parents[1] / "conf"):
        if (folder / "train.yaml").is_file():
            return folder
    raise UserError(f"no conf/train.yaml in {package} or beside it: install ganlab again")
