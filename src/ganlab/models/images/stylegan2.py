"""What games with styles share; StyleGAN2, whose regularizers take steps of their own."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, Unpack

import torch
from torch import Tensor, nn

from ganlab.bounds import Share, Size, Weight, Whole, bounded
from ganlab.errors import UserError
from ganlab.losses.adversarial import NonSaturating
from ganlab.losses.path_length import path_lengths
from ganlab.losses.penalties import require_no_batch_norm, zero_centred
from ganlab.models.images.base import LatentGAN, LatentOptions
from ganlab.models.images.labelled import LabelledGAN
from ganlab.network_types import StyledGenerator
from ganlab.randomness import Draws
from ganlab.types import Batch, Mix, Observation, observed


class StyledGAN(LatentGAN):
    """A generator that draws by a style for each layer; styles may be mixed, and truncated in sampling.

    mixing: how often the images of a step have two styles, of another z from some layer on.
    w_decay: of the mean style, which truncation brings styles to.
    """

    truncations: ClassVar[tuple[float, ...]] = (1, 0.7, 0.5, 0.3, 0)  # psi
    generator: StyledGenerator

    @bounded
    def __init__(self, *, mixing: Share = 0.0, w_decay: Share = 0.005, **options: Any) -> None:
        super().__init__(**options)
        self.mixing, self.w_decay = mixing, w_decay
        self.psi = 1.0
        self.mix: Mix | None = None  # in sampling

    def styles(self, n: int, *condition: Tensor) -> Tensor:
        """(n, layers, style_size) of fresh z; perhaps of two, the second from some layer on (section 3.2 of 2019)."""
        w = self.generator.mapping(self.prior(self.draws, n), *condition)
        self.generator.w_mean.lerp_(self.mean_over_ranks(w.detach().float().mean(0)), self.w_decay)
        styles = w[:, None].expand(-1, self.generator.layers, -1)
        if self.mixing and self.draws.shared() < self.mixing:
            other = self.generator.mapping(self.prior(self.draws, n), *condition)
            first = 1 + int(self.draws.shared() * (self.layers_in_use() - 1))  # 1 to one less than these
            styles = torch.cat([styles[:, :first], other[:, None].expand_as(styles)[:, first:]], dim=1)
        return styles

    def layers_in_use(self) -> int:
        """How many layers draw."""
        return self.generator.layers

    # -- sampling ------------------------------------------------------------------------------------------------

    @contextmanager
    def truncated(self, truncation: float | None) -> Iterator[None]:
        """Styles are w_mean + psi (w - w_mean) within, psi = ``truncation`` (Karras et al. 2019, appendix B).

        Raises:
            UserError: a psi below 0.
        """
        psi = self.psi if truncation is None else truncation
        if not psi >= 0:
            raise UserError(f"truncation={psi}: expected psi, from 0 (one image) to 1 (all of them)")
        self.psi, before = psi, self.psi
        try:
            yield
        finally:
            self.psi = before

    @contextmanager
    def mixed(self, mix: Mix | None) -> Iterator[None]:
        """Layers from ``mix`` on have the style of a second latent vector within (Karras et al. 2019, section 3.1).

        mix: counted from 0, from 1 to the last layer that draws; "random": another one for each sample.

        Raises:
            UserError: no such layer, or the first, with which nothing of the first vector would be left.
        """
        mix, last = self.mix if mix is None else mix, self.layers_in_use() - 1
        if mix not in (None, "random", *range(1, last + 1)):
            raise UserError(
                f"mix={mix}: expected the layer from which on a second style draws, from 1 to {last}, or random"
            )
        self.mix, before = mix, self.mix
        try:
            yield
        finally:
            self.mix = before

    def drawn(self, network: nn.Module, *inputs: Tensor) -> Tensor:
        return network(*inputs, truncation=self.psi)

    def samples(self, n: int, *, seed: int = 0, label: int | None = None, **options: Any) -> Iterator[Tensor]:
        """See :class:`~ganlab.models.images.base.LatentGAN`; of two latent vectors each where styles are mixed."""
        if self.mix is None:
            return super().samples(n, seed=seed, label=label, **options)
        draws, last = Draws(seed, "mix"), self.layers_in_use() - 1
        first = 1 + draws.integers(n, last) if self.mix == "random" else torch.full((n,), self.mix)
        own, second = (self.inputs(n, Draws(seed, of), label) for of in ("sample", "second"))
        return self.pictures_of((first, *own, *second), drawn=self.drawn_of_two, **options)

    def drawn_of_two(self, network: StyledGenerator, first: Tensor, *inputs: Tensor) -> Tensor:
        """(n, C, H, W) of two latent vectors with conditions: layers from ``first`` (n,) on have the second's style."""
        half = len(inputs) // 2
        parts = inputs[:half], inputs[half:]
        own, second = (network.styles(*part, truncation=self.psi) for part in parts)
        later = torch.arange(network.layers, device=first.device) >= first[:, None]
        return self.drawn_of_styles(network, torch.where(later[..., None], second, own))


class StyleGAN2(StyledGAN):
    """StyleGAN2 (Karras, Laine, Aittala, Hellsten, Lehtinen, Aila 2020, sections 3.1 and 3.2 and appendix B).

    D minimises E[softplus(-D(x))] + E[softplus(D(G(w)))], G E[softplus(-D(G(w)))]. Every ``r1_every`` steps D takes a
    step more, on R1; every ``path_every`` steps G does, on (|J^T y| - a)^2, where J is the image's derivative by the
    styles, y noise and a the mean of |J^T y|: the same step in w then changes any image by as much. Each of the four
    has z of its own. The average follows when all have been taken.

    gamma: of R1, grows with the pixels: 0.0002 pixels / batch in ADA's code, which is too weak below 64 pixels.
    path_weight, path_decay: of the second regularizer, and of a's average. r1_every, path_every: 0 for never; the
    players' optimizers should be :class:`~ganlab.techniques.lazy_adam.LazyAdam` with the same numbers.
    mixing, w_decay: see :class:`StyledGAN`.
    """

    presents: ClassVar[bool] = True
    path_mean: Tensor

    @bounded
    def __init__(
        self,
        *,
        gamma: Weight = 1.0,
        r1_every: Whole = 16,
        path_weight: Weight = 2.0,
        path_every: Whole = 0,
        path_decay: Share = 0.01,
        mixing: Share = 0.0,
        w_decay: Share = 0.005,
        **options: Unpack[LatentOptions],
    ) -> None:
        super().__init__(mixing=mixing, w_decay=w_decay, **options)
        self.loss = NonSaturating()
        self.gamma, self.r1_every = gamma, r1_every
        self.path_weight, self.path_every, self.path_decay = path_weight, path_every, path_decay
        self.register_buffer("path_mean", torch.zeros(()))
        require_no_batch_norm(self.discriminator)

    def condition(self, batch: Batch) -> tuple[Tensor, ...]:
        """What both players are told besides; nothing."""
        return ()

    def training_step(self, batch: Batch, batch_idx: int) -> Observation:
        real, condition = batch["image"], self.condition(batch)

        def score(image: Tensor) -> Tensor:
            return self.score(image, *condition)

        with self.update("generator") as terms:
            terms["adversarial"] = self.loss.generator(score(self.generate(len(real), *condition)))
        if self.every(self.path_every):
            with self.update("generator", kind="path_length") as terms:
                half = max(1, len(real) // 2)
                styles = self.styles(half, *(values[::2][:half] for values in condition))
                length = path_lengths(self.generator.synthesis, styles, self.draws)
                self.path_mean.lerp_(self.mean_over_ranks(length.detach().mean()), self.path_decay)
                penalty = (length - self.path_mean).square().mean()
                terms["path_length"] = self.path_every * self.path_weight * penalty
        with self.update("discriminator") as terms:
            real = self.presented(real, *condition)
            fake = self.fakes(len(real), *condition)
            real_score, fake_score = score(real), score(fake)
            terms["adversarial"] = self.loss.discriminator(real_score, fake_score)
        if self.every(self.r1_every):
            with self.update("discriminator", kind="r1") as terms:
                terms["r1"] = self.r1_every * self.gamma * zero_centred(score, real)
        return observed(real, fake, real_score, fake_score)

    def after_update(self, player: str) -> None:
        """The average moves once a step, when the generator has taken all of its own."""
        if player == "discriminator":
            self.average.update(self.images)

    def generate(self, n: int, *condition: Tensor) -> Tensor:
        """(n, C, H, W) from the generator in training, with fresh z and fresh noise in each layer."""
        return self.generator.synthesis(self.styles(n, *condition), self.draws)

    def fakes(self, n: int, *condition: Tensor) -> Tensor:
        """(n, C, H, W) for the discriminator's update, as constants."""
        return self.generate(n, *condition).detach()


class ConditionalStyleGAN2(LabelledGAN, StyleGAN2):
    """StyleGAN2 with labels, in the mapping and as a projection (Karras et al. 2020, ADA, appendix)."""

    @bounded
    def __init__(
        self,
        *,
        classes: Size,
        gamma: Weight = 1.0,
        r1_every: Whole = 16,
        path_weight: Weight = 2.0,
        path_every: Whole = 0,
        path_decay: Share = 0.01,
        mixing: Share = 0.0,
        w_decay: Share = 0.005,
        **options: Unpack[LatentOptions],
    ) -> None:
        super().__init__(
            classes=classes,
            gamma=gamma,
            r1_every=r1_every,
            path_weight=path_weight,
            path_every=path_every,
            path_decay=path_decay,
            mixing=mixing,
            w_decay=w_decay,
            **options,
        )

    def condition(self, batch: Batch) -> tuple[Tensor, ...]:
        return (batch["label"],)
