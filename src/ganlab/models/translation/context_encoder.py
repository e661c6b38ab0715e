"""Context encoders: what is missing in a picture, from what surrounds it."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Unpack

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ganlab.bounds import Weight, Whole, bounded
from ganlab.errors import UserError
from ganlab.losses.similarity import weighted_l2
from ganlab.models.players import GameOptions
from ganlab.models.translation.base import ImageToImage, Shape, observation
from ganlab.models.translation.holes import around, fill_within_a_square, middle
from ganlab.network_types import Completion, Translation
from ganlab.types import AdversarialLoss, Batch, Observation


class ContextEncoder(ImageToImage):
    """Context encoders: feature learning by inpainting (Pathak et al. 2016, equations 1 to 3); a hole in the middle.

    G sees the picture with the hole filled by one colour and makes its middle, the hole and perhaps a band of known
    pixels around it. D sees middles only, real or made. G minimises the weighted squared error, to which the band
    counts ``overlap_weight`` times, and -log D.

    generator: a picture (B, C, S, S) to its middle (B, C, s, s). discriminator: middles to scores (B,).
    loss: what D minimises, and G beside the error.
    l2_weight, adversarial_weight: 0.999 and 0.001 in the paper.
    overlap: how many pixels wide the band is, as far as the middle reaches; 4 in the authors' code.
    fill: the colour, a number for each channel or one for all, in [-1, 1].

    Raises:
        UserError: an overlap below 0.
    """

    data_kind: ClassVar[str] = "inpainting"

    fill: Tensor

    @bounded
    def __init__(
        self,
        *,
        generator: Completion,
        discriminator: nn.Module,
        loss: AdversarialLoss,
        fill: Sequence[float],
        l2_weight: Weight = 0.999,
        adversarial_weight: Weight = 0.001,
        overlap: Whole = 4,
        overlap_weight: Weight = 10.0,
        **options: Unpack[GameOptions],
    ) -> None:
        super().__init__(**options)
        self.generator, self.discriminator, self.loss = generator, discriminator, loss
        self.l2_weight, self.adversarial_weight = l2_weight, adversarial_weight
        self.overlap, self.overlap_weight = overlap, overlap_weight
        self.register_buffer("fill", torch.tensor(fill)[:, None, None], persistent=False)

    def players(self) -> Mapping[str, Sequence[nn.Module]]:
        return {"discriminator": [self.discriminator], "generator": [self.generator]}

    def training_step(self, batch: Batch, batch_idx: int) -> Observation:
        image, mask = batch["image"], batch["mask"]
        require_pair(image)
        output = self.generator(self.hide(image, mask))  # once, for both players
        if self.steps == 1:
            self.require_reach(output, mask)
        real, fake = middle(image, output), self.shown(output, image, mask)
        with self.update("discriminator") as terms:
            real_score, fake_score = self.discriminator(real), self.discriminator(fake.detach())
            terms["adversarial"] = self.loss.discriminator(real_score, fake_score)
        with self.update("generator") as terms:
            terms["l2"] = self.l2_weight * weighted_l2(output, real, middle(self.importance(mask), output))
            terms["adversarial"] = self.adversarial_weight * self.loss.generator(
                self.discriminator(fake), lambda: self.discriminator(real)
            )
        return observation(real, fake, real_score, fake_score)

    def shown(self, output: Tensor, image: Tensor, mask: Tensor) -> Tensor:
        """What D sees of a picture that G has completed: all that G made, with the band and before any pasting."""
        return output

    def hide(self, image: Tensor, mask: Tensor) -> Tensor:
        """(B, C, H, W) with the colour ``fill`` where the mask (B, 1, H, W) is 1."""
        return torch.where(mask > 0, self.fill, image)

    def importance(self, mask: Tensor) -> Tensor:
        """(B, 1, H, W): 1 in the hole, ``overlap_weight`` in the band around it, 0 beyond."""
        near = F.max_pool2d(mask, 2 * self.overlap + 1, stride=1, padding=self.overlap)
        return mask + self.overlap_weight * (near - mask)

    def require_reach(self, output: Tensor, mask: Tensor) -> None:
        """Raises UserError for a hole beyond the part of the picture that G makes."""
        height, width = output.shape[2:]
        if mask.sum() > middle(mask, output).sum():
            raise UserError(
                f"the hole reaches beyond the middle {height} x {width} pixels, which are all that this generator "
                f"makes; set data.mask=centre and data.mask_size={min(height, width)} or less, or train "
                "model=context_encoder_random"
            )

    # -- pictures ------------------------------------------------------------------------------------------------

    def networks(self) -> dict[str, Translation]:
        return {"output": self.generator}

    def outputs(self, batch: Batch) -> dict[str, Tensor]:
        """The known pixels bit for bit, and what G makes of the others."""
        image, mask = batch["image"], batch["mask"]
        output = self.generator(self.hide(image, mask))
        self.require_reach(output, mask)
        return {"image": pasted(output, image, mask)}

    def check(self, shapes: Mapping[str, Shape], classes: Sequence[str] = ()) -> None:
        """As for every translator; also that the colour suits the channels."""
        self.require_keys(shapes)
        if len(self.fill) not in (1, shapes["image"][0]):
            raise UserError(
                f"model.fill={self.fill.flatten().tolist()}: expected a number for each of the images' "
                f"{shapes['image'][0]} channels, or one for all; try model.fill=[0.0]"
            )
        super().check(shapes, classes)

    def judge(self, batch: Batch) -> Tensor:
        image = batch["image"]
        return self.discriminator(middle(image, self.generator(image)))

    def panels(self, batch: Batch) -> dict[str, Tensor]:
        hidden = self.hide(*(batch[key].to(self.device) for key in ("image", "mask")))
        return {"input": hidden, "output": self.translate(batch)["image"], "truth": batch["image"]}

    def convert(
        self,
        image: Tensor,
        direction: str,
        *,
        mask: Tensor | None = None,
        seed: int = 0,
        tile: int | None = None,
    ) -> Tensor:
        """Fill the hole of one picture (1, C, H, W) of any size, in one piece; ``tile`` has nothing to divide here.

        G sees the square around the hole: of G's own size, or larger and made smaller where the hole is more than half
        as wide.

        Raises:
            UserError: a direction that this model does not have, an image of other channels, or no mask of its size.
        """
        self._network(direction, image)
        if mask is None or mask.shape != (1, 1, *image.shape[2:]):
            hint = "no mask" if mask is None else f"a mask of shape {tuple(mask.shape)}"
            raise UserError(
                f"{hint} for an image of {image.shape[2]} x {image.shape[3]} pixels: this model fills holes, and "
                "needs a mask of the image's size that is 1 where it is missing"
            )

        def fill(visible: Tensor, hole: Tensor) -> Tensor:
            return self.outputs(Batch(image=visible, mask=hole))["image"]

        image, mask = image.to(self.device).float(), mask.to(self.device)
        with self._inference(seed):
            filled = fill_within_a_square(fill, self.hide(image, mask), mask, self.generator.image_size)
        return torch.where(mask > 0, filled, image)


class RandomContextEncoder(ContextEncoder):
    """A context encoder for holes that can be anywhere: G makes the whole picture.

    The paper gives no discriminator for these. Here D sees completed pictures: what G made, within the known pixels.
    """

    def shown(self, output: Tensor, image: Tensor, mask: Tensor) -> Tensor:
        return torch.where(mask > 0, output, image)


def pasted(output: Tensor, image: Tensor, mask: Tensor) -> Tensor:
    """The known pixels of (B, C, H, W) bit for bit, and in the hole G's ``output``, which is the middle."""
    return torch.where(mask > 0, around(output.float(), image), image)


def require_pair(image: Tensor) -> None:
    """Raises UserError for a single picture, of which batch norm has no statistics in the bottleneck's one pixel."""
    if len(image) < 2:
        raise UserError(
            "data.batch_size=1: a context encoder's batch norm needs 2 pictures or more; try data.batch_size=16"
        )
