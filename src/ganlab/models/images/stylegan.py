"""The first StyleGAN: ProGAN's growth with a generator that draws by styles."""

from typing import Unpack

import torch.nn.functional as F
from torch import Tensor, nn

from ganlab.bounds import Share, Weight, bounded
from ganlab.losses.adversarial import NonSaturating
from ganlab.losses.penalties import zero_centred
from ganlab.models.images.base import LatentOptions
from ganlab.models.images.progan import GrowingGAN
from ganlab.models.images.stylegan2 import StyledGAN
from ganlab.network_types import GrowingStyledGenerator
from ganlab.techniques.growth import Growth
from ganlab.types import Batch, Observation, observed


class StyleGAN(StyledGAN, GrowingGAN):
    """A style-based generator (Karras, Laine, Aila 2019, sections 2 and 3 and appendix C; arXiv:1812.04948).

    D minimises E[softplus(-D(x))] + E[softplus(D(G(z)))] + gamma / 2 E[|grad D(x)|^2], G E[softplus(-D(G(z)))], at the
    present stage of growth. Of the layers that are in use by then, some may have the style of another z.

    growth: see :class:`~ganlab.models.images.progan.GrowingGAN`. gamma: of R1, in each step.
    mixing, w_decay: see :class:`~ganlab.models.images.stylegan2.StyledGAN`.
    """

    generator: GrowingStyledGenerator

    @bounded
    def __init__(
        self,
        *,
        growth: Growth,
        gamma: Weight = 1.0,
        mixing: Share = 0.0,
        w_decay: Share = 0.005,
        **options: Unpack[LatentOptions],
    ) -> None:
        super().__init__(growth=growth, mixing=mixing, w_decay=w_decay, **options)
        self.loss = NonSaturating()
        self.gamma = gamma

    def training_step(self, batch: Batch, batch_idx: int) -> Observation:
        real = self.faded(batch["image"])
        with self.update("discriminator") as terms:
            fake = self.generate(len(real)).detach()
            real_score, fake_score = self.score(real), self.score(fake)
            terms["adversarial"] = self.loss.discriminator(real_score, fake_score)
            terms["r1"] = self.gamma * zero_centred(self.score, real)
        with self.update("generator") as terms:
            terms["adversarial"] = self.loss.generator(self.score(self.generate(len(real))))
        return observed(real, fake, real_score, fake_score)

    def generate(self, n: int, *condition: Tensor) -> Tensor:
        """(n, C, r, r) from the generator in training, with fresh z and fresh noise in each layer."""
        return self.generator.synthesis(self.styles(n), self.draws, *self.stage)

    def layers_in_use(self) -> int:
        """Two at each size that has been reached."""
        return 2 * self.stage.level + 2

    def drawn(self, network: nn.Module, *inputs: Tensor) -> Tensor:
        image = network(*inputs, *self.stage, truncation=self.psi)
        return F.interpolate(image, self.growth.resolutions[-1])
