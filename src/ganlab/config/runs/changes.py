"""What a recipe has changed: ``.hydra/changes.yaml``, beside the words that chose it."""

from pathlib import Path

from omegaconf import OmegaConf

from ganlab.config import own
from ganlab.config.compose.compose import compose
from ganlab.config.compose.overrides import key_of
from ganlab.config.runs.record import FOLDER, as_written, saved_config, saved_overrides
from ganlab.config.runs.resume import ABSENT
from ganlab.config.tree import flatten, plain
from ganlab.errors import UserError
from ganlab.storage import write_atomically

RECIPES = ("experiment", "sweep", "debug")  # keys whose one word sets many others
LABELS = ("name", "group", "tags", "resume", "allow_change")


def save_changes(run_dir: Path) -> None:
    """Write ``{key: {default: ..., value: ...}}`` for each key that is not as by default with this model and data.

    Only where a recipe is in play: everywhere else the words that were typed say the same. A default that cannot be
    composed, as of a model in a folder that is gone, leaves the file out.
    """
    path = run_dir / FOLDER / "changes.yaml"
    path.unlink(missing_ok=True)
    if not {key_of(word) for word in saved_overrides(run_dir)} & set(RECIPES):
        return
    cfg = saved_config(run_dir)
    try:
        usual = compose([f"{key}={cfg.chosen[key]}" for key in ("model", "data")], config_dirs=own.folders())
    except UserError:
        return
    now, before = flatten(as_written(cfg)), flatten(as_written(plain(usual)))
    changed = {
        key: {"default": before.get(key, ABSENT), "value": now.get(key, ABSENT)}
        for key in [*now, *(before.keys() - now.keys())]
        if before.get(key, ABSENT) != now.get(key, ABSENT) and key.partition(".")[0] not in LABELS
    }
    write_atomically(path, OmegaConf.to_yaml(OmegaConf.create({"changed": changed})).encode())
