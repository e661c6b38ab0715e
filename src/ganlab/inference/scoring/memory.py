"""Features of images that were looked at before scoring was stopped: the next start finds them, and goes on."""

import hashlib
import logging
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from ganlab.types import Extractor, Features

log = logging.getLogger(__name__)

EVERY = 1024  # images, after which their features are written
DAYS = 14  # that those of a scoring which was never gone on with are kept


class Remembering:
    """An :class:`~ganlab.types.Extractor` that looks at no batch twice, whatever was stopped in between.

    A batch is known by its pixels, so that neither the side nor the order need be the same.
    """

    def __init__(self, extractor: Extractor, folder: Path) -> None:
        self.extractor = extractor
        self.name, self.suffix, self.size = extractor.name, extractor.suffix, extractor.size
        self.classes, self.weights, self.resize = extractor.classes, extractor.weights, extractor.resize
        self.folder = folder
        self.known: dict[str, Any] = {}  # by digest, the file that has the features
        self.fresh: dict[str, Tensor] = {}
        self.images = 0  # of them
        for path in sorted(folder.glob("*.safetensors")) if folder.is_dir() else ():
            self._open(path)

    def _open(self, path: Path) -> None:
        try:
            file = safe_open(path, "pt")
            self.known |= {name.partition(".")[0]: file for name in file.keys()}  # noqa: SIM118  # it is no mapping
        except (SafetensorError, OSError):  # half a file
            with suppress(OSError):
                path.unlink()

    def prepare(self) -> None:
        self.extractor.prepare()

    def to(self, device: torch.device) -> "Remembering":
        self.extractor.to(device)
        return self

    def __call__(self, images: Tensor) -> Features:
        pixels = images.cpu().contiguous()
        digest = hashlib.blake2b(f"{tuple(pixels.shape)}".encode(), digest_size=16)
        digest.update(pixels.numpy().data)
        name = digest.hexdigest()
        if (file := self.known.get(name)) is not None:
            features, logits = (file.get_tensor(f"{name}.{part}") for part in ("features", "logits"))
            return Features(features.to(images.device), logits.to(images.device))
        found = self.extractor(images)
        self.fresh |= {f"{name}.features": found.features.cpu(), f"{name}.logits": found.logits.cpu()}
        self.images += len(images)
        if self.images >= EVERY:
            self.save()
        return found

    def save(self) -> None:
        """Write what is new; a folder that cannot be written costs a warning only."""
        if not self.fresh:
            return
        path = self.folder / f"{os.getpid()}-{time.time_ns()}.safetensors"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            whole = {name: tensor.contiguous() for name, tensor in self.fresh.items()}
            save_file(whole, path.with_suffix(".partial"))
            os.replace(path.with_suffix(".partial"), path)
        except (OSError, SafetensorError) as error:
            log.warning(
                "features cannot be kept in %s (%s), so a stopped start would begin anew", self.folder, error
            )
        self.fresh, self.images = {}, 0


class Memory:
    """What the networks of one scoring remember, in a folder; None: nothing."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self.networks: dict[str, Remembering] = {}
        for path in folder.glob("*/*") if folder and folder.is_dir() else ():
            with suppress(OSError):
                if path.stat().st_mtime < time.time() - DAYS * 86_400:
                    path.unlink()

    def remembering(self, key: str, extractor: Extractor) -> Extractor:
        if self.folder is None:
            return extractor
        if key not in self.networks:
            name = hashlib.sha256(
                f"{extractor.name}/{extractor.weights}/{extractor.resize}".encode()
            ).hexdigest()
            self.networks[key] = Remembering(extractor, self.folder / name[:16])
        return self.networks[key]

    def save(self) -> None:
        for network in self.networks.values():
            network.save()

    def forget(self) -> None:
        """All is done: there is nothing to go on with."""
        for network in self.networks.values():
            for path in network.folder.glob("*"):
                with suppress(OSError):
                    path.unlink()
            with suppress(OSError):
                network.folder.rmdir()
