"""InfoGAN: codes that a recognition network can read from the image, learned without labels."""

from collections.abc import Mapping, Sequence
from typing import Literal, Unpack

from torch import Tensor, nn

from ganlab.bounds import Weight, bounded
from ganlab.errors import UserError
from ganlab.losses.information import cross_entropy, gaussian_nll
from ganlab.models.images.base import LatentGAN, LatentOptions
from ganlab.network_types import FeatureDiscriminator
from ganlab.randomness import Draws
from ganlab.types import AdversarialLoss, Batch, CodedPrior, Observation, observed


class InfoGAN(LatentGAN):
    """Information maximizing GAN (Chen et al. 2016, equation 6).

    min over G, Q and max over D of V(D, G) - lambda L_I(G, Q), where L_I = E[log Q(c | G(z, c))] + H(c) is a lower
    bound of the mutual information between the codes c and the image. Q reads the discriminator's features, which move
    with the discriminator; it is given the term as well, as in the authors' code.

    loss: V's. recognition: Q, from the discriminator's ``features`` to the category's logits and the means of the
    continuous codes. recognition_player: with whose optimizer Q's own layers move. The generator's: equation 6, where G
    and Q minimise together. The discriminator's: the authors' code, where whatever reads images is one player's.
    prior: of noise and codes. information_weight: lambda.

    Raises:
        UserError: for a prior without codes.
    """

    discriminator: FeatureDiscriminator
    prior: CodedPrior

    @bounded
    def __init__(
        self,
        *,
        loss: AdversarialLoss,
        recognition: nn.Module,
        recognition_player: Literal["generator", "discriminator"] = "generator",
        information_weight: Weight = 1.0,
        **options: Unpack[LatentOptions],
    ) -> None:
        super().__init__(**options)
        if not isinstance(self.prior, CodedPrior):
            raise UserError("InfoGAN needs a prior with codes; choose model/prior=codes")
        self.loss = loss
        self.recognition = recognition
        self.recognition_player = recognition_player
        self.information_weight = information_weight

    def players(self) -> Mapping[str, Sequence[nn.Module]]:
        players: dict[str, list[nn.Module]] = {
            "discriminator": [self.discriminator],
            "generator": [self.generator],
        }
        players[self.recognition_player].append(self.recognition)
        return players

    def judge(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Scores (B,), and what Q says of the codes (B, categories + continuous)."""
        features = self.discriminator.features(self.augment(image, self.draws))
        return self.discriminator.score(features), self.recognition(features)

    def information(self, posterior: Tensor, latent: Tensor) -> Tensor:
        """-L_I up to the constant H(c): what Q misses of the codes, in nats."""
        category, continuous = self.prior.codes(latent)
        logits, means = posterior[:, : self.prior.categories], posterior[:, self.prior.categories :]
        return cross_entropy(logits, category) + gaussian_nll(means, continuous)

    def training_step(self, batch: Batch, batch_idx: int) -> Observation:
        real = batch["image"]
        with self.update("discriminator") as terms:
            latent = self.prior(self.draws, len(real))
            fake = self.generator(latent).detach()
            real_score = self.score(real)
            fake_score, posterior = self.judge(fake)
            terms["adversarial"] = self.loss.discriminator(real_score, fake_score)
            terms["information"] = self.information_weight * self.information(posterior, latent)
        with self.update("generator") as terms:
            latent = self.prior(self.draws, len(real))
            fake_score, posterior = self.judge(self.generator(latent))
            terms["adversarial"] = self.loss.generator(fake_score, lambda: self.score(real))
            terms["information"] = self.information_weight * self.information(posterior, latent)
        return observed(real, fake, real_score, fake_score)

    def inputs(self, n: int, draws: Draws, label: int | None = None) -> tuple[Tensor, ...]:
        """Latent vectors whose category is ``label``, or each category as often, in order."""
        return (self.prior.sorted(draws, n, label),)

    def sheet(self, n: int, columns: int) -> tuple[int, int]:
        """One row for each category."""
        return self.prior.categories * columns, columns
