"""The networks of StackGAN: a small picture from noise and text, and a larger one from that and the text again."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ganlab.bounds import Size
from ganlab.errors import UserError
from ganlab.layers.init import init_normal
from ganlab.layers.resblocks import Residual
from ganlab.network_types import FirstStage, SecondStage, TwoStages
from ganlab.networks.sizes import doublings, require_size


class ConditioningAugmentation(nn.Module):
    """text (B, text_size) to mean and log variance of a Gaussian, (B, size) each (Zhang et al. 2017, section 3.2)."""

    def __init__(self, *, text_size: Size, size: Size) -> None:
        super().__init__()
        self.size = size
        self.linear = nn.Linear(text_size, 2 * size)

    def forward(self, text: Tensor) -> tuple[Tensor, Tensor]:
        mean, log_variance = self.linear(text).relu().chunk(2, dim=1)
        return mean, log_variance


class StageOneGenerator(FirstStage):
    """z (B, latent_size), text (B, text_size) to (B, channels, image_size, image_size) in [-1, 1].

    z is noise and the epsilon of the conditioning augmentation, side by side: c = mean + sigma * epsilon joins the
    noise, and maps of 4 x 4 double by nearest neighbours. Sizes: 8, 16, 32, 64, ...
    """

    def __init__(
        self,
        *,
        latent_size: Size = 228,
        text_size: Size = 1024,
        condition_size: Size = 128,
        channels: Size = 3,
        image_size: Size = 64,
        width: Size = 128,
    ) -> None:
        super().__init__()
        steps = doublings("StackGAN's first stage", image_size)
        wide = width * 2 ** (steps - 1)
        self.condition = ConditioningAugmentation(text_size=text_size, size=condition_size)
        self.project = nn.Sequential(
            nn.Linear(latent_size, 16 * wide, bias=False), nn.BatchNorm1d(16 * wide), nn.ReLU(inplace=True)
        )
        blocks = [layer for step in range(steps) for layer in up(wide >> step, wide >> (step + 1))]
        self.layers = nn.Sequential(
            nn.Unflatten(1, (wide, 4, 4)), *blocks, conv3(wide >> steps, channels), nn.Tanh()
        )
        self.apply(init_normal)

    def forward(self, z: Tensor, text: Tensor) -> Tensor:
        return self.paint(z, *self.condition(text))

    def paint(self, z: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
        """(B, channels, image_size, image_size) for a condition N(mean, exp(log_variance))."""
        noise, epsilon = z.split((z.shape[1] - mean.shape[1], mean.shape[1]), dim=1)
        c = mean + (log_variance / 2).exp() * epsilon
        return self.layers(self.project(torch.cat([noise, c], dim=1)))


class StageTwoGenerator(SecondStage):
    """epsilon (B, condition_size), text (B, text_size), small images to (B, channels, image_size, image_size).

    The small image is brought to a quarter of its size, joined with the text at each place, worked on by residual
    blocks and doubled again by nearest neighbours (Zhang et al. 2017, section 3.4; 64 to 256 pixels there).
    """

    def __init__(
        self,
        *,
        text_size: Size = 1024,
        condition_size: Size = 128,
        channels: Size = 3,
        small_size: Size = 64,
        image_size: Size = 256,
        width: Size = 128,
        residual_blocks: Size = 4,
    ) -> None:
        super().__init__()
        legal = [small_size * 2**step for step in range(8)]
        require_size(
            image_size, legal, f"StackGAN's second stage doubles {small_size} once or more, or keeps it"
        )
        steps = doublings("StackGAN's second stage", image_size, start=small_size // 4)
        wide = 4 * width
        self.condition = ConditioningAugmentation(text_size=text_size, size=condition_size)
        self.encode = nn.Sequential(
            conv3(channels, width),
            nn.ReLU(inplace=True),
            *down(width, 2 * width, nn.ReLU(inplace=True)),
            *down(2 * width, wide, nn.ReLU(inplace=True)),
        )
        self.join = nn.Sequential(
            conv3(condition_size + wide, wide), nn.BatchNorm2d(wide), nn.ReLU(inplace=True)
        )
        narrow = [max(1, wide >> step) for step in range(steps + 1)]
        blocks = [layer for step in range(steps) for layer in up(narrow[step], narrow[step + 1])]
        self.layers = nn.Sequential(
            *(layer for _ in range(residual_blocks) for layer in (_residual(wide), nn.ReLU(inplace=True))),
            *blocks,
            conv3(narrow[-1], channels),
            nn.Tanh(),
        )
        self.apply(init_normal)

    def paint(self, epsilon: Tensor, small: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
        """(B, channels, image_size, image_size) for a condition N(mean, exp(log_variance))."""
        c = mean + (log_variance / 2).exp() * epsilon
        maps = self.encode(small)  # (B, 4 width, small / 4, small / 4)
        text_maps = c[:, :, None, None].expand(-1, -1, *maps.shape[2:])
        return self.layers(self.join(torch.cat([maps, text_maps], dim=1)))

    def forward(self, epsilon: Tensor, small: Tensor, text: Tensor) -> Tensor:
        return self.paint(epsilon, small, *self.condition(text))


class StackedGenerator(TwoStages):
    """z (B, latent_size), text (B, text_size) to (B, channels, image_size, image_size) in [-1, 1]: both stages.

    z is noise and one epsilon of ``condition_size`` for each stage. While the second stage has not begun, images are
    those of the first, of ``small_size``, enlarged by nearest neighbours.
    """

    def __init__(
        self,
        *,
        latent_size: Size = 356,
        text_size: Size = 1024,
        condition_size: Size = 32,
        channels: Size = 3,
        small_size: Size = 16,
        image_size: Size = 256,
        width: Size = 24,
        residual_blocks: Size = 2,
    ) -> None:
        super().__init__()
        if latent_size <= 2 * condition_size:
            raise UserError(
                f"latent_size={latent_size}: it holds noise beside 2 x {condition_size} numbers for the conditioning "
                f"augmentation; try model.prior.size={100 + 2 * condition_size}"
            )
        shared = {
            "text_size": text_size,
            "condition_size": condition_size,
            "channels": channels,
            "width": width,
        }
        self.small_size, self.image_size = small_size, image_size
        self.condition_size = condition_size
        self.first = StageOneGenerator(
            latent_size=latent_size - condition_size, image_size=small_size, **shared
        )
        self.second = StageTwoGenerator(
            small_size=small_size, image_size=image_size, residual_blocks=residual_blocks, **shared
        )
        self.register_buffer("second_has_begun", torch.tensor(False))

    def split(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """The first stage's z, and the second's epsilon."""
        return z[:, : -self.condition_size], z[:, -self.condition_size :]

    def forward(self, z: Tensor, text: Tensor) -> Tensor:
        return self.draw(z, text, both=bool(self.second_has_begun))

    def draw(self, z: Tensor, text: Tensor, *, both: bool) -> Tensor:
        own, epsilon = self.split(z)
        small = self.first(own, text)
        return self.second(epsilon, small, text) if both else F.interpolate(small, self.image_size)


def conv3(inputs: int, outputs: int) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)


def up(inputs: int, outputs: int) -> list[nn.Module]:
    """To twice the size."""
    upsample = nn.Upsample(scale_factor=2)
    return [upsample, conv3(inputs, outputs), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)]


def down(
    inputs: int, outputs: int, activation: nn.Module, norm: Callable[[int], nn.Module] = nn.BatchNorm2d
) -> list[nn.Module]:
    """To half the size."""
    conv = nn.Conv2d(inputs, outputs, 4, stride=2, padding=1, bias=False)
    return [conv, norm(outputs), activation]


def _residual(width: int) -> Residual:
    branch = [conv3(width, width), nn.BatchNorm2d(width), nn.ReLU(inplace=True)]
    return Residual(nn.Sequential(*branch, conv3(width, width), nn.BatchNorm2d(width)), nn.Identity())
