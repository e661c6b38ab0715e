"""A discriminator that is trained on, with the generator fixed, so that it knows these samples from real ones."""

from copy import deepcopy
from typing import Any

import torch
from torch import Tensor

from ganlab.inference.refine.judge import Held, judging, of_split
from ganlab.models.images.base import LatentGAN
from ganlab.randomness import Draws

BATCH = 128
LOOKS = 20  # at held-out samples, on the way


def train_further(model: LatentGAN, data: Any, held: Held, steps: int, *, seed: int = 0) -> None:
    """Let the discriminator take ``steps`` steps against the fixed generator (Azadi et al. 2019, section 3).

    In a game it follows a generator that moves; to say how much likelier a sample is in the data, it has to come to
    rest. Its own loss and optimizer, begun anew, on samples by the averaged weights and on training samples as they
    are; batch statistics are those that it judges by. It keeps the weights that had the lowest loss on ``held``.
    """
    network, train = model.discriminator, of_split(model, data, "train")
    optimizer = model.optimizer_factories["discriminator"](network.requires_grad_(True).parameters())
    draws, fakes = Draws(seed, "train further"), drawn(model, len(held.samples), Draws(seed, "look"))
    lowest, kept = torch.inf, deepcopy(network.state_dict())
    with judging(model):
        for step in range(steps + 1):
            if step % max(1, steps // LOOKS) == 0 or step == steps:
                with torch.no_grad():
                    found = float(loss_of(model, held, fakes))
                if found < lowest:
                    lowest, kept = found, deepcopy(network.state_dict())
            real = train.rows(draws.integers(BATCH, len(train.samples)))
            loss = loss_of(model, real, drawn(model, BATCH, draws))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    network.load_state_dict(kept)


def loss_of(model: Any, real: Held, fake: Held) -> Tensor:
    """What the discriminator minimises."""
    of_real, of_fake = (
        model.score(*(values.to(model.device) for values in one if values is not None))
        for one in (real, fake)
    )
    return model.loss.discriminator(of_real, of_fake)


def drawn(model: LatentGAN, n: int, draws: Draws) -> Held:
    """So many samples of the generator, with their labels where there are any."""
    inputs = model.inputs(n, draws)
    samples = torch.cat([*model.pictures_of(inputs)])
    return Held(samples, inputs[1] if len(inputs) > 1 else None)
