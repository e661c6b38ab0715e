"""StarGAN v2: several domains, and many styles of each."""

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from typing import ClassVar, Unpack, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from ganlab.bounds import Size, Weight, bounded
from ganlab.errors import UserError
from ganlab.losses.penalties import zero_centred
from ganlab.losses.similarity import l1
from ganlab.models.players import GameOptions
from ganlab.models.translation.base import ImageToImage, NetworkFactory, Shape, require_channels
from ganlab.network_types import NoiseToStyle, PictureToStyle, StyledTranslation, Translation
from ganlab.randomness import Draws
from ganlab.techniques.ema import Average
from ganlab.techniques.schedules import Schedule
from ganlab.types import AdversarialLoss, Batch, Observation, observed

Terms = dict[str, Tensor]
MAKERS = ("generator", "mapping", "encoder")


class StarGANv2(ImageToImage):
    """StarGAN v2: diverse image synthesis for multiple domains (Choi, Uh, Yoo, Ha 2020, equations 1 to 6).

    A style of a domain is made of noise, s = F(z, domain), or seen in a picture, s = E(reference, domain); G(x, s) is
    the picture in that style. D has a head for each domain. D moves twice, on fakes by either kind of style, each time
    with R1; then G, F and E together by styles that were drawn, and G alone by those of references, on
    adversarial + |E(G(x, s)) - s| - lambda_ds |G(x, s) - G(x, s')| + lambda_cyc |G(G(x, s), E(x)) - x|.

    generator, mapping, encoder, discriminator: make G of channels, F of domains, E and D of channels and domains.
    domains: their names, of which labels are the numbers; pictures are translated in the direction of one.
    average: of the weights of G, F and E each, which pictures are made by.
    gamma: of R1. style_weight, cycle_weight: lambda_sty, lambda_cyc. diversity_weight: lambda_ds, a number or a
    function of the images seen; the authors' falls to 0 with the run.
    """

    data_kind: ClassVar[str] = "domains"
    has_styles: ClassVar[bool] = True
    generator: StyledTranslation
    mapping: NoiseToStyle
    encoder: PictureToStyle

    @bounded
    def __init__(
        self,
        *,
        generator: Callable[..., StyledTranslation],
        mapping: Callable[..., NoiseToStyle],
        encoder: Callable[..., PictureToStyle],
        discriminator: NetworkFactory,
        domains: Sequence[str],
        channels: Size,
        loss: AdversarialLoss,
        average: Average,
        gamma: Weight = 1.0,
        style_weight: Weight = 1.0,
        cycle_weight: Weight = 1.0,
        diversity_weight: Weight | Schedule = 1.0,
        **options: Unpack[GameOptions],
    ) -> None:
        super().__init__(**options)
        self.directions = tuple(domains)
        if len(set(domains)) < 2:
            raise UserError(
                f"model.domains={list(domains)}: pictures are taken from one domain to another, so at least two are "
                "needed; data=domains has a folder for each"
            )
        self.generator = generator(channels=channels)
        self.mapping = mapping(domains=len(domains))
        self.encoder = encoder(channels=channels, domains=len(domains))
        self.discriminator = discriminator(channels=channels, domains=len(domains))
        self.averages = nn.ModuleDict()
        for name in MAKERS:
            own = deepcopy(average)
            own.follow(getattr(self, name))
            self.averages[name] = own
        self.loss, self.gamma = loss, gamma
        self.style_weight, self.cycle_weight = style_weight, cycle_weight
        self.diversity_weight = diversity_weight

    def players(self) -> Mapping[str, Sequence[nn.Module]]:
        return {
            "discriminator": [self.discriminator],
            "generator": [self.generator],
            "mapping": [self.mapping],
            "encoder": [self.encoder],
        }

    def training_step(self, batch: Batch, batch_idx: int) -> Observation:
        x, y, wanted = batch["image"], batch["label"], batch["wanted"]
        z, other_z = self.latents(len(x)), self.latents(len(x))
        with self.update("discriminator") as terms:
            fake = self.generator(x, self.mapping(z, wanted)).detach()
            real_score, fake_score = self.discriminator(x, y), self.discriminator(fake, wanted)
            terms["adversarial"] = self.loss.discriminator(real_score, fake_score)
            terms["r1"] = self.gamma * zero_centred(lambda image: self.discriminator(image, y), x)
        with self.update("discriminator", kind="reference") as terms:
            styled = self.generator(x, self.encoder(batch["reference"], wanted)).detach()
            scores = self.discriminator(x, y), self.discriminator(styled, wanted)
            terms["adversarial_reference"] = self.loss.discriminator(*scores)
            terms["r1_reference"] = self.gamma * zero_centred(lambda image: self.discriminator(image, y), x)
        with self.update("generator", "mapping", "encoder") as terms:
            terms |= self.terms(batch, self.mapping(z, wanted), self.mapping(other_z, wanted))
        with self.update("generator", kind="reference") as terms:
            seen = (self.encoder(batch[key], wanted) for key in ("reference", "second"))
            terms |= {f"{name}_reference": value for name, value in self.terms(batch, *seen).items()}
        for average in self.followers() if self.last_part else ():
            average.update(self.images)
        return observed(x, fake, real_score, fake_score)

    def terms(self, batch: Batch, style: Tensor, other: Tensor) -> Terms:
        """What G, F and E minimise, with x in a style of the wanted domain, and in another."""
        x, y, wanted = batch["image"], batch["label"], batch["wanted"]
        made = self.generator(x, style)
        score = self.discriminator(made, wanted)
        apart = l1(made, self.generator(x, other).detach())
        back = self.generator(made, self.encoder(x, y))
        return {
            "adversarial": self.loss.generator(score, lambda: self.discriminator(x, y)),
            "style": self.style_weight * (self.encoder(made, wanted) - style).float().abs().mean(),
            "diversity": -self.present_diversity_weight() * apart,
            "cycle": self.cycle_weight * l1(back, x),
        }

    def present_diversity_weight(self) -> float:
        """lambda_ds after the images seen so far."""
        weight = self.diversity_weight
        return weight(self.images) if callable(weight) else weight

    def latents(self, n: int) -> Tensor:
        """(n, latent_size) of noise."""
        return self.draws.normal(n, self.latent_size)

    @property
    def latent_size(self) -> int:
        """Numbers of z."""
        return self.mapping.latent_size

    # -- pictures ------------------------------------------------------------------------------------------------

    def followers(self) -> list[Average]:
        """The averages of G, F and E."""
        return [cast(Average, self.averages[name]) for name in MAKERS]

    def making(self) -> tuple[nn.Module, nn.Module, nn.Module]:
        """G, F and E as pictures are made by them."""
        generator, mapping, encoder = (average.current() for average in self.followers())
        return generator, mapping, encoder

    def networks(self) -> Mapping[str, Translation]:
        return {name: self.in_style(self.style(name)) for name in self.directions}

    def in_style(self, style: Tensor) -> "InStyle":
        """G with one style (1, style_size)."""
        return InStyle(self.generator, self.making()[0], style)

    @torch.no_grad()
    def style(self, direction: str, *, reference: Tensor | None = None, seed: int = 0) -> Tensor:
        """(1, style_size) of the domain: of a reference (1, C, H, W) of any size, or drawn with ``seed``."""
        _, mapping, encoder = self.making()
        domain = torch.full((1,), self.directions.index(direction), device=self.device)
        if reference is None:
            return mapping(Draws(seed, "style").normal(1, self.latent_size).to(self.device), domain)
        size = (self.encoder.image_size,) * 2  # as held-out pictures, whatever their shape
        fitted = interpolate(reference.to(self.device), size, mode="bilinear", antialias=True)
        return encoder(fitted, domain)

    def convert(
        self,
        image: Tensor,
        direction: str,
        *,
        mask: Tensor | None = None,
        seed: int = 0,
        tile: int | None = None,
        reference: Tensor | None = None,
    ) -> Tensor:
        """See :meth:`ImageToImage.convert`; in the style of :meth:`style`."""
        self.require_direction(direction)
        network = self.in_style(self.style(direction, reference=reference, seed=seed))
        require_channels(image, direction, network)
        return self.through(network, image, mask=mask, seed=seed, tile=tile)

    def outputs(self, batch: Batch) -> dict[str, Tensor]:
        generator, mapping, encoder = self.making()
        x, wanted = batch["image"], batch["wanted"]
        z = torch.randn(len(x), self.latent_size, device=x.device)
        return {
            "latent": generator(x, mapping(z, wanted)),
            "reference": generator(x, encoder(batch["reference"], wanted)),
        }

    def panels(self, batch: Batch) -> dict[str, Tensor]:
        made = self.translate(batch)
        return {
            "picture": batch["image"],
            "reference": batch["reference"],
            "in its style": made["reference"],
            "in a style drawn": made["latent"],
            "in another": self.translate(batch, seed=1)["latent"],
        }

    # -- before training -----------------------------------------------------------------------------------------

    def judge(self, batch: Batch) -> Tensor:
        return self.discriminator(batch["image"], batch["label"])

    def example(self, shapes: Mapping[str, Shape]) -> Batch:
        nowhere = torch.zeros(1, dtype=torch.int64)
        return Batch(**super().example(shapes), label=nowhere, wanted=nowhere)

    def expected(self, shapes: Mapping[str, Shape]) -> dict[str, Shape]:
        return dict.fromkeys(("latent", "reference"), shapes["image"])

    def check(self, shapes: Mapping[str, Shape], classes: Sequence[str] = ()) -> None:
        if classes and len(classes) != len(self.directions):
            raise UserError(
                f"model.domains={list(self.directions)}: the data has the {len(classes)} domains {', '.join(classes)}"
            )
        super().check(shapes, classes)


class InStyle(Translation):
    """Pictures (B, C, H, W) to one domain, in one style (1, style_size)."""

    style: Tensor
    scale = 1

    def __init__(self, like: StyledTranslation, generator: nn.Module, style: Tensor) -> None:
        super().__init__()
        self.in_channels, self.stride, self.minimum = like.in_channels, like.stride, like.minimum
        self.generator = generator
        self.register_buffer("style", style)

    def forward(self, images: Tensor) -> Tensor:
        return self.generator(images, self.style.expand(images.shape[0], -1))
