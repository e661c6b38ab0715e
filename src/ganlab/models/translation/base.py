"""Image to image: what all variants share that turn one picture into another."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from ganlab.errors import UserError
from ganlab.models.base import GAN
from ganlab.models.eval_mode import eval_mode
from ganlab.models.translation.tiles import at_any_size, in_tiles
from ganlab.network_types import Translation
from ganlab.randomness import derive
from ganlab.types import Batch, Observation, batch_of, observed, tensors_of

KEYS = {  # of the batches of each kind of data
    "paired": ("source", "target"),
    "semantic": ("label_map", "target"),
    "unpaired": ("a", "b"),
    "domains": ("image", "reference"),
    "super_resolution": ("low", "high"),
    "inpainting": ("image", "mask"),
}
Shape = tuple[int, ...]  # (C, H, W)
NetworkFactory = Callable[..., nn.Module]
TranslationFactory = Callable[..., Translation]


class ImageToImage(GAN):
    """A :class:`~ganlab.types.Translator`: generators of images from images, and the discriminators they play against.

    A variant gives ``outputs``, what it makes of a batch; ``networks``, its generators by direction; and ``judge``,
    what its discriminators say of a batch's real images.
    """

    has_styles: ClassVar[bool] = False  # whether pictures are translated in one of many styles
    directions: tuple[str, ...] = ("output",)

    def outputs(self, batch: Batch) -> dict[str, Tensor]:
        """What the generators make of a batch, each under the key that it predicts."""
        raise NotImplementedError

    def networks(self) -> Mapping[str, Translation]:
        """Direction -> the generator that takes an image there."""
        raise NotImplementedError

    def judge(self, batch: Batch) -> Any:
        """What the discriminators say of the real images of a batch; nothing where there is none."""

    def forward(self, image: Tensor, direction: str | None = None) -> Tensor:
        """``model(image)``: what the network of a direction, the first unless given, makes of (B, C, H, W) in [-1, 1].

        Raises:
            UserError: a direction that this model does not have, or an image of other channels.
        """
        image = image.to(self.device)
        return self._network(direction or self.directions[0], image)(image)

    # -- pictures ------------------------------------------------------------------------------------------------

    def translate(self, batch: Batch, *, seed: int = 0) -> dict[str, Tensor]:
        """:meth:`outputs` in float32, on the module's device, with all noise drawn from ``seed``."""
        batch = batch_of({key: value.to(self.device) for key, value in tensors_of(batch).items()})
        with self._inference(seed):
            return {key: value.float() for key, value in self.outputs(batch).items()}

    def panels(self, batch: Batch) -> dict[str, Tensor]:
        """What a picture of the batch shows side by side: caption -> (B, C, H, W)."""
        raise NotImplementedError

    def convert(
        self,
        image: Tensor,
        direction: str,
        *,
        mask: Tensor | None = None,
        seed: int = 0,
        tile: int | None = None,
    ) -> Tensor:
        """(1, C, H, W) of any size to (1, C', scale * H, scale * W), float32, on the module's device.

        Reflected to the multiple of pixels that the network takes, and cut off again. tile: work on overlapping squares
        of so many pixels, for pictures that do not fit into memory at once; null is the whole picture.

        Raises:
            UserError: a direction that this model does not have, an image of other channels, a mask where there is
                nothing to fill, or a tile below the network's smallest size.
        """
        return self.through(self._network(direction, image), image, mask=mask, seed=seed, tile=tile)

    def through(
        self, network: Translation, image: Tensor, *, mask: Tensor | None, seed: int, tile: int | None
    ) -> Tensor:
        """What ``convert`` says, by this network."""
        if mask is not None:
            raise UserError(
                "mask: this model translates whole pictures; only one that fills holes takes a mask"
            )
        run = partial(
            at_any_size, network, stride=network.stride, minimum=network.minimum, scale=network.scale
        )
        if tile is not None and tile < network.minimum:
            raise UserError(
                f"tile={tile}: this network needs at least {network.minimum} pixels; try tile=256"
            )
        with self._inference(seed):
            image = image.to(self.device)
            translated = run(image) if tile is None else in_tiles(run, image, tile=tile, scale=network.scale)
        return translated.float()

    def _network(self, direction: str, image: Tensor) -> Translation:
        self.require_direction(direction)
        network = self.networks()[direction]
        require_channels(image, direction, network)
        return network

    def require_direction(self, direction: str) -> None:
        """Raise UserError for a direction that this model does not have."""
        if direction not in self.directions:
            raise UserError(f"direction={direction}: this model has {' and '.join(self.directions)}")

    @contextmanager
    def interpolated(self, alpha: float | None) -> Iterator[None]:
        """What is translated within is by the weights at ``alpha`` between before and after a game; None: as it is.

        Raises:
            UserError: this model keeps nothing from before.
        """
        if alpha is not None:
            raise UserError(
                f"alpha={alpha:g}: only esrgan keeps what it was before its game; leave alpha out"
            )
        yield

    @contextmanager
    def _inference(self, seed: int) -> Iterator[None]:
        """Generators in eval mode, with noise from ``seed`` alone; modes and random state are as before afterwards."""
        gpus = [self.device] if self.device.type == "cuda" else []
        with (
            torch.no_grad(),
            eval_mode(*self.players()["generator"]),
            torch.random.fork_rng(gpus),
        ):
            torch.manual_seed(derive(seed, "translate"))
            yield

    # -- before training -----------------------------------------------------------------------------------------

    def expected(self, shapes: Mapping[str, Shape]) -> dict[str, Shape]:
        """The shape that each of the :meth:`outputs` must have."""
        return dict(shapes)

    @torch.no_grad()
    def check(self, shapes: Mapping[str, Shape], classes: Sequence[str] = ()) -> None:
        """Send one example through all players before any training.

        shapes: (C, H, W) of each key of a batch.

        Raises:
            UserError: a generator cannot read the data or makes another shape, or a discriminator cannot read it.
        """
        self.require_keys(shapes)
        batch = self.example(shapes)
        expected = self.expected(shapes)
        with eval_mode(*(network for player in self.players().values() for network in player)):
            with _explained("generator", shapes):
                translated = self.outputs(batch)
            for key in translated.keys() & expected.keys():
                if translated[key].shape[1:] != expected[key]:
                    raise UserError(
                        f"the generator makes {_sizes({key: tuple(translated[key].shape[1:])})}, and it should be "
                        f"{_sizes({key: expected[key]})}; set data.image_size or choose another model/generator"
                    )
            with _explained("discriminator", shapes):
                self.judge(batch)

    def example(self, shapes: Mapping[str, Shape]) -> Batch:
        """A batch of one black example."""
        return batch_of({key: torch.zeros(1, *shape) for key, shape in shapes.items()})

    def require_keys(self, present: Collection[str]) -> None:
        """Raises UserError unless batches have all keys of this model's kind of data."""
        for key in KEYS.get(self.data_kind, ()):
            if key not in present:
                raise UserError(
                    f"this model needs {self.data_kind} data, whose batches hold {key!r}; these hold "
                    f"{', '.join(map(repr, present))}"
                )


@contextmanager
def _explained(player: str, shapes: Mapping[str, Shape]) -> Iterator[None]:
    """What a network raises becomes a sentence about the data and the player."""
    try:
        yield
    except (RuntimeError, ValueError) as error:
        raise UserError(
            f"the {player} cannot read {_sizes(shapes)} ({error}); set data.image_size, sizes that networks share to "
            f"the same number, or choose another model/{player}"
        ) from error


def observation(real: Tensor, fake: Tensor, real_score: Tensor, fake_score: Tensor) -> Observation:
    """Detached, with the mean of each image's patches as its score."""
    return observed(real, fake, per_image(real_score), per_image(fake_score))


def per_image(score: Tensor) -> Tensor:
    """Scores (B,), or of patches (B, 1, h, w), to their means (B,), detached."""
    return score.detach().float().reshape(len(score), -1).mean(dim=1)


def _sizes(shapes: Mapping[str, Shape]) -> str:
    return ", ".join(f"{key} of {' x '.join(map(str, shape))}" for key, shape in shapes.items())


def require_channels(image: Tensor, direction: str, network: Translation) -> None:
    """Raise UserError unless ``image`` is (1, C, H, W) with the channels that the network of a direction takes."""
    if image.ndim != 4 or image.shape[1] != network.in_channels:
        raise UserError(
            f"an image of shape {tuple(image.shape)}: {direction} takes (1, {network.in_channels}, height, width)"
        )
