"""All images of the archives that ``data.root`` means, on this machine or in a store."""

from itertools import groupby
from pathlib import Path

from ganlab.data.disk.copies import copies_of, forget
from ganlab.data.disk.indexed import AGAIN, INDEX, first_damaged, index_of
from ganlab.data.disk.packed import Damaged, Sample, archives_of, samples_of
from ganlab.data.disk.stores import is_address
from ganlab.errors import UserError


def all_samples(root: str, *, verify: bool = True, download_limit: float = 50.0) -> list[Sample]:
    """All images, in order.

    verify: compare each archive of an index with its checksum when this machine reads it for the first time.
    download_limit: GB of copies of a store's archives that may be kept on this machine.

    Raises:
        UserError: archives that are missing, damaged, cut off or not those of the index beside them; a store that
            does not answer.
    """
    return _in_store(root, verify, download_limit) if is_address(root) else _here(Path(root), verify)


def _here(root: Path, verify: bool) -> list[Sample]:
    samples: list[Sample] = []
    for folder, group in groupby(archives_of(root), lambda archive: Path(archive).parent):
        own = list(group)
        index = index_of(folder, own, whole=root.is_dir())
        sums = {archive: index["sums"][Path(archive).name] for archive in own} if index and verify else {}
        if sums and (damaged := first_damaged(own, sums)):
            raise UserError(
                f"{damaged} is damaged: its SHA-256 is not the one in {INDEX}; {AGAIN}, or train on what is there with "
                "data.verify=false"
            )
        samples += samples_of(own, index.get("classes", ()))
    return samples


def _in_store(root: str, verify: bool, download_limit: float) -> list[Sample]:
    copies = copies_of(root, download_limit)
    if verify and copies.sums and (damaged := first_damaged(list(copies.sums), copies.sums)):
        forget(damaged)
        raise UserError(
            f"data.root={root}: {Path(damaged).name} is not what the {INDEX} beside it says (SHA-256): its copy "
            "here was removed, so start again; if that does not help, the shard in the store has changed: upload both "
            "again, or train on what is there with data.verify=false"
        )
    try:
        return samples_of(copies.archives, copies.classes)
    except Damaged as error:
        if isinstance(error.__cause__, OSError):  # the copy may be sound
            raise
        forget(error.archive)
        raise UserError(
            f"data.root={root}: what came as {Path(error.archive).name} is damaged, or no archive at all "
            f"({error.reason}); its copy here was removed: see what the store has, and start again"
        ) from error
