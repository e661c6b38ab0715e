"""What is drawn of captions: everything that a text-to-image model is asked for, in training or afterwards."""

from collections.abc import Iterator, Sequence
from typing import Any, cast

import torch
from torch import Tensor, nn

from ganlab.errors import UserError
from ganlab.models.captions.phrasebook import Phrasebook, evenly
from ganlab.models.images.base import LatentGAN
from ganlab.network_types import TextEncoder
from ganlab.randomness import Draws
from ganlab.types import Mix


class Painter(nn.Module):
    """z (B, latent), captions (B, L) to images: an encoder that reads, and a generator of z and embeddings.

    Embeddings (B, size) may come in the place of captions, as they are on the way from one to another.

    One module, so that an average over training takes both along: a generator understands the encoder of its own time.
    """

    def __init__(self, encoder: TextEncoder, network: nn.Module) -> None:
        super().__init__()
        self.encoder, self.network = encoder, network

    def forward(self, z: Tensor, caption: Tensor) -> Tensor:
        return self.network(z, caption if caption.is_floating_point() else self.encoder(caption))


class DrawsCaptions(LatentGAN):
    """A generator that draws captions, and the words and captions that it knows.

    encoder: captions (B, L) -> embeddings (B, size).  generator: z, embeddings -> images.
    """

    generator: Painter

    def __init__(self, *, encoder: TextEncoder, **options: Any) -> None:
        super().__init__(**options | {"generator": Painter(encoder, options["generator"])})
        self.book = Phrasebook()

    def average_painter(self) -> Painter:
        """The generator with averaged weights, with the encoder of its time."""
        return cast("Painter", self.average.current())

    def sample(
        self,
        n: int,
        *,
        seed: int = 0,
        label: int | None = None,
        caption: str | None = None,
        averaged: bool = True,
        truncation: float | None = None,
        mix: Mix | None = None,
        batch_size: int = 250,
    ) -> Tensor:
        """(n, C, H, W) in [-1, 1] on the CPU: n times the caption, else captions of the data, evenly from all.

        Raises:
            UserError: for a caption with words that the model does not know.
        """
        if caption is not None:
            self.book.lexicon.require(caption)
        with self.truncated(truncation), self.mixed(mix):
            if caption is None:
                return super().sample(n, seed=seed, label=label, averaged=averaged, batch_size=batch_size)
            parts = self.draw([caption] * n, seed=seed, averaged=averaged, batch_size=batch_size)
            return torch.cat([part.cpu() for part in parts])

    def draw(
        self,
        captions: Sequence[str],
        *,
        seed: int = 0,
        averaged: bool = True,
        batch_size: int = 250,
        rank: int = 0,
        world: int = 1,
    ) -> Iterator[Tensor]:
        """One image for each caption, in batches, on the module's device; each ``world``-th from ``rank`` on.

        Words that the model does not know are read as the one token that stands for them all.
        """
        inputs = self.prior(Draws(seed, "sample"), len(captions)), self.book.ids(captions)
        return self.pictures_of(inputs, averaged=averaged, batch_size=batch_size, rank=rank, world=world)

    def inputs(self, n: int, draws: Draws, label: int | None = None) -> tuple[Tensor, ...]:
        """Latent vectors (n, size) and captions (n, L) of those trained on, evenly from all.

        Raises:
            UserError: if a class is asked for by its number.
        """
        if label is not None:
            raise UserError(f'label={label}: this model draws captions; say what, as in caption="..."')
        return self.prior(draws, n), self.book.ids(evenly(self.book.captions, n))

    def table(
        self,
        captions: Sequence[str],
        columns: int,
        *,
        seed: int = 0,
        averaged: bool = True,
        batch_size: int = 250,
    ) -> Tensor:
        """(len(captions) * columns, C, H, W) on the CPU: a row for each caption, a column for each z.

        Captions are read as by ``draw``.
        """
        z = self.prior(Draws(seed, "sample"), columns).repeat(len(captions), 1)
        ids = self.book.ids(captions).repeat_interleave(columns, 0)
        parts = self.pictures_of((z, ids), averaged=averaged, batch_size=batch_size)
        return torch.cat([part.cpu() for part in parts])
