"""Models on the Hub of Hugging Face, by their address: ``hf://user/name``.

What is fetched is an export and nothing else of the repository: numbers, and a configuration under the rule of trust.
"""

import logging
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from ganlab.config.runs.resume import HUB
from ganlab.errors import StorageError, UserError
from ganlab.inference.export.read import CONFIG, STATE, SUMS, WEIGHTS, is_export

log = logging.getLogger(__name__)

NAME = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)
ADDRESS = re.compile(rf"{HUB}({NAME.pattern})(?:@([\w./-]+))?", re.ASCII)
FILES = (WEIGHTS, STATE, CONFIG, SUMS)


def fetch(address: str) -> Path:
    """The export at hf://user/name[@REVISION], in the cache of the Hub's library; without a network, from there.

    The log says of which commit it is.

    Raises:
        UserError: no such address or repository, or no export in it.
        StorageError: the Hub does not answer, and the cache does not have it.
    """
    found = ADDRESS.fullmatch(address)
    if not found:
        raise UserError(f"run={address}: expected hf://user/name, or hf://user/name@REVISION")
    require_hub(f"run={address}")
    from huggingface_hub import snapshot_download

    repo, revision = found.groups()
    with told(address):
        folder = Path(snapshot_download(repo, revision=revision, allow_patterns=list(FILES)))
    if not is_export(folder):
        raise UserError(f"{address} holds no weights that `ganlab export` has written")
    log.info("%s%s@%s", HUB, repo, folder.name)
    return folder


def fetched(address: str, outputs: Path = Path("outputs")) -> tuple[Path, str]:
    """A copy of what :func:`fetch` gives, below ``outputs``, where pictures and scores of it may lie beside it.

    Also the address with the commit that was read.

    Raises:
        UserError, StorageError: as ``fetch``.
    """
    cached = fetch(address)
    repo = address.removeprefix(HUB).partition("@")[0]
    folder = outputs / "hub" / repo.replace("/", "--") / cached.name[:12]
    exact = f"{HUB}{repo}@{cached.name}"
    if is_export(folder):
        return folder, exact
    folder.mkdir(parents=True, exist_ok=True)
    for name in (*FILES[1:], WEIGHTS):  # the file that makes it an export comes last
        if (cached / name).is_file():
            shutil.copyfile(cached / name, folder / f"{name}.partial")
            os.replace(folder / f"{name}.partial", folder / name)
    return folder, exact


def require_hub(what: str) -> None:
    """Raises UserError unless the package of the extra ``hub`` is installed."""
    if find_spec("huggingface_hub") is None:
        raise UserError(f"{what} needs the package huggingface_hub: pip install 'ganlab[hub]'")


@contextmanager
def told(what: str) -> Iterator[None]:
    """What the Hub's library raises becomes a sentence."""
    from huggingface_hub import constants, errors

    try:
        yield
    except errors.RevisionNotFoundError as error:
        raise UserError(f"{what}: the repository has no such revision") from error
    except errors.RepositoryNotFoundError as error:
        raise UserError(
            f"{what}: there is no such repository at {constants.ENDPOINT}, or it is not yours to see"
        ) from error
    except Exception as error:  # of three libraries beneath, each with kinds of its own
        if constants.HF_HUB_OFFLINE:
            raise StorageError(
                f"{what}: HF_HUB_OFFLINE is set, and the cache in {constants.HF_HUB_CACHE} does not have it"
            ) from error
        if getattr(getattr(error, "response", None), "status_code", None) in (401, 403):
            who = "log in with `hf auth login`, or set HF_TOKEN, as one who may"
            raise UserError(f"{what}: {constants.ENDPOINT} does not let you; {who}") from error
        line = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise StorageError(f"{what}: {constants.ENDPOINT} did not do it: {line}") from error
