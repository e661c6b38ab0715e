"""The checks in their order: what costs nothing first, and nothing that needs what has already failed."""

from collections.abc import Iterator
from pathlib import Path

from omegaconf import DictConfig

from ganlab.config import check, instantiate, own
from ganlab.config.compose.catalogue import fits
from ganlab.config.compose.facts import refuse_rectangle
from ganlab.doctor import machine, network, samples, trial
from ganlab.doctor.finding import Finding, fault, good, warning
from ganlab.errors import GanlabError


def examine(cfg: DictConfig, run_dir: Path) -> Iterator[Finding]:
    """Look at all that a run with this configuration needs, without training; nothing is left behind.

    run_dir: below which the run would be written.
    """
    try:
        fits(cfg, own.folders())
        refuse_rectangle(cfg)
        check(cfg)
        yield good(
            "configuration", f"{cfg.chosen.model} on {cfg.chosen.data}, every key fits its constructor"
        )
    except GanlabError as error:
        yield fault("configuration", str(error))
        return
    yield from machine.processors(cfg)
    yield from machine.storage(run_dir)
    yield from network.trackers(cfg)
    yield from weights(cfg)
    try:
        data = instantiate(cfg.data)
        data.prepare()
    except GanlabError as error:
        yield fault("data", str(error))
        return
    found = list(samples.look(data))
    yield from found
    if all(finding.level != "fault" for finding in found):
        yield from trial.run(cfg, data, run_dir)


def weights(cfg: DictConfig) -> Iterator[Finding]:
    """Everything that observes the run can be made; scores need the weights of their networks."""
    try:
        quality = instantiate(cfg.callbacks).get("quality")
    except GanlabError as error:
        yield fault("metrics", str(error))
        return
    scores = quality.names() if quality else []
    if scores:
        yield good("metrics", f"{', '.join(scores)}")
    elif quality and cfg.metrics:
        yield warning("metrics", "no scores: what is missing, and how to get it, stands above")
    else:
        yield good("metrics", "none, as asked: samples/ will be all there is to judge by")
