"""Energy-based GAN: the discriminator is an autoencoder that gives real images low energy."""

from collections.abc import Callable
from typing import Literal, Unpack

from torch import Tensor

from ganlab.bounds import Weight, bounded
from ganlab.errors import UserError
from ganlab.losses.similarity import mean_squared_error, pulling_away
from ganlab.models.images.base import LatentGAN, LatentOptions
from ganlab.network_types import Autoencoder
from ganlab.types import Batch, Observation, observed


class EBGAN(LatentGAN):
    """Energy-based generative adversarial network (Zhao, Mathieu, LeCun 2017, equations 1, 2 and 4).

    margin: m, the energy beyond which a fake teaches the discriminator nothing; on the scale of ``distance``.
    margin_per: of an image, or of each of its numbers, which a ``distance`` that sums over them grows with.
    pulling_away_weight: of f_PT, which keeps the codes of the generator's images apart; 0.1 in the paper's EBGAN-PT.
    distance: (B, C, H, W) twice to (B,), the energy of an image and its reconstruction.
    hinge: of each sample's energy, as in the paper, or of the batch's mean, as in a common notebook.

    Raises:
        UserError: a margin that is not positive.
    """

    discriminator: Autoencoder

    @bounded
    def __init__(
        self,
        *,
        margin: Weight = 1.0,
        margin_per: Literal["image", "number"] = "image",
        pulling_away_weight: Weight = 0.1,
        distance: Callable[[Tensor, Tensor], Tensor] = mean_squared_error,
        hinge: Literal["samples", "mean"] = "samples",
        **options: Unpack[LatentOptions],
    ) -> None:
        super().__init__(**options)
        if margin <= 0:
            raise UserError(f"model.margin={margin}: expected an energy above 0")
        self.margin, self.margin_per = margin, margin_per
        self.pulling_away_weight = pulling_away_weight
        self.distance = distance
        self.hinge = hinge

    @property
    def compares_samples(self) -> bool:
        """Whether a term is not a mean over samples that do not meet."""
        return self.pulling_away_weight > 0 or self.hinge == "mean"

    def energy(self, image: Tensor) -> Tensor:
        """D(x) = |Dec(Enc(x)) - x|, one for each image: (B,)."""
        image = self.augment(image, self.draws)
        return self.distance(image, self.discriminator(image))

    def shortfall(self, energy: Tensor, numbers: int) -> Tensor:
        """[m - E]^+, a scalar mean, of energies (B,) of images of so many numbers."""
        margin = self.margin * numbers if self.margin_per == "number" else self.margin
        missing = margin - (energy.mean() if self.hinge == "mean" else energy)
        return missing.clamp_min(0).mean()

    def training_step(self, batch: Batch, batch_idx: int) -> Observation:
        real = batch["image"]
        with self.update("discriminator") as terms:
            fake = self.replay(self.generate(len(real)).detach(), self.draws)
            real_energy, fake_energy = self.energy(real), self.energy(fake)
            terms["real"] = real_energy.mean()
            terms["fake"] = self.shortfall(fake_energy, fake[0].numel())
        with self.update("generator") as terms:
            image = self.generate(len(real))
            terms["fake"] = self.energy(image).mean()  # through both of D's arguments: the target moves too
            if self.pulling_away_weight:
                codes = self.discriminator.encoder(image)
                terms["pulling_away"] = self.pulling_away_weight * pulling_away(codes)
        return observed(real, fake, -real_energy, -fake_energy)
