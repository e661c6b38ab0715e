"""What a data set is to those who score and picture it: fixed, ordered, and told apart from others."""

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

from torch import Tensor

from ganlab.types import Batch


@runtime_checkable
class ImageSet(Protocol):
    """A fixed, ordered set of images that can be read at any index, always in the same order.

    ``images`` takes (n,) indices and gives (n, C, H, W) uint8 on the set's device; ``labels`` gives (n,) int64,
    or None for a set without labels. ``classes`` names the labels, or is empty. ``fingerprint`` changes whenever an
    image does.
    """

    classes: tuple[str, ...]

    def __len__(self) -> int: ...

    def images(self, indices: Tensor) -> Tensor: ...

    def labels(self, indices: Tensor) -> Tensor | None: ...

    def fingerprint(self) -> str: ...


@runtime_checkable
class CaptionedSet(ImageSet, Protocol):
    """Images with captions: ``captions`` gives one for each of (n,) indices, ``texts`` is every caption once."""

    @property
    def texts(self) -> tuple[str, ...]: ...

    def captions(self, indices: Tensor) -> list[str]: ...


@runtime_checkable
class ExampleSet(Protocol):
    """A fixed, ordered set of inputs with what they should become, in the keys of its kind of data.

    ``batch`` takes (n,) indices and gives the examples as they are scored, never cropped or mirrored at random.
    ``names`` has one name for each. ``fingerprint`` changes whenever an example does.
    """

    names: Sequence[str]

    def __len__(self) -> int: ...

    def batch(self, indices: Tensor) -> Batch: ...

    def fingerprint(self) -> str: ...


@runtime_checkable
class UnpairedSet(ExampleSet, Protocol):
    """Two domains: example i holds a[i modulo their number] and b[i modulo theirs].

    ``truth`` (len(a),) int64 says which b belongs to each a, where that is known; it is for scores alone.
    """

    truth: Tensor | None

    def side(self, name: str) -> ImageSet: ...


@runtime_checkable
class DomainSet(ExampleSet, Protocol):
    """Pictures of several domains, each to be taken to another.

    labels: (N,) int64, their domains. contents: what each shows, for instance which letter, where that is known; it is
    for scores alone, as it should stay what it is.
    """

    images: ImageSet
    labels: Tensor
    contents: Sequence[str] | None


@runtime_checkable
class Identified(Protocol):
    """Data that can be told apart from other data, also when it lies elsewhere: see :mod:`ganlab.data.identity`.

    ``identity`` is made of tensors and plain values, small enough for each checkpoint; ``changes`` says in words what
    is no longer as it was in an earlier one, for instance "2 files are gone (a.png, ...)", "" if nothing is.
    """

    def identity(self) -> dict[str, Any]: ...

    def changes(self, before: dict[str, Any], *, same_settings: bool) -> str: ...
