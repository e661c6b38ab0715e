"""Which run to continue, and whether the present configuration may continue it."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf

from ganlab.config.compose.overrides import key_of
from ganlab.config.runs.record import FOLDER, as_written, saved_config
from ganlab.config.runs.zoo import ADDRESS
from ganlab.config.secrets import HIDDEN
from ganlab.config.tree import flatten, plain
from ganlab.errors import UserError
from ganlab.nearest import did_you_mean, listing, nearest

FREE = (
    "resume",
    "allow_change",
    "name",
    "group",
    "tags",
    "chosen",
    "kinds",
    "objective",
    "search",
    "launcher",
    "logger",
    "callbacks",
    "trainer.max_steps",
    "trainer.detect_anomaly",
    "data.workers",
)
LATEST = "latest"  # in the place of a run's directory
HUB = "hf://"  # before the address of an export on the Hub of Hugging Face
ABSENT = "(absent)"


def find_run(path: str | Path, outputs: Path = Path("outputs")) -> Path:
    """``path``, if it is a run directory; else ``UserError`` with the runs that may have been meant.

    ``latest`` is the newest run below ``outputs``, in a sweep or by itself, ``latest:MODEL`` the newest of that model.
    """
    run_dir = Path(path).expanduser()
    if is_run(run_dir):
        return run_dir
    if str(path).partition(":")[0] == LATEST:
        return newest_run(str(path).partition(":")[2], outputs)
    if str(path).startswith((ADDRESS, HUB.rstrip("/"))):  # a Path keeps one slash
        raise UserError(
            f"{path} is a trained model without its run: ganlab sample, explore, evaluate, score and export take it"
        )
    if store := re.match(r"(\w[\w+.-]+):/", str(path)):
        raise UserError(
            f"{path}: a run is read from a folder of this machine, and {store[1]}: is none; copy it here first, or "
            "mount the store as a file system and name the folder"
        )
    what = "holds no run (no .hydra/config.yaml)" if run_dir.is_dir() else "does not exist"
    if run_dir.exists() and not run_dir.is_dir():
        what = "is no folder, and a run is one"
    if graphs := graphs_in(run_dir):
        raise UserError(graphs)
    inside = runs_below(run_dir)
    if inside:
        raise UserError(f"{run_dir} is not a run but a folder of runs; the newest is {inside[0]}")
    runs = runs_below(outputs)
    if not runs:
        raise UserError(
            f"{run_dir} {what}, and there are no runs below {outputs}/ yet: start one with ganlab"
        )
    close = nearest(str(run_dir), map(str, runs), 1)
    hint = f"did you mean {close[0]}?" if close else f"the newest run is {runs[0]}"
    raise UserError(f"{run_dir} {what}; {hint}")


def newest_run(model: str, outputs: Path) -> Path:
    """The run that was started last; of ``model``, unless that is empty.

    Raises:
        UserError: there is none.
    """
    models: dict[str, Path] = {}
    for run_dir in runs_below(outputs):
        trained = model_of(run_dir)
        if not model or trained == model:
            return run_dir
        models.setdefault(trained, run_dir)
    if not models:
        raise UserError(f"{LATEST}: there are no runs below {outputs}/ yet: start one with ganlab")
    known = [name for name in models if name]
    raise UserError(
        f"{LATEST}:{model}: no run below {outputs}/ is of that model; there are runs of {listing(known)}"
    )


def model_of(run_dir: Path) -> str:
    """The model that a run was started with; empty where its configuration does not say."""
    try:
        chosen = saved_config(run_dir).get("chosen")
    except UserError:
        return ""
    return str(chosen.get("model")) if isinstance(chosen, DictConfig) else ""


def is_run(folder: Path) -> bool:
    return (folder / FOLDER / "config.yaml").is_file()


def graphs_in(folder: Path) -> str:
    """What a folder is whose model runs without ganlab, in a sentence; empty for any other."""
    found = sorted(path.name for suffix in ("onnx", "pt2") for path in folder.glob(f"*.{suffix}"))
    if not found or is_run(folder):
        return ""
    return (
        f"{folder} holds a model that runs without ganlab ({', '.join(found)}): README.md there says how; ganlab takes "
        "its run, or an export of format=safetensors"
    )


def runs_below(folder: Path) -> list[Path]:
    """Run directories at most three levels down, the one started last first."""
    found = [path for depth in ("*", "*/*", "*/*/*") for path in folder.glob(f"{depth}/{FOLDER}/config.yaml")]
    found.sort(key=lambda path: (path.stat().st_mtime, str(path)), reverse=True)
    return [path.parents[1] for path in found]


def is_finished(run_dir: Path) -> bool:
    """Does ``results.json`` say so? A missing or unreadable file means that the run did not end."""
    path = run_dir / "results.json"
    try:
        # a pipe never ends
        results = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
    except (OSError, ValueError):
        return False
    return isinstance(results, dict) and results.get("status") == "finished"


def find_unfinished(folder: Path, cfg: DictConfig) -> tuple[Path | None, str]:
    """For ``resume=auto``: the newest unfinished run in ``folder`` with this configuration; a sentence.

    Directory names begin with the time of their start, so the newest has the last name (file times lie).
    """
    unfinished = [
        path for path in sorted(folder.glob("*/"), reverse=True) if is_run(path) and not is_finished(path)
    ]
    for run_dir in unfinished:
        if not differences(saved_config(run_dir), cfg, named=named_now()):
            return run_dir, f"resume=auto: continuing {run_dir}"
    why = f"no unfinished run with this configuration in {folder}"
    if unfinished:
        changed = differences(saved_config(unfinished[0]), cfg, named=named_now())
        why += f" ({unfinished[0].name} differs: {in_words(changed)})"
    return None, f"resume=auto: {why}; starting a new run"


def check_resumable(run_dir: Path, cfg: DictConfig, misfit: Callable[[], str | None] = lambda: None) -> None:
    """Raise ``UserError`` when ``cfg`` differs from what ``run_dir`` was started with in more than it may.

    Free to change are ``FREE`` and what the key ``allow_change`` lists. ``misfit`` says, where there are such
    differences, why the run's weights could not go on with ``cfg`` if they were allowed.
    """
    permitted = [str(key) for key in cfg.get("allow_change") or []]
    saved = saved_config(run_dir)
    known = flatten(plain(cfg)) | flatten(as_written(saved))  # also what is gone may be allowed to be
    for key in permitted:
        if not any(_covers(key, name) for name in known):
            raise UserError(f"allow_change={key}: no such key{did_you_mean(key, nearest(key, known))}")
    changed = differences(saved, cfg, permitted, named_now())
    if not changed:
        return
    message = f"{run_dir} was started with other settings: {in_words(changed)}"
    if why := misfit():
        raise UserError(
            f"{message}. It cannot go on with them: {why}. Leave them as they were, or start a new run without resume"
        )
    raise UserError(
        f"{message}. Leave them as they were, "
        f"allow them with '{allowing(permitted, *changed)}', or start a new run without resume"
    )


def allowing(permitted: Sequence[str], *more: str) -> str:
    """The word that allows these changes as well, beside those that are ``permitted`` already."""
    return f"allow_change=[{','.join(dict.fromkeys([*permitted, *more]))}]"


def for_longer(cfg: DictConfig) -> list[str]:
    """The words that resume a run for twice as many steps, and allow what follows the number of steps to change."""
    later = cfg.copy()
    OmegaConf.set_readonly(later, False)
    later.trainer.max_steps = 2 * cfg.trainer.max_steps
    before, after = flatten(plain(cfg)), flatten(plain(later))
    follows = [
        key for key in after if after[key] != before.get(key) and not any(_covers(name, key) for name in FREE)
    ]
    permitted = [str(key) for key in cfg.get("allow_change") or []]
    words = [f"trainer.max_steps={later.trainer.max_steps}"]
    return [*words, allowing(permitted, *follows)] if follows else words


def named_now() -> list[str] | None:
    """The keys that the words of this command set; None where there is no command."""
    if not HydraConfig.initialized():
        return None
    return [key_of(word).replace("/", ".") for word in HydraConfig.get().overrides.task]


def differences(
    old: DictConfig, new: DictConfig, permitted: Sequence[str] = (), named: Sequence[str] | None = None
) -> dict[str, tuple[Any, Any]]:
    """``{key: (old, new)}`` for every key outside ``FREE`` and ``permitted`` whose resolved value differs.

    named: keys set by a command. A key that ``old`` lacks, and that is not among them or is null, came with a later
    version of ganlab, and is no difference.
    """
    before, after = flatten(as_written(old)), flatten(plain(new))
    free = (*FREE, *permitted)
    return {
        key: (before.get(key, ABSENT), after.get(key, ABSENT))
        for key in sorted(before.keys() | after.keys())
        if before.get(key, ABSENT) not in (after.get(key, ABSENT), HIDDEN)
        and not any(_covers(name, key) for name in free)
        and (
            key in before
            or named is None
            or (after[key] is not None and any(_covers(name, key) for name in named))
        )
    }


def in_words(changed: Mapping[str, tuple[Any, Any]], maximum: int = 5) -> str:
    """``model.lr: 0.1 -> 0.2, ...``."""
    parts = [f"{key}: {_short(old)} -> {_short(new)}" for key, (old, new) in list(changed.items())[:maximum]]
    return ", ".join(parts) + (f" and {len(changed) - maximum} more" if len(changed) > maximum else "")


def _covers(name: str, key: str) -> bool:
    return key == name or key.startswith(f"{name}.")


def _short(value: Any, maximum: int = 40) -> str:
    text = "null" if value is None else str(value)
    return text if len(text) <= maximum else f"{text[: maximum - 3]}..."
