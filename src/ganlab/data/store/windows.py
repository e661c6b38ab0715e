"""Windows of a few large pictures: many examples in the memory of few."""

import hashlib
from collections.abc import Iterator
from itertools import count

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, pad

from ganlab.data.order import IndexStream
from ganlab.data.store.memory import MemoryImages, with_channels


class Windows(MemoryImages):
    """Windows (N, C, height, width) of a few large pictures (P, C, H, W), at ``corners`` (N, 3): picture, top, left."""

    def __init__(self, pictures: Tensor, corners: Tensor, height: int, width: int) -> None:
        super().__init__(pictures)
        self.corners, self.height, self.width = corners, height, width

    def __len__(self) -> int:
        return len(self.corners)

    def images(self, indices: Tensor) -> Tensor:
        windows = [
            self.pixels[picture, :, top : top + self.height, left : left + self.width]
            for picture, top, left in self.corners[indices.cpu()].tolist()
        ]
        return torch.stack(windows)

    def fingerprint(self) -> str:
        """A hash of the pictures and of where the windows are."""
        digest = hashlib.sha256(f"{super().fingerprint()}/{self.height}/{self.width}".encode())
        digest.update(self.corners.numpy().data)
        return digest.hexdigest()

    def batches(
        self, order: IndexStream, first: int, device: torch.device
    ) -> Iterator[tuple[Tensor, Tensor | None]]:
        """See ``StoredImages``; the indices stay on the CPU, so that nothing waits for the device."""
        self.move(device)
        return ((self.images(order.indices(step)), None) for step in count(first))


def texture(photos: Tensor, height: int, width: int) -> Tensor:
    """(P, H - height + 1, W - width + 1): the standard deviation of the detail in each window, black 0, white 1.

    Detail is what a mean of 9 x 9 pixels takes away from the luma: neither sky nor a smooth blur has any.
    """
    luma = with_channels(photos, 1).double() / 255
    detail = luma - avg_pool2d(pad(luma, (4, 4, 4, 4), mode="reflect"), 9, stride=1)
    # of all above and left
    sums = pad(torch.cat((detail, detail**2), dim=1), (1, 0, 1, 0)).cumsum(2).cumsum(3)
    boxes = (
        sums[..., height:, width:]
        - sums[..., :-height, width:]
        - sums[..., height:, :-width]
        + sums[..., :-height, :-width]
    ) / (height * width)
    mean, square = boxes.unbind(1)
    return (square - mean**2).clamp_(min=0).sqrt()
