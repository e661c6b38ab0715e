"""A trained model from its run directory."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ganlab.errors import UserError

if TYPE_CHECKING:
    from ganlab.models.latent import LatentGAN


def load(
    run_dir: str | Path, checkpoint: Literal["last", "best"] = "last", device: str = "cpu"
) -> "LatentGAN":
    """The model of a run in eval mode, ready to ``sample(n)``: its configuration, and weights read without pickle.

    Raises:
        UserError: if this is no run directory, or holds no such checkpoint.
        StorageError: if the checkpoint is damaged.
    """
    from ganlab.config import instantiate, saved_config
    from ganlab.config.resume import is_run
    from ganlab.training.checkpoints import newest_valid, read_checkpoint

    run_dir = Path(run_dir)
    if not is_run(run_dir):
        raise UserError(
            f"{run_dir} is not a run directory: it has no .hydra/config.yaml; runs are made by `ganlab`"
        )
    path = (
        newest_valid(run_dir / "checkpoints")[0]
        if checkpoint == "last"
        else run_dir / "checkpoints" / "best.ckpt"
    )
    if path is None or not path.exists():
        hint = (
            ""
            if checkpoint == "last"
            else "; only a run with metrics=... or callbacks.checkpoints.monitor=... keeps its best"
        )
        raise UserError(f"{run_dir} holds no {checkpoint} checkpoint{hint}")
    model = instantiate(saved_config(run_dir).model)
    state = read_checkpoint(path)
    model.load_state_dict(state["state_dict"])
    model.on_load_checkpoint(state)
    return model.eval().to(device)
