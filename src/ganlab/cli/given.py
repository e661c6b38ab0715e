"""``data=...`` beside an export, which knows none: as ``ganlab train`` reads it, with the metrics that go with it."""

from pathlib import Path
from typing import Any, NamedTuple

from ganlab.config import own
from ganlab.config.compose.build import instantiate
from ganlab.config.compose.check import check_targets, check_values
from ganlab.config.compose.compose import compose
from ganlab.config.compose.overrides import key_of
from ganlab.config.runs.resume import is_run


class Given(NamedTuple):
    """words: those that are left. data: as an object; None of a run, which has its own. metrics: those of the data."""

    words: list[str]
    data: Any = None
    metrics: Any = None


def given(words: list[str], run_dir: Path, *, scored: bool = True) -> Given:
    """What ``words`` say of the data of an export; of a run all of them are left.

    scored: the command has metrics, which the data may choose.

    Raises:
        UserError: there is no data among them.
    """
    if is_run(run_dir):
        return Given(words)
    ours = [word for word in words if _group(word) in ("data", *(["metrics"] if scored else []))]
    if not any(_group(word) == "data" for word in ours):
        from ganlab.inference.data_of import require_data

        require_data(run_dir)
    cfg = compose(ours, "train", config_dirs=own.folders())
    check_values(cfg.data, "data")
    check_targets(cfg.data, "data")
    return Given([word for word in words if word not in ours], instantiate(cfg.data), cfg.metrics)


def _group(word: str) -> str:
    return key_of(word).partition(".")[0]
