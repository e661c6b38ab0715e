"""SAGAN's and BigGAN's networks: residual, spectrally normalized in both players, with attention at some sizes."""

from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from ganlab.bounds import Size
from ganlab.errors import UserError
from ganlab.layers.attention import SelfAttention
from ganlab.layers.init import xavier_uniform
from ganlab.layers.labels import embedded
from ganlab.layers.norms import ConditionalBatchNorm2d, VectorBatchNorm2d
from ganlab.layers.resblocks import UpBlock, down_block, first_down_block, plain_block
from ganlab.layers.spectral import spectrally_normalized
from ganlab.networks.sizes import doublings


class _Upward(nn.Module):
    """Doubling blocks from 4 x 4 maps on, with attention after those that end at certain sizes."""

    def __init__(
        self,
        *,
        channels: int,
        image_size: int,
        width: int,
        multipliers: Sequence[int] | None,
        attention: Sequence[int],
        norm: Callable[[int], nn.Module],
    ) -> None:
        super().__init__()
        levels = doublings("this generator", image_size)
        widths = _widths(width, multipliers or [1] * (levels + 1), levels + 1, f"4 to {image_size} pixels")
        sizes = [4 * 2**level for level in range(1, levels + 1)]
        require_sizes(attention, sizes)
        self.first_width = widths[0]
        self.blocks = nn.ModuleList(UpBlock(a, norm, out=b) for a, b in pairwise(widths))
        self.attention = nn.ModuleList(
            SelfAttention(wide) if size in attention else nn.Identity()
            for size, wide in zip(sizes, widths[1:], strict=True)
        )
        last = nn.Conv2d(widths[-1], channels, 3, padding=1)
        self.output = nn.Sequential(nn.BatchNorm2d(widths[-1]), nn.ReLU(), last)

    def forward(self, maps: Tensor, conditions: Sequence[Tensor]) -> Tensor:
        """conditions: what each block's norms are told."""
        for block, attention, condition in zip(self.blocks, self.attention, conditions, strict=True):
            maps = attention(block(maps, condition))
        return self.output(maps).tanh()


class SAGANGenerator(nn.Module):
    """z (B, latent_size), label (B,) to (B, channels, image_size, image_size) in [-1, 1] (Zhang et al. 2019).

    A gain and an offset for each class in every norm of the blocks. width times ``multipliers``: channels at 4, 8, 16,
    ... pixels; none: ``width`` everywhere. attention: the sizes that it stands at. init: of all weights.
    Sizes: 8, 16, 32, ...
    """

    def __init__(
        self,
        *,
        latent_size: Size = 128,
        classes: Size = 10,
        channels: Size = 3,
        image_size: Size = 32,
        width: Size = 32,
        multipliers: Sequence[Size] | None = None,
        attention: Sequence[Size] = (8,),
        init: Callable[[nn.Module], None] = xavier_uniform,
    ) -> None:
        super().__init__()
        self.upward = _Upward(
            channels=channels,
            image_size=image_size,
            width=width,
            multipliers=multipliers,
            attention=attention,
            norm=lambda wide: ConditionalBatchNorm2d(wide, classes),
        )
        wide = self.upward.first_width
        self.project = nn.Sequential(nn.Linear(latent_size, 16 * wide), nn.Unflatten(1, (wide, 4, 4)))
        for part in self.modules():
            if isinstance(part, nn.Linear | nn.Conv2d):
                init(part)
                spectrally_normalized(part)

    def forward(self, z: Tensor, label: Tensor) -> Tensor:
        return self.upward(self.project(z), [label] * len(self.upward.blocks))


class BigGANGenerator(nn.Module):
    """z (B, latent_size), label (B,) to images as :class:`SAGANGenerator` (Brock et al. 2019, appendix B).

    z is cut into equal chunks: the first begins, each block's norms read the next beside the class's embedding, which
    all share. embedding_size: of a class. latent_size: a multiple of one more than there are blocks.

    Raises:
        UserError: a z that cannot be cut so.
    """

    def __init__(
        self,
        *,
        latent_size: Size = 60,
        classes: Size = 10,
        embedding_size: Size = 32,
        channels: Size = 3,
        image_size: Size = 32,
        width: Size = 32,
        multipliers: Sequence[Size] | None = None,
        attention: Sequence[Size] = (8,),
        init: Callable[[nn.Module], None] = xavier_uniform,
    ) -> None:
        super().__init__()
        chunks = doublings("BigGAN", image_size) + 1
        if latent_size % chunks:
            raise UserError(
                f"latent_size={latent_size}: BigGAN at {image_size} pixels cuts z into {chunks} equal chunks; try "
                f"model.prior.size={chunks * max(1, round(latent_size / chunks))}"
            )
        self.chunk = latent_size // chunks
        self.upward = _Upward(
            channels=channels,
            image_size=image_size,
            width=width,
            multipliers=multipliers,
            attention=attention,
            norm=lambda wide: VectorBatchNorm2d(wide, embedding_size + self.chunk),
        )
        wide = self.upward.first_width
        self.project = nn.Sequential(nn.Linear(self.chunk, 16 * wide), nn.Unflatten(1, (wide, 4, 4)))
        self.apply(init)
        spectrally_normalized(self)
        self.embedding = nn.Embedding(classes, embedding_size)
        init(self.embedding)

    def forward(self, z: Tensor, label: Tensor) -> Tensor:
        first, *chunks = z.split(self.chunk, dim=1)
        shared = embedded(self.embedding, label)  # (B, embedding_size)
        return self.upward(self.project(first), [torch.cat([shared, chunk], dim=1) for chunk in chunks])


class AttentiveDiscriminator(nn.Module):
    """images (B, channels, image_size, image_size), label (B,) to raw scores (B,): psi(h) + <V_y, h>.

    Of SAGAN and BigGAN alike. Blocks that halve the maps down to ``smallest`` pixels, then blocks that do not; h is
    the sum over pixels. multipliers: of ``width`` after each block; none: ``width``, and two blocks that do not
    halve. attention: after the first block that ends at each of these sizes. init: of all weights.
    """

    def __init__(
        self,
        *,
        classes: Size = 10,
        channels: Size = 3,
        image_size: Size = 32,
        width: Size = 32,
        multipliers: Sequence[Size] | None = None,
        smallest: Size = 8,
        attention: Sequence[Size] = (8,),
        init: Callable[[nn.Module], None] = xavier_uniform,
    ) -> None:
        super().__init__()
        halvings = doublings("this discriminator", image_size, start=smallest)
        multipliers = multipliers or [1] * (halvings + 2)
        widths = _widths(width, multipliers, max(len(multipliers), halvings), f"{halvings} halvings")
        sizes = [image_size // 2 ** min(block, halvings) for block in range(1, len(widths) + 1)]
        require_sizes(attention, sizes)
        parts: list[nn.Module] = []
        for block, (size, wide) in enumerate(zip(sizes, widths, strict=True)):
            if block == 0:
                parts.append(first_down_block(channels, wide))
            else:
                parts.append((down_block if block < halvings else plain_block)(widths[block - 1], wide))
            if size in attention and size not in sizes[:block]:
                parts.append(SelfAttention(wide))
        self.trunk = nn.Sequential(*parts, nn.ReLU())
        self.head, self.embedding = nn.Linear(widths[-1], 1), nn.Embedding(classes, widths[-1])
        self.apply(init)
        init(self.embedding)
        spectrally_normalized(self)

    def forward(self, images: Tensor, label: Tensor) -> Tensor:
        h = self.trunk(images).sum((2, 3))
        return self.head(h).squeeze(1) + (embedded(self.embedding, label) * h).sum(1)


def require_sizes(attention: Sequence[int], sizes: Sequence[int]) -> None:
    """Raises UserError for attention at a size that the maps never have."""
    for size in attention:
        if size not in sizes:
            raise UserError(
                f"attention={[*attention]}: no block ends at {size} pixels; there are {sorted(set(sizes))}"
            )


def _widths(width: int, multipliers: Sequence[int], needed: int, what: str) -> list[int]:
    if len(multipliers) != needed:
        raise UserError(f"multipliers={[*multipliers]}: {what} need {needed} of them")
    return [width * multiplier for multiplier in multipliers]
