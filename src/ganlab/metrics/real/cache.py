"""Descriptions of real images on disk: computed once, found again under a key of everything they depend on."""

import hashlib
import logging
import os
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from ganlab.metrics.distances.frechet import Gaussian
from ganlab.metrics.ranks import ALONE, Ranks
from ganlab.metrics.real.description import KEPT, Description, describe, shuffled
from ganlab.sets import ImageSet
from ganlab.storage import cache_folder
from ganlab.types import Extractor

log = logging.getLogger(__name__)

FORMAT = "2"  # a change of what is computed or stored is a change of this


def default_folder() -> Path:
    """``$GANLAB_CACHE``, else ``ganlab`` in the user's cache directory."""
    return cache_folder("features")


class Known(Protocol):
    """Images that can be told from others."""

    def __len__(self) -> int: ...

    def fingerprint(self) -> str: ...


def key_of(images: Known, extractor: Extractor, *more: object) -> str:
    """A name for what the extractor says of these images; ``more`` is what it depends on besides."""
    parts = (
        FORMAT,
        KEPT,
        extractor.name,
        extractor.weights,
        extractor.resize,
        images.fingerprint(),
        len(images),
        *more,
    )
    return hashlib.sha256("/".join(str(part) for part in parts).encode()).hexdigest()[:32]


def described(
    images: ImageSet, extractor: Extractor, folder: Path, *, batch_size: int, ranks: Ranks = ALONE
) -> Description:
    """What the extractor says of these images: kept in ``folder``, or computed by all processes and kept there."""
    key = key_of(images, extractor)
    kept = read(folder, key)
    everywhere = bool(ranks.gather(torch.tensor(int(kept is not None))).all())
    if kept is not None and everywhere:  # else some would wait for the others
        return kept
    description = describe(shuffled(images, ranks, batch_size), len(images), extractor, ranks)
    if ranks.rank == 0:
        write(folder, key, description)
    return description


def read(folder: Path, key: str) -> Description | None:
    """The description kept under ``key``; None if there is none, or with a warning if it is damaged."""
    path = folder / f"{key}.safetensors"
    if not path.is_file():
        return None
    try:
        with safe_open(path, "pt") as file:
            tensors = {name: file.get_tensor(name) for name in sorted(file.keys())}
            written = (file.metadata() or {}).get("sha256")
        if written != _digest(tensors):
            raise ValueError("its checksum does not match")
        gaussian = Gaussian(int(tensors["n"]), tensors["mean"], tensors["covariance"])
        return Description(gaussian, tensors["features"], tensors["logits"])
    except (SafetensorError, OSError, ValueError, KeyError) as error:
        log.warning("the kept features %s are damaged (%s): they are computed anew", path, error)
        return None


def write(folder: Path, key: str, description: Description) -> None:
    """Keep a description; a folder that cannot be written costs a warning only."""
    gaussian = description.gaussian
    tensors = {
        "n": torch.tensor(gaussian.n),
        "mean": gaussian.mean,
        "covariance": gaussian.covariance,
        "features": description.features,
        "logits": description.logits,
    }
    tensors = {name: value.cpu().contiguous() for name, value in tensors.items()}
    path = folder / f"{key}.safetensors"
    temporary = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        save_file(tensors, temporary, {"sha256": _digest(tensors)})
        os.replace(temporary, path)
    except (OSError, SafetensorError) as error:
        with suppress(OSError):
            temporary.unlink()
        log.warning(
            "the features of the real images cannot be kept in %s (%s): set GANLAB_CACHE", folder, error
        )


def _digest(tensors: dict[str, Tensor]) -> str:
    digest = hashlib.sha256()
    for name, tensor in sorted(tensors.items()):
        digest.update(f"{name}{tuple(tensor.shape)}{tensor.dtype}".encode())
        digest.update(tensor.numpy().data)
    return digest.hexdigest()
