"""What a run directory from elsewhere may do when it is opened: build networks, and nothing else.

A configuration names Python objects, so whoever writes one chooses what runs. The command line and ``--config-dir`` are
the user's own words. What a run directory says may be anybody's: the configuration in it, from which a model is loaded,
and the words in it, from which a run is resumed and scored anew. Both are held to one rule, before anything of them is
composed or imported.
"""

import hashlib
import inspect
import os
import re
import shlex
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import hydra.utils
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException
from omegaconf import DictConfig, ListConfig, OmegaConf

from ganlab.config import own
from ganlab.config.compose import paths
from ganlab.config.compose.build import instantiate
from ganlab.config.compose.check import check_node, locate, nodes
from ganlab.config.compose.hydra_compose import compose_all
from ganlab.config.runs.pasted import to_paste
from ganlab.config.runs.record import FOLDER, saved_config, saved_config_dirs, saved_overrides
from ganlab.errors import UserError
from ganlab.storage import as_typed

COMPUTE = ("ganlab.layers.", "ganlab.losses.", "ganlab.networks.", "ganlab.techniques.", "torch.nn.init.")
"""Where functions and classes may be used; of the following only classes, for functions there read and write files."""
BUILD = (
    *COMPUTE,
    "ganlab.callbacks.",
    "ganlab.data.",
    "ganlab.loggers.tensorboard.",
    "ganlab.loggers.wandb.",
    "ganlab.metrics.",
    "ganlab.models.",
    "ganlab.training.trainer.",
    "torch.nn.",
    "torch.optim.",
)
HYDRA = ("hydra._internal.core_plugins.basic_launcher.", "hydra._internal.core_plugins.basic_sweeper.")
CHECKED = "GANLAB_CHECKED"  # the variable in which a run's first process tells the others what it has checked
NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+", re.ASCII)
VARIABLE = re.compile(r"\$\{oc\.env:\s*(\w+)\s*(,\s*'\*\*\*'\s*)?\}")  # as save_config leaves them
PIECE = re.compile(r"\$\{([^${}]*)\}")
REFERENCE = re.compile(r"\.*(?!hydra\b)[A-Za-z_]\w*(\.\w+)*", re.ASCII)  # to another key of the configuration
READ = re.compile(r"oc\.env:\s*(\w+)\s*(,.*)?", re.ASCII)
CHOICE = re.compile(r"(?!.*\.\.)\w[\w.+-]*(/\w[\w.+-]*)*")  # of a group: no way out of its folder


class Want(NamedTuple):
    """What a run directory would do. name: what GANLAB_TRUST would have to name for it; None: nothing allows it."""

    name: str | None
    what: str


def instantiate_saved(run_dir: Path, part: str) -> Any:
    """Make what a run's saved configuration describes under the key ``part``: its model or its data; see below."""
    return instantiate_foreign(saved_config(run_dir), part, run_dir)


def instantiate_foreign(cfg: DictConfig, part: str, where: Path) -> Any:
    """Make what ``cfg``, from the folder ``where``, describes under the key ``part``.

    Raises:
        UserError: for what ``require_trusted`` refuses, before anything is imported or made; no such part, or one that
            does not fit its constructor.
    """
    node = OmegaConf.to_container(cfg, resolve=False).get(part)  # type: ignore[union-attr]
    if not isinstance(node, dict) or "_target_" not in node:
        raise UserError(
            f"the configuration in {where} describes no {part}: it is damaged, or of another program"
        )
    require_trusted(node, where)
    for path, inner in nodes(cfg[part], part):
        if "_target_" in inner:
            check_node(path, inner)  # type: ignore[arg-type]
    return instantiate(cfg[part])


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
        UserError: names what they would do, and what allows it.
    """
    _refuse_first((want for word in words for want in wants_of_word(word)), where)
    folders = own.folders()
    unknown = _untrusted_targets(compose_all(words, config_name, config_dirs=folders))
    if unknown:  # in files of one's own, anything may be named
        groups = [word for word in words if is_group(_parsed(word).key_or_group)]
        unknown -= _untrusted_targets(compose_all(groups, config_name, config_dirs=folders))
    _refuse_first((_of_target(target) for target in sorted(unknown)), where)


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
    cfg = OmegaConf.to_container(saved_config(run_dir), resolve=False)
    wanted = wants([cfg.get(part) for part in ("model", "data")])
    trust = {want.name for want in wanted if want.name}
    return to_paste(command, f"run={as_typed(run_dir)}", *words, trust=trust)


def _refuse_first(found: Iterable[Want], where: Path) -> None:
    for want in found:
        if want.name is None:
            raise UserError(f"{where} {want.what}")
        if not own.is_named(want.name):
            raise UserError(f"{where} {want.what}; {_remedy(want, where)}")


def _remedy(want: Want, where: Path) -> str:
    trust = f"if you trust whoever made this run, set GANLAB_TRUST={want.name} in the environment"
    if want.what.startswith("would read") or want.name.partition(".")[0] in ("torch", "ganlab"):
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


def wants(node: Any) -> Iterator[Want]:
    """Everything in a configuration that is not harmless by itself."""
    for key, text in texts(node):
        if key == "_target_":
            if not is_harmless(text):
                yield _of_target(text)
        elif variable := VARIABLE.fullmatch(text):
            yield _of_variable(variable[1])
        elif "${" in text:
            yield Want(None, f"holds {text!r} in its configuration, where only plain values are taken")


def wants_of_word(word: str) -> Iterator[Want]:
    """Everything in an override that is not harmless by itself."""
    override = _parsed(word)
    key, package = override.key_or_group, override.package or ""
    if {"hydra", "_global_"} & set(re.split(r"[./@:]", f"{key}@{package}")):
        yield Want(None, f"holds {word!r}: what is Hydra's own is not taken from a run directory")
    elif override.is_sweep_override():
        yield Want(None, f"holds {word!r}: one value is needed")
    elif is_group(key):
        options = override.value()
        for option in options if isinstance(options, list) else [options]:
            if option is not None and not CHOICE.fullmatch(str(option)):
                yield Want(None, f"holds {word!r}, which names no option of {key}")
    else:
        for last, text in texts({re.split(r"[.@:]", key)[-1]: override.value()}):
            if last == "_target_":
                if not is_harmless(text):
                    yield _of_target(text)
            else:
                yield from _of_interpolations(text, word)


def _of_interpolations(text: str, word: str) -> Iterator[Want]:
    rest, key = PIECE.sub("", text), _parsed(word).key_or_group
    for inner in PIECE.findall(text):
        if variable := READ.fullmatch(inner):
            unless = f" for {key}, unless you give {key}=... yourself"
            yield Want(variable[1], _of_variable(variable[1]).what + unless)
        elif not REFERENCE.fullmatch(inner):
            rest += "${"
    if "${" in rest:
        yield Want(
            None, f"holds {word!r}, whose meaning is not taken from a run directory: give {key}=... yourself"
        )


def _of_target(target: str) -> Want:
    """The refusal asks to trust a whole package only where it can be the user's own."""
    if not NAME.fullmatch(target):
        return Want(None, f"would run {target!r}, which is no dotted name of a class or function")
    package = target.partition(".")[0]
    common = package in ("ganlab", "torch", *sys.stdlib_module_names)
    return Want(
        target if common else package,
        f"would run {target}, which is neither ganlab's nor in a --config-dir of this command",
    )


def _of_variable(name: str) -> Want:
    return Want(name, f"would read {name} from the environment")


def _parsed(word: str) -> Override:
    try:
        return OverridesParser.create().parse_override(word)
    except HydraException as error:
        raise UserError(
            f"{word!r}, saved by a run, is no override: its .hydra/overrides.yaml is damaged"
        ) from error


def is_group(key: str) -> bool:
    """Is this the name of a folder of options, ganlab's or one's own?"""
    return any((folder / key).is_dir() for folder in (paths.config_dir(), *own.folders()))


def _untrusted_targets(cfg: DictConfig) -> set[str]:
    """What a composed configuration would run, Hydra's own node included."""
    found = {text for key, text in texts(cfg) if key == "_target_"}
    return {target for target in found if not target.startswith(HYDRA) and not is_harmless(target)}


def texts(node: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Every text in the node, as it is written, with the last key above it; every ``_target_``, whatever it is."""
    plain = OmegaConf.to_container(node) if isinstance(node, DictConfig | ListConfig) else node
    if isinstance(plain, dict):
        for name, inner in plain.items():
            yield from texts(inner, str(name))
    elif isinstance(plain, list) and key != "_target_":
        for inner in plain:
            yield from texts(inner)
    elif isinstance(plain, str) or key == "_target_":
        yield key, str(plain)


def is_harmless(target: str) -> bool:
    """Is this ganlab's or PyTorch's and builds something, or the user's own?

    Both by its name, before it is imported, and by where it was defined: modules also hold what they import.
    """
    if not NAME.fullmatch(target):
        return False
    named_own = own.is_own(target)
    if not target.startswith(BUILD) and not named_own:
        return False
    found = locate("", target)
    try:
        made = hydra.utils.get_object(target)
    except Exception:
        return False
    if made != found:  # Hydra, which will make it, finds something else under this name
        return False
    home = f"{getattr(found, '__module__', '')}."
    if home.startswith(COMPUTE) or (home.startswith(BUILD) and inspect.isclass(found)):
        return True
    return named_own and home.partition(".")[0] != "ganlab" and own.is_own(home[:-1])
