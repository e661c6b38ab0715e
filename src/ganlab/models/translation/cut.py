"""CUT: one domain becomes another, and every patch keeps what told it apart from the rest of its picture."""

from collections.abc import Callable, Mapping, Sequence
from typing import Unpack

import torch
from torch import Tensor, nn

from ganlab.bounds import Positive, Share, Size, Weight, Whole, bounded
from ganlab.errors import UserError
from ganlab.losses.patch_nce import patch_nce
from ganlab.models.players import GameOptions
from ganlab.models.translation.base import NetworkFactory, TranslationFactory, observation
from ganlab.models.translation.one_way import Direction, OneWay
from ganlab.network_types import Encoder
from ganlab.types import AdversarialLoss, Batch, Observation


class CUT(OneWay):
    """Contrastive learning for unpaired image-to-image translation (Park, Efros, Zhang, Zhu 2020, equations 1 to 5).

    D moves first, with half the usual loss; then G together with F, on
    adversarial + lambda (NCE(x, G(x)) + mu NCE(y, G(y))) / (1 + mu): a patch of G(x) is to be told by the patch of x at
    its place from other patches of x, by what G's own encoder sees there and F makes of it. lambda is 1 and mu 1 in
    CUT, 10 and 0 in FastCUT, which also mirrors x in half of the steps (the authors' code).

    generator: makes G of in_channels and out_channels, which are equal, as one encoder sees both pictures.
    discriminator: makes D of channels. projection: makes F of widths, the channels of what it is shown.
    loss: what the players minimise, over all patches.
    nce_weight: lambda. identity_weight: mu. temperature: tau. patches: places in each layer, the same in all images of
    a step. taps: which layers of G are looked at, by their places on its way; null is the paper's.
    mirrored: how often G is given a picture mirrored, whose features are mirrored back before they are compared.
    direction: a_to_b, or b_to_a.

    Raises:
        UserError: domains of different channels, a generator that shows no features, or has no such layer.
    """

    generator: Encoder

    @bounded
    def __init__(
        self,
        *,
        generator: TranslationFactory,
        discriminator: NetworkFactory,
        projection: NetworkFactory,
        a_channels: Size,
        b_channels: Size,
        loss: AdversarialLoss,
        nce_weight: Weight = 1.0,
        identity_weight: Weight = 1.0,
        temperature: Positive = 0.07,
        patches: Size = 256,
        taps: Sequence[Whole] | None = None,
        mirrored: Share = 0.0,
        direction: Direction = "a_to_b",
        **options: Unpack[GameOptions],
    ) -> None:
        if a_channels != b_channels:
            raise UserError(
                f"domains of {a_channels} and {b_channels} channels: this model compares a picture with its "
                "translation in one and the same network; set data.a_channels and data.b_channels to the same number"
            )
        super().__init__(
            generator=generator,
            discriminator=discriminator,
            a_channels=a_channels,
            b_channels=b_channels,
            direction=direction,
            **options,
        )
        self.loss, self.nce_weight, self.identity_weight = loss, nce_weight, identity_weight
        self.temperature, self.patches, self.mirrored = temperature, patches, mirrored
        self.taps = taps_of(self.generator, taps)
        self.projection = projection(widths=[self.generator.tap_widths[tap] for tap in self.taps])

    def players(self) -> Mapping[str, Sequence[nn.Module]]:
        return {"discriminator": [self.discriminator], "generator": [self.generator, self.projection]}

    def training_step(self, batch: Batch, batch_idx: int) -> Observation:
        x, y = batch[self.source], batch[self.target]
        turn = mirror if self.draws.shared() < self.mirrored else unchanged
        fake = self.generator(turn(x))  # once, for both players
        with self.update("discriminator") as terms:
            real_score, fake_score = self.discriminator(y), self.discriminator(fake.detach())
            terms["adversarial"] = self.loss.discriminator(real_score.flatten(), fake_score.flatten()) / 2
        with self.update("generator") as terms:
            terms["adversarial"] = self.loss.generator(
                self.discriminator(fake).flatten(), lambda: self.discriminator(y).flatten()
            )
            weight = self.nce_weight / (1 + self.identity_weight)
            terms["nce"] = weight * self.nce(x, fake, turn)
            if self.identity_weight:
                same = self.generator(turn(y))  # G leaves what is of its domain already
                terms["nce_identity"] = weight * self.identity_weight * self.nce(y, same, turn)
        return observation(y, fake, real_score, fake_score)

    def nce(self, image: Tensor, made: Tensor, back: Callable[[Tensor], Tensor]) -> Tensor:
        """The mean over layers; ``back`` undoes what was done to the image before ``made`` was made of it."""
        queries = [back(maps) for maps in self.generator.encode(made, self.taps)]
        places = [self.draws.places(self.patches, maps.shape[2] * maps.shape[3]) for maps in queries]
        with torch.no_grad():  # the patches of the input are what is looked for, and do not move
            keys = self.projection(self.generator.encode(image, self.taps), places)
        layers = zip(self.projection(queries, places), keys, strict=True)
        return torch.stack([patch_nce(q, k, temperature=self.temperature) for q, k in layers]).mean()


def unchanged(images: Tensor) -> Tensor:
    """(B, C, H, W) as they are."""
    return images


def mirror(images: Tensor) -> Tensor:
    """(B, C, H, W), left to right; its own inverse."""
    return images.flip(3)


def taps_of(generator: nn.Module, taps: Sequence[int] | None) -> tuple[int, ...]:
    """The places to look at, in rising order; those of the generator's paper for None.

    Raises:
        UserError: the generator shows nothing, or has no such place.
    """
    widths, usual = getattr(generator, "tap_widths", ()), getattr(generator, "usual_taps", ())
    if not widths:
        raise UserError(
            f"model.generator: this model compares what its generator sees on the way, and {type(generator).__name__} "
            "does not show it; choose model/generator=resnet"
        )
    chosen = tuple(sorted(set(usual if taps is None else taps)))
    if not chosen or chosen[-1] >= len(widths):
        raise UserError(
            f"model.taps={list(taps or ())}: this generator can be looked at in places 0 to {len(widths) - 1}; null "
            "chooses some of them"
        )
    return chosen
