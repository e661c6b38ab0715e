"""A model whose samples are chosen by its discriminator, wherever a model that draws samples is asked for."""

from collections.abc import Iterator
from typing import Any, ClassVar, Literal, Protocol

import torch
from torch import Tensor

from ganlab.inference.refine.calibrate import Isotonic, Logistic
from ganlab.inference.refine.drs import RejectionSampling
from ganlab.inference.refine.further import train_further
from ganlab.inference.refine.judge import Calibration, Held, calibrate, held_out, require_judgement
from ganlab.inference.refine.mh import MetropolisHastings
from ganlab.models.images.base import LatentGAN
from ganlab.randomness import Draws


class Way(Protocol):
    """How samples are chosen; made of the model, its calibration and held-out samples."""

    calibrator: ClassVar[type[Isotonic] | type[Logistic]]
    proposed: int
    accepted: int

    def __init__(self, model: LatentGAN, calibration: Calibration, real: Held, *, steps: int) -> None: ...

    def __call__(self, inputs: tuple[Tensor, ...], draws: Draws, averaged: bool) -> Tensor: ...

    def in_words(self) -> str: ...


WAYS: dict[str, type[Way]] = {"mh": MetropolisHastings, "drs": RejectionSampling}


class Refined:
    """Draws samples as the model does, each chosen among many; ``calibration`` says how far its discriminator is right.

    data: of the run, for held-out samples. steps: proposals for each sample, for refine=mh; 640 in the paper.
    train_steps: that the discriminator is trained on before it is calibrated, with the generator fixed.

    Raises:
        UserError: for a discriminator that estimates no density ratio, and too few held-out samples.
    """

    def __init__(
        self,
        model: object,
        data: Any,
        refine: Literal["mh", "drs"],
        *,
        steps: int = 640,
        train_steps: int = 0,
    ) -> None:
        self.model, self.refine = require_judgement(model), refine
        real, kind = held_out(self.model, data), WAYS[refine]
        if train_steps:
            train_further(self.model, data, real.rows(slice(0, None, 2)), train_steps)
        self.train_steps = train_steps
        self.calibration = calibrate(self.model, real, kind.calibrator)
        self.way = kind(self.model, self.calibration, real, steps=steps)

    @property
    def device(self) -> torch.device:
        return self.model.device

    def samples(
        self,
        n: int,
        *,
        seed: int = 0,
        label: int | None = None,
        averaged: bool = True,
        batch_size: int = 250,
        rank: int = 0,
        world: int = 1,
    ) -> Iterator[Tensor]:
        """Batches of chosen samples on the model's device; the first proposals are what the model itself draws."""
        inputs = self.model.inputs(n, Draws(seed, "sample"), label)
        parts = [values[rank::world].split(batch_size) for values in inputs]
        for number, batch in enumerate(zip(*parts, strict=True)):
            yield self.way(batch, Draws(seed, "refine", rank, number), averaged)

    def sample(self, n: int, **options: Any) -> Tensor:
        """(n, ...) on the CPU; options as of :meth:`samples`."""
        return torch.cat([part.cpu() for part in self.samples(n, **options)])

    def sampled_from(self, averaged: bool = True) -> str:
        trained = f" after {self.train_steps} more steps of the discriminator" if self.train_steps else ""
        return f"{self.model.sampled_from(averaged)}, chosen by refine={self.refine}{trained}"

    def in_words(self) -> str:
        """What the choice was like, and how far the discriminator could be trusted with it."""
        return (
            f"refine={self.refine}: {self.way.in_words()}; scores as probabilities are off by "
            f"z = {self.calibration.raw_z:.1f}, calibrated by z = {self.calibration.z:.1f}"
        )
