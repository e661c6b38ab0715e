"""What a run directory from elsewhere may do when it is opened: build networks, and nothing else.

A configuration names Python objects, so whoever writes one chooses what runs. The command line and ``--config-dir`` are
the user's own words. What a run directory says may be anybody's: the configuration in it, from which a model is loaded,
and the words in it, from which a run is resumed and scored anew. Both are held to one rule, before anything of them is
composed or imported.
"""

import hashlib
import os
import shlex
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from ganlab.config import own
from ganlab.config.compose.build import instantiate
from ganlab.config.compose.check import check_node, nodes
from ganlab.config.compose.explain import BAD_INPUT, explain
from ganlab.config.compose.hydra_compose import compose_all
from ganlab.config.runs.harmless import (
    Want,
    chooses_option,
    target_wanted,
    untrusted_targets,
    wants,
    wants_of_word,
)
from ganlab.config.runs.pasted import to_paste
from ganlab.config.runs.record import FOLDER, saved_config, saved_config_dirs, saved_overrides
from ganlab.config.secrets import HIDDEN
from ganlab.config.tree import flatten, plain, unresolved
from ganlab.errors import UserError
from ganlab.storage import as_typed

CHECKED = "GANLAB_CHECKED"  # the variable in which a run's first process tells the others what it has checked


def instantiate_saved(run_dir: Path, part: str) -> Any:
    """Make what a run's saved configuration describes under the key ``part``: its model or its data; see below."""
    return instantiate_foreign(saved_config(run_dir), part, run_dir)


def instantiate_foreign(cfg: DictConfig, part: str, where: Path) -> Any:
    """Make what ``cfg``, from the folder ``where``, describes under the key ``part``.

    Raises:
        UserError: for what ``require_trusted`` refuses, before anything is imported or made; no such part, or one that
            does not fit its constructor.
    """
    node = unresolved(cfg).get(part)
    if not isinstance(node, dict) or "_target_" not in node:
        raise UserError(
            f"the configuration in {where} describes no {part}: it is damaged, or of another program"
        )
    require_trusted(node, where)
    for path, inner in nodes(cfg[part], part):
        if isinstance(inner, DictConfig) and "_target_" in inner:
            check_node(path, inner)
    require_written(flatten(plain(cfg[part])), part, where)
    return instantiate(cfg[part])


def require_written(settings: Mapping[str, Any], part: str, where: Path) -> None:
    """Raises UserError for a setting, by its dotted key below ``part``, that was not written down."""
    if secret := next((key for key, value in settings.items() if value == HIDDEN), None):
        again = (
            f"name the data anew beside the run, as in data=NAME data.{secret}=..."
            if part == "data"
            else ("it is read from the environment where it was given as '${oc.env:NAME}'")
        )
        raise UserError(f"{where} keeps no {part}.{secret}, which is a secret: {again}")


def require_trusted(node: Any, where: Path) -> None:
    """Refuse foreign code, and interpolations, behind which anything may hide.

    Raises:
        UserError: names what the configuration in ``where`` would do, and what allows it.
    """
    _refuse_first(wants(node), where)


def require_trusted_words(words: Sequence[str], where: Path, config_name: str = "train") -> None:
    """Refuse saved overrides, and what is composed of them, as ``require_trusted`` refuses a configuration.

    They may choose among the options of groups, set keys, and refer to other keys; nothing of Hydra's own.

    Raises:
        UserError: names what they would do, and what allows it; or what of them there is not, here.
    """
    _refuse_first((want for word in words for want in wants_of_word(word)), where)
    unknown = untrusted_targets(_composed(words, where, config_name))
    if unknown:  # in files of one's own, anything may be named
        groups = [word for word in words if chooses_option(word)]
        unknown -= untrusted_targets(_composed(groups, where, config_name))
    _refuse_first((target_wanted(target) for target in sorted(unknown)), where)


def _composed(words: Sequence[str], where: Path, config_name: str) -> DictConfig:
    """As ``compose_all``, with a sentence for what the folders of this command do not have."""
    folders = own.folders()
    try:
        return compose_all(words, config_name, config_dirs=folders)
    except BAD_INPUT as error:
        message = explain(error, words, config_name=config_name, config_dirs=folders)
        if started := started_with(where):
            message = f"{message.partition(';')[0]}{started}; add it, if what lies there is yours"
        raise UserError(f"{where}: {message}") from error


def fingerprint(run_dir: Path) -> str:
    """The SHA-256 of a run's saved configuration."""
    return hashlib.sha256((run_dir / FOLDER / "config.yaml").read_bytes()).hexdigest()


def require_checked(run_dir: Path) -> None:
    """In a further process of a run: the configuration is the one that its first process has checked, or trusted.

    Raises:
        UserError: as ``require_trusted``.
    """
    if os.environ.get(CHECKED) != fingerprint(run_dir):
        require_trusted(saved_config(run_dir), run_dir)


def to_resume(run_dir: Path, *words: str) -> str:
    """The line that goes on with a run of this user's."""
    trust, again = set(), []
    for word in saved_overrides(run_dir):
        wanted = list(wants_of_word(word))
        trust |= {want.name for want in wanted if want.name}
        again += [word for want in wanted if not want.name]  # what is taken from the user alone
    return to_paste(f"resume={as_typed(run_dir)}", *words, *again, trust=trust)


def to_open(command: str, run_dir: Path, *words: str) -> str:
    """The line that opens a run of this user's with ``ganlab COMMAND``."""
    return to_paste(command, f"run={as_typed(run_dir)}", *words, trust=trusted_to_open(saved_config(run_dir)))


def trusted_to_open(cfg: DictConfig) -> set[str]:
    """What GANLAB_TRUST has to name where a run with this saved configuration is opened."""
    tree = unresolved(cfg)
    return {want.name for want in wants([tree.get(part) for part in ("model", "data")]) if want.name}


def _refuse_first(found: Iterable[Want], where: Path) -> None:
    for want in found:
        if want.name is None:
            raise UserError(f"{where} {want.what}")
        if not own.is_named(want.name):
            raise UserError(f"{where} {want.what}; {_remedy(want.name, want, where)}")


def _remedy(name: str, want: Want, where: Path) -> str:
    trust = f"if you trust whoever made this run, set GANLAB_TRUST={name} in the environment"
    if want.what.startswith("would read") or name.partition(".")[0] in ("torch", "ganlab"):
        return trust
    return f"if it is yours, add --config-dir DIR, the folder that it lies in{started_with(where)}; {trust}"


def started_with(run_dir: Path) -> str:
    """The end of a sentence: which folders of ``--config-dir`` the run had, where this command has others."""
    folders = saved_config_dirs(run_dir)
    if not folders or set(folders) <= set(own.folders()):
        return ""
    flags = " ".join(f"--config-dir {shlex.quote(_printable(as_typed(folder)))}" for folder in folders)
    return f" (it was started with {flags})"


def _printable(path: Path) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in str(path))
