"""StyleGAN3: StyleGAN2's game with a generator that knows no pixels."""

from typing import Unpack, cast

from torch import Tensor

from ganlab.bounds import Positive, Share, Weight, Whole, bounded
from ganlab.models.images.base import LatentOptions
from ganlab.models.images.stylegan2 import StyleGAN2
from ganlab.network_types import MeasuredSynthesis


class StyleGAN3(StyleGAN2):
    """StyleGAN3 (Karras, Aittala, Laine, Harkonen, Hellsten, Lehtinen, Aila 2021; arXiv:2106.12423).

    The step is StyleGAN2's, without path lengths and mixed styles. What the discriminator's fakes are drawn through is
    measured: each layer keeps a moving average of the mean square of its input, which it is divided by.

    gamma, r1_every, w_decay: see :class:`~ganlab.models.images.stylegan2.StyleGAN2`. magnitude_half_life: of these
    averages, in images.
    """

    @bounded
    def __init__(
        self,
        *,
        gamma: Weight = 1.0,
        r1_every: Whole = 16,
        w_decay: Share = 0.002,
        magnitude_half_life: Positive = 20_000,
        **options: Unpack[LatentOptions],
    ) -> None:
        super().__init__(gamma=gamma, r1_every=r1_every, w_decay=w_decay, **options)
        self.magnitude_half_life = magnitude_half_life

    def fakes(self, n: int, *condition: Tensor) -> Tensor:
        synthesis = cast("MeasuredSynthesis", self.generator.synthesis)
        decay = 0.5 ** (n * self.draws.world / self.magnitude_half_life)
        with synthesis.measured(decay, self.mean_over_ranks):
            return super().fakes(n, *condition)
