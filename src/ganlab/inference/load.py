"""A trained model from its run directory."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ganlab.errors import GanlabError, StorageError, UserError

if TYPE_CHECKING:
    from ganlab.models.base import GAN
    from ganlab.models.images.base import LatentGAN
    from ganlab.models.translation.base import ImageToImage

log = logging.getLogger(__name__)


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
    what lies there may run because a run names it, from now on in this process. hf://user/name, perhaps with @REVISION,
    is an export on the Hub of Hugging Face, zoo:NAME one that is installed with ganlab.

    Raises:
        UserError: if this is no run directory, holds no such checkpoint, or would run code that is not trusted.
        StorageError: if the checkpoint is damaged.
    """
    from ganlab.config import own
    from ganlab.config.runs import zoo
    from ganlab.config.runs.resume import graphs_in, is_run
    from ganlab.config.runs.trust import instantiate_saved

    own.add(config_dirs)
    from ganlab.config.runs.resume import HUB
    from ganlab.inference.export.read import is_export, load_export

    if str(run_dir).startswith(HUB):
        from ganlab.inference.export.hub import fetch

        run_dir = fetch(str(run_dir))
    run_dir = zoo.find(str(run_dir)) if str(run_dir).startswith(zoo.ADDRESS) else Path(run_dir)
    if is_export(run_dir):
        return load_export(run_dir).to(device)
    if not is_run(run_dir):
        raise UserError(
            graphs_in(run_dir)
            or f"{run_dir} is not a run directory: it has no .hydra/config.yaml; runs are made by `ganlab`"
        )
    model = instantiate_saved(run_dir, "model")
    (_newest if checkpoint == "last" else _best)(model, run_dir)
    return model.eval().to(device)


def _newest(model: "GAN", run_dir: Path) -> None:
    from ganlab.models.restoring import Misfit
    from ganlab.training.resuming import newest_fitting

    path, _, refused = newest_fitting(run_dir / "checkpoints", lambda state: _put_into(model, state))
    for other, why in refused.items():
        if path is None:
            kind = UserError if isinstance(why, Misfit) else StorageError
            raise kind(f"{run_dir} has no checkpoint that can be loaded: {other.name}: {why}")
        log.warning("%s cannot be loaded (%s); falling back to %s", other.name, why, path.name)
    if path is None:
        raise UserError(f"{run_dir} holds no last checkpoint")


def _best(model: "GAN", run_dir: Path) -> None:
    from ganlab.training.checkpoints import read_checkpoint

    path = run_dir / "checkpoints" / "best.ckpt"
    if not path.exists():
        raise UserError(
            f"{run_dir} holds no best checkpoint; only a run with metrics=... or callbacks.checkpoints.monitor=... "
            "keeps its best; checkpoint=last takes the newest"
        )
    state = read_checkpoint(path)
    try:
        _put_into(model, state)
    except GanlabError as error:
        raise type(error)(f"{path} cannot be loaded: {error}") from error


def _put_into(model: "GAN", state: Any) -> None:
    """The weights and the progress; optimizers are for training."""
    from ganlab.models.restoring import require_checkpoint, restore

    require_checkpoint(state)
    restore(model, {key: value for key, value in state.items() if key != "optimizer_states"})
