"""A trained model from its run directory."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ganlab.errors import UserError

if TYPE_CHECKING:
    from ganlab.models.latent import LatentGAN
    from ganlab.models.translation import ImageToImage


def load(
    run_dir: str | Path,
    checkpoint: Literal["last", "best"] = "last",
    device: str = "cpu",
    *,
    config_dirs: Sequence[str | Path] = (),
) -> "LatentGAN | ImageToImage":
    """The model of a run in eval mode, ready to ``sample(n)`` or, if it makes images of images, to ``convert(image)``.

    It is made from the run's configuration, and from weights read without pickle. ``run_dir`` may also be what
    ``ganlab export`` has written. ``config_dirs`` are folders with modules of your own, as ``--config-dir`` takes them:
    what lies there may run because a run names it, from now on in this process.

    Raises:
        UserError: if this is no run directory, holds no such checkpoint, or would run code that is not trusted.
        StorageError: if the checkpoint is damaged.
    """
    from ganlab.config import own
    from ganlab.config.resume import is_run
    from ganlab.config.trust import instantiate_saved
    from ganlab.training.checkpoints import newest_valid, read_checkpoint

    own.add(config_dirs)
    run_dir = Path(run_dir)
    if (run_dir / "weights.safetensors").is_file():
        from ganlab.inference.export import load_export

        return load_export(run_dir).to(device)
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
    model = instantiate_saved(run_dir, "model")
    state = read_checkpoint(path)
    model.load_state_dict(state["state_dict"])
    model.on_load_checkpoint(state)
    return model.eval().to(device)
