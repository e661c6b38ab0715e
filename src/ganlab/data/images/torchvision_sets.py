"""The well-known data sets of torchvision, downloaded where they are missing."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, Unpack

import torch

from ganlab.data.base import Channels, ColourOptions, ImageData, ImageOptions, Splits
from ganlab.data.disk.downloads import one_at_a_time
from ganlab.data.disk.stores import require_no_address
from ganlab.data.store.memory import MemoryImages, resized, with_channels
from ganlab.errors import UserError
from ganlab.patience import patience

T = TypeVar("T")
FAULTS = (OSError, RuntimeError, ValueError, AssertionError, TypeError, KeyError, EOFError)  # of a reader


class Source(NamedTuple):
    """A file to download, and its MD5 sum."""

    url: str
    md5: str


class Downloaded(ImageData):
    """A labelled set that torchvision reads from ``root``, kept in memory, resized bilinearly."""

    kind: str = "labelled"

    def __init__(self, *, root: str = "data", **options: Unpack[ColourOptions]) -> None:
        super().__init__(**options)
        require_no_address(root)
        self.root = Path(root).expanduser()

    def torchvision_class(self) -> Any:
        raise NotImplementedError

    def sources(self) -> tuple[Path, Sequence[Source]]:
        """Where the downloaded files belong, and which ones they are."""
        raise NotImplementedError

    def load(self) -> Splits:
        dataset = self.torchvision_class()

        def read(download: bool) -> list:
            return [dataset(self.root, train=train, download=download) for train in (True, False)]

        train, test = obtain(read, dataset.__name__, *self.sources())
        return Splits(self._in_memory(train), self._in_memory(test))

    def _in_memory(self, dataset: Any) -> MemoryImages:
        pixels = torch.as_tensor(dataset.data)  # (N, H, W) or (N, H, W, 3)
        pixels = pixels.unsqueeze(1) if pixels.ndim == 3 else pixels.permute(0, 3, 1, 2).contiguous()
        pixels = with_channels(resized(pixels, self.height, self.width), self.channels)
        classes = tuple(name.partition(" - ")[0] for name in dataset.classes)  # "7 - seven"
        return MemoryImages(pixels, torch.as_tensor(dataset.targets).long(), classes)


class MNIST(Downloaded):
    """Handwritten digits (LeCun et al. 1998): 60,000 to train on, 10,000 held out, 28 x 28 grey."""

    def __init__(
        self, *, root: str = "data", channels: Channels = 1, **options: Unpack[ImageOptions]
    ) -> None:
        super().__init__(root=root, channels=channels, **options)

    def torchvision_class(self) -> Any:
        from torchvision.datasets import MNIST

        return MNIST

    def sources(self) -> tuple[Path, Sequence[Source]]:
        dataset = self.torchvision_class()
        files = [Source(dataset.mirrors[0] + name, md5) for name, md5 in dataset.resources]
        return self.root / dataset.__name__ / "raw", files


class FashionMNIST(MNIST):
    """Clothes (Xiao et al. 2017): 60,000 to train on, 10,000 held out, 28 x 28 grey."""

    def torchvision_class(self) -> Any:
        from torchvision.datasets import FashionMNIST

        return FashionMNIST


class CIFAR10(Downloaded):
    """Small photographs of ten kinds (Krizhevsky 2009): 50,000 to train on, 10,000 held out, 32 x 32 RGB."""

    def torchvision_class(self) -> Any:
        from torchvision.datasets import CIFAR10

        return CIFAR10

    def sources(self) -> tuple[Path, Sequence[Source]]:
        dataset = self.torchvision_class()
        return self.root, [Source(dataset.url, dataset.tgz_md5)]


def obtain(read: Callable[[bool], T], name: str, folder: Path, sources: Sequence[Source]) -> T:
    """``read(False)``, and where that fails ``read(True)``, which downloads: by one process at a time.

    Raises:
        UserError: neither worked; it says how to get the files by hand.
    """
    try:
        return read(False)
    except FAULTS:
        pass  # missing, damaged or not unpacked: the download looks at each file and takes only what it needs
    try:
        with one_at_a_time(folder), patience(30):
            return read(True)
    except FAULTS as error:
        reason = " ".join(str(error).split())[:300]
        files = "".join(f"\n  {source.url}  (MD5 {source.md5})" for source in sources)
        raise UserError(
            f"{name} is not complete in {folder}, and was not downloaded ({type(error).__name__}: {reason}). "
            f"Put these files into {folder} by hand, and start again (archives are unpacked for you):{files}"
        ) from None
