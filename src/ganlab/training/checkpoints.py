"""Checkpoint files that are whole or not there: written atomically, with a checksum, read without pickle."""

import errno
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from lightning.pytorch.plugins.io import TorchCheckpointIO

from ganlab.errors import StorageError, UserError
from ganlab.storage import TEMPORARY, digest, sync_folder, write_atomically

PATTERN, NAME = "step-*.ckpt", re.compile(r"step-[0-9]+\.ckpt")


def checkpoint_name(steps: int) -> str:
    return f"step-{steps:08d}.ckpt"


def steps_of(path: Path) -> int:
    """The number of training steps in a checkpoint's name."""
    return int(path.stem.removeprefix("step-"))


def by_steps(folder: Path) -> list[Path]:
    """The checkpoints in a folder, the fewest steps first; files with other names, such as copies, are none."""
    return sorted((path for path in folder.glob(PATTERN) if NAME.fullmatch(path.name)), key=steps_of)


class AtomicCheckpointIO(TorchCheckpointIO):
    """Writes beside the target, synchronises to disk, then renames; a checksum goes first.

    However the process ends, the target is either absent, or the old file, or the new one.
    """

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any | None = None
    ) -> None:
        path = Path(path)
        temporary = path.with_name(path.name + TEMPORARY)
        try:
            path.parent.mkdir(exist_ok=True)  # its own folder alone: a run directory that is gone stays gone
            require_space(path.parent)
            with open(temporary, "wb") as file:
                torch.save(checkpoint, file)
                file.flush()
                os.fsync(file.fileno())
            write_atomically(checksum_path(path), digest(temporary).encode())
            os.replace(temporary, path)
            sync_folder(path.parent)
        except (OSError, RuntimeError) as error:
            temporary.unlink(missing_ok=True)
            raise StorageError(f"could not write the checkpoint {path}: {why_unwritten(error)}") from error

    def load_checkpoint(
        self, path: str | Path, map_location: Any | None = None, weights_only: bool | None = None
    ) -> dict[str, Any]:
        return read_checkpoint(Path(path), map_location)


def require_space(folder: Path) -> None:
    """Raises OSError if the disk has no room for one more of the newest checkpoint: rather that than fill it."""
    newest = next(reversed(by_steps(folder)), None)
    if newest is None:
        return
    needed, free = newest.stat().st_size, shutil.disk_usage(folder).free
    if free < needed:
        raise OSError(
            errno.ENOSPC, f"{free / 1e6:,.1f} MB are free, and the one before has {needed / 1e6:,.1f} MB"
        )


def why_unwritten(error: Exception) -> str:
    """What the system said; PyTorch's writer of archives hides it behind a RuntimeError about the archive."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, OSError):
        cause = cause.__cause__ or cause.__context__
    if cause is None:
        return (
            "the disk is full, or takes no files that large" if "enforce fail" in str(error) else str(error)
        )
    full = "the disk is full: " if cause.errno in (errno.ENOSPC, errno.EDQUOT) else ""
    return f"{full}{cause.strerror or cause}"


def read_checkpoint(path: Path, map_location: Any = "cpu") -> dict[str, Any]:
    """The contents of a checkpoint: tensors and plain values only, never code.

    Raises:
        StorageError: if the file is damaged, does not match its checksum or holds anything else.
    """
    if os.environ.get("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", "0") not in ("", "0"):
        raise UserError(
            "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD is set, which makes PyTorch run code from checkpoints; unset it"
        )
    path = Path(path).resolve()
    require_file(path)
    if checksum_path(path).is_file():
        require_whole(path)
    try:
        return torch.load(path, map_location=map_location or "cpu", weights_only=True)
    except Exception as error:
        raise StorageError(
            f"checkpoint {path} cannot be read as tensors and plain values ({why_unreadable(error)})"
        ) from None


def require_whole(path: Path) -> None:
    """Raises StorageError for a checkpoint that is not the one whose checksum lies beside it."""
    if not checksum_path(path).is_file() or not matches_checksum(path):
        raise StorageError(
            f"checkpoint {path} is damaged: its contents do not match {checksum_path(path).name}"
        )


def require_file(path: Path) -> None:
    """Raises UserError for what is no regular file: a device or a pipe may never end, or never begin."""
    if not path.exists():
        raise UserError(f"{path}: no such file")
    if not path.is_file():
        raise UserError(
            f"{path} is {'a folder' if path.is_dir() else 'a device or a pipe'}, and a file is needed"
        )


def why_unreadable(error: Exception) -> str:
    """Why ``torch.load`` has not read a file, without its advice to run what a pickle asks for."""
    if isinstance(error, UnpicklingError):
        found = re.search(r"unsupported GLOBAL (\S+)", str(error))
        return (
            f"it would run {found[1]}, and was not let" if found else "it holds something else, or is damaged"
        )
    return (str(error).splitlines() or [type(error).__name__])[0]


def newest_valid(folder: Path) -> tuple[Path | None, list[Path]]:
    """The checkpoint with the most steps that is whole, and the damaged ones with more steps than it."""
    damaged: list[Path] = []
    for path in reversed(by_steps(folder)):
        if checksum_path(path).is_file() and matches_checksum(path):
            return path, damaged
        damaged.append(path)
    return None, damaged


def remove_checkpoint(path: Path) -> None:
    path.unlink(missing_ok=True)
    checksum_path(path).unlink(missing_ok=True)


def remove_leftovers(folder: Path) -> None:
    """Delete what a killed process left half-written."""
    for orphan in _leftovers(folder):
        orphan.unlink(missing_ok=True)


def _leftovers(folder: Path) -> Iterator[Path]:
    yield from folder.glob(f"*{TEMPORARY}")
    for checksum in folder.glob(f"{PATTERN}.sha256"):
        if not checksum.with_suffix("").exists():
            yield checksum


def point_to(alias: Path, target: Path) -> None:
    """Make ``alias`` a link to ``target`` in the same folder, atomically."""
    temporary = alias.with_name(alias.name + TEMPORARY)
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(target.name)
    os.replace(temporary, alias)


def probe(folder: Path) -> None:
    """Write, synchronise, rename and delete a small file.

    Raises:
        UserError: if the folder cannot be written.
    """
    trial = folder / "probe"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(trial, b"probe")
        trial.unlink()
    except OSError as error:
        raise UserError(
            f"the run directory {folder} cannot be written ({error.strerror or error}); free it or choose another with "
            "hydra.run.dir=..."
        ) from error


def checksum_path(path: Path) -> Path:
    return path.with_name(path.name + ".sha256")


def matches_checksum(path: Path) -> bool:
    """Whether it is the file whose checksum lies beside it."""
    if not path.is_file():
        return False
    return checksum_path(path).read_bytes().strip() == digest(path).encode()
