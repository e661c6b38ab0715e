"""Averages of a network's weights over training, which sample better than the weights themselves."""

from copy import deepcopy
from typing import Annotated

import torch
from torch import Tensor, nn

from ganlab.bounds import Positive, Range, Weight, bounded
from ganlab.techniques.schedules import Schedule
from ganlab.torch_internals import BatchNorm, Movable, copy_all_, lerp_all_

Pairs = tuple[list[Tensor], list[Tensor], list[Tensor], list[Tensor]]


class Average(nn.Module):
    """Where samples come from.

    noted: what protocols add to its name, where what it gives has been changed for a while.
    """

    noted = ""

    def follow(self, network: nn.Module) -> None:
        """Begin with ``network``, whose weights training changes."""
        raise NotImplementedError

    def update(self, images: int) -> None:
        """Called after each of its steps, with the images seen in training so far."""
        raise NotImplementedError

    def current(self) -> nn.Module:
        """The network to sample from."""
        raise NotImplementedError


class NoAverage(Average):
    """Identity: samples come from the trained network itself."""

    def follow(self, network: nn.Module) -> None:
        self.network = [network]  # in a list: not a submodule a second time

    def update(self, images: int) -> None:
        pass

    def current(self) -> nn.Module:
        return self.network[0]


class EMA(Average, Movable):
    """Exponential moving average of a network's parameters, measured in images seen (Karras et al. 2018, section 3).

    A weight's influence halves every ``half_life`` images, whatever the batch size and the number of processes.
    While fewer than ``half_life / ramp_up`` images were seen, the half-life is ``ramp_up`` times the images seen,
    so that the random start is soon forgotten (Karras et al. 2020, ADA, configuration "cifar": 0.05).
    The running statistics of batch normalization are averaged as the weights are: those of the weights in training do
    not fit the averaged ones. Other buffers are copied. The half-life may be a schedule, a function of the images seen
    (Huang et al. 2024, R3GAN, let it grow from 0).
    """

    @bounded
    def __init__(self, *, half_life: Positive | Schedule = 10_000, ramp_up: Weight | None = 0.05) -> None:
        super().__init__()
        self.half_life, self.ramp_up = half_life, ramp_up
        self.seen = 0
        self._pairs: Pairs | None = None

    def follow(self, network: nn.Module) -> None:
        """Start at ``network``; its copy is this module's only child."""
        self.source = [network]  # in a list: not a submodule a second time
        self.average = deepcopy(network).requires_grad_(False).eval()

    @torch.no_grad()
    def update(self, images: int) -> None:
        """Move towards the network; ``images`` is the number seen in training so far."""
        weight = self.share(images)
        self.seen = images
        averages, weights, copies, buffers = self._paired()
        lerp_all_(averages, weights, weight)
        if buffers:
            copy_all_(copies, buffers)

    def share(self, images: int) -> float:
        """How far the average moves towards the network, from 0 to 1."""
        half_life = self.half_life(images) if callable(self.half_life) else self.half_life
        if self.ramp_up is not None:
            half_life = min(half_life, self.ramp_up * images)
        return 1 - 0.5 ** ((images - self.seen) / max(half_life, 1e-8))

    def _paired(self) -> Pairs:
        """What is averaged of me and of the network, what is copied; collecting it each step would cost time."""
        if self._pairs is None:
            mine, other = _averaged_and_copied(self.average), _averaged_and_copied(self.source[0])
            self._pairs = (mine[0], other[0], mine[1], other[1])
        return self._pairs

    def moved(self) -> None:
        """The pairs are of the tensors before a move."""
        self._pairs = None

    def current(self) -> nn.Module:
        return self.average

    def train(self, mode: bool = True) -> "EMA":
        """Stay in eval mode: an average is only ever sampled from."""
        return self

    def get_extra_state(self) -> int:
        return self.seen

    def set_extra_state(self, seen: int) -> None:
        self.seen = seen


def _averaged_and_copied(network: nn.Module) -> tuple[list[Tensor], list[Tensor]]:
    """The parameters with the running statistics of batch normalization, and all other buffers."""
    norms = [module for module in network.modules() if isinstance(module, BatchNorm)]
    statistics = [norm.running_mean for norm in norms] + [norm.running_var for norm in norms]
    averaged = [*network.parameters(), *(values for values in statistics if values is not None)]
    known = {id(values) for values in averaged}
    return averaged, [buffer for buffer in network.buffers() if id(buffer) not in known]


Kept = Annotated[float, Range(minimum=0, below=1)]


class EMAPerUpdate(EMA):
    """The average as 0.999 of itself and 0.001 of the network at each update of the generator, however large the batch.

    So the authors of ProGAN and of R1 count it (Karras et al. 2018, appendix A.1; the code of Mescheder et al. 2018).
    decay: what the average keeps of itself; its half-life is ln 0.5 / ln decay updates, 693 for 0.999.
    """

    @bounded
    def __init__(self, *, decay: Kept = 0.999) -> None:
        super().__init__()
        self.decay = decay

    def share(self, images: int) -> float:
        return 1 - self.decay
