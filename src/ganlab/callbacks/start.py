"""A run that begins with the generator of another one."""

from pathlib import Path
from typing import Literal

from torch import Tensor

from ganlab.callbacks.base import GameCallback
from ganlab.errors import UserError
from ganlab.models.base import GAN
from ganlab.models.restoring import require_checkpoint
from ganlab.training.checkpoints import newest_valid, read_checkpoint
from ganlab.training.trainer import Trainer


class StartFrom(GameCallback[GAN]):
    """Puts the weights of ``run``'s generator into this run's before it begins, as SRGAN begins as an SRResNet.

    run: a run directory; null changes nothing. checkpoint: which of its checkpoints. A run that is resumed has weights
    of its own, and reads nothing.

    Raises:
        UserError: at once if there is no such checkpoint, at the start if it holds another generator.
    """

    def __init__(self, *, run: Path | None = None, checkpoint: Literal["last", "best"] = "last") -> None:
        self.path = None
        if run is None:
            return
        folder = Path(run).expanduser() / "checkpoints"
        self.path = newest_valid(folder)[0] if checkpoint == "last" else folder / "best.ckpt"
        if self.path is None or not self.path.exists():
            raise UserError(
                f"callbacks.start.run={run}: there is no {checkpoint} checkpoint of a run to start from; give the run "
                "directory of a finished run, for instance of model=srresnet"
            )

    def on_fit_start(self, trainer: Trainer, pl_module: GAN) -> None:
        if self.path is None or pl_module.steps:
            return
        checkpoint = read_checkpoint(self.path)
        require_checkpoint(checkpoint)
        state = checkpoint["state_dict"]
        for network in pl_module.players()["generator"]:
            name = next(name for name, part in pl_module.named_children() if part is network)
            found = {key.removeprefix(f"{name}."): state[key] for key in state if key.startswith(f"{name}.")}
            expected = network.state_dict()
            for key in sorted(expected.keys() | found.keys()):
                there, here = (_shape(weights.get(key)) for weights in (found, expected))
                if there != here:
                    raise UserError(
                        f"callbacks.start.run: {self.path} holds another {name} ({key} is {there} there, and {here} "
                        f"here); give both runs the same model.{name} and data"
                    )
            network.load_state_dict(found)


def _shape(weight: Tensor | None) -> str:
    return "absent" if weight is None else str(tuple(weight.shape))
