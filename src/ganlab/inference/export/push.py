"""A model to the Hub of Hugging Face: an export as a repository there, with its card."""

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal, NamedTuple

import yaml

from ganlab.config.runs.resume import HUB
from ganlab.errors import UserError
from ganlab.inference.export.card import PICTURE, README
from ganlab.inference.export.formats import export
from ganlab.inference.export.hub import NAME, require_hub, told
from ganlab.inference.export.licences import require_known
from ganlab.inference.export.read import SUMS

REPORT = "report.html"


class Pushed(NamedTuple):
    """address: hf://user/name. commit: which names what was uploaded for good. page: where people look at it."""

    address: str
    commit: str
    page: str


def push(
    run_dir: Path,
    repo: str,
    *,
    checkpoint: Literal["last", "best"] = "last",
    licence: str | None = None,
    private: bool = False,
) -> Pushed:
    """Upload a run's model as weights, or an export of any format as it is, to the repository ``repo``.

    Its card and, of a run, its report go along; nothing else of the folder. The repository is made where there is none.

    Raises:
        UserError: no such name or token, no licence, and as :func:`~ganlab.inference.export.formats.export`.
        StorageError: the Hub does not take it.
    """
    if not NAME.fullmatch(repo):
        raise UserError(f"repo={repo}: expected user/name, as in repo=ada/digits-dcgan")
    require_known(licence)
    require_hub(f"repo={repo}")
    with TemporaryDirectory() as temporary:
        folder = run_dir
        if not (run_dir / SUMS).is_file():
            _require_licence(licence)
            folder = Path(temporary) / "export"
            export(run_dir, checkpoint, folder, licence=licence, address=f"{HUB}{repo}")
            if (run_dir / REPORT).is_file():
                shutil.copyfile(run_dir / REPORT, folder / REPORT)
        else:
            _require_licence(licence_of(folder / README))
        return _upload(folder, repo, private)


def _upload(folder: Path, repo: str, private: bool) -> Pushed:
    from huggingface_hub import HfApi

    listed = [line.split(maxsplit=1)[1] for line in (folder / SUMS).read_text(encoding="utf-8").splitlines()]
    api = HfApi()
    with told(f"{HUB}{repo}"):
        page = str(api.create_repo(repo, private=private, exist_ok=True))
        done = api.upload_folder(
            repo_id=repo,
            folder_path=folder,
            allow_patterns=[*listed, SUMS, README, PICTURE, REPORT],
            commit_message="ganlab push",
        )
    return Pushed(f"{HUB}{repo}", str(done.oid), page)


def licence_of(card: Path) -> str | None:
    """What the header of a card says under ``license``."""
    text = card.read_text(encoding="utf-8") if card.is_file() else ""
    try:
        head = yaml.safe_load(text.split("---")[1]) if text.startswith("---") else {}
    except (yaml.YAMLError, IndexError):
        return None
    return head.get("license") if isinstance(head, dict) else None


def _require_licence(licence: str | None) -> None:
    if licence is None:
        raise UserError(
            "licence= is missing: under which may others use the weights? licence=cc-by-4.0, cc0-1.0, apache-2.0, "
            "other, ...; of an export, when it is made"
        )
