"""From a list of overrides to a configuration, and from a node of it to an object."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hydra.conf import HydraConf
from omegaconf import DictConfig, OmegaConf

from ganlab.config import own
from ganlab.config.compose.build import instantiate
from ganlab.config.compose.check import check_targets, check_top, check_values, read
from ganlab.config.compose.facts import settle_square, take_facts
from ganlab.config.compose.hydra_compose import compose_all, split
from ganlab.config.compose.schema import Demo, Evaluate, Export, Push, Sample, Train
from ganlab.config.explore import TOOLS
from ganlab.config.score import ScoreKeys
from ganlab.config.secrets import HIDDEN, masked, masked_environment, remember_written
from ganlab.config.tree import unresolved
from ganlab.errors import UserError
from ganlab.nearest import listing

SCHEMAS: dict[str, type] = {
    "train": Train,
    "sample": Sample,
    "evaluate": Evaluate,
    "export": Export,
    "push": Push,
    "demo": Demo,
}
SCHEMAS |= {"score": ScoreKeys}
SCHEMAS |= {f"explore/{tool}": schema for tool, schema in TOOLS.items()}
DEFAULTS = {"model": "dcgan", "data": "digits"}
RUN_PLACES, SWEEP_PLACES = ("hydra.run.dir",), ("hydra.sweep.dir", "hydra.sweep.subdir")
LABELS = ("name", "group", "tags", "notes", "project", "entity")  # of a run, and where services file it


def compose(
    overrides: Sequence[str] = (),
    config_name: str = "train",
    *,
    config_dirs: Sequence[Path] = (),
) -> DictConfig:
    """The configuration that ``overrides`` give, as the command line would compose it.

    Args:
        overrides: as on the command line, for instance ``["model=wgan", "seed=3"]``.
        config_name: one of ``SCHEMAS``.
        config_dirs: folders with groups and modules of your own, as ``--config-dir`` takes them.

    Raises:
        UserError: an override that does not fit, with the nearest valid names.
    """
    return compose_with_job(overrides, config_name, config_dirs=config_dirs)[0]


def compose_with_job(
    overrides: Sequence[str] = (), config_name: str = "train", *, config_dirs: Sequence[Path] = ()
) -> tuple[DictConfig, HydraConf]:
    """As :func:`compose`, with the ``hydra`` node, which knows what was chosen of each group."""
    from ganlab.config.compose.explain import BAD_INPUT, explain
    from ganlab.config.compose.mistakes import refuse_mistakes

    own.add(config_dirs)
    if config_name == "train":
        refuse_mistakes(overrides, config_dirs)
    try:
        cfg, job = split(compose_all(overrides, config_name, config_dirs=config_dirs))
    except BAD_INPUT as error:
        message = explain(error, overrides, config_name=config_name, config_dirs=config_dirs)
        raise UserError(message) from error
    settle(cfg, job, SCHEMAS[config_name])
    return cfg, job


def settle(cfg: DictConfig, job: HydraConf, schema: type = Train) -> None:
    """Check the keys at the top, and fill those that a configuration learns from its parts.

    ``chosen`` says which option each group has by ``job``, the ``hydra`` node, ``kinds`` what data the model needs and
    the data set gives; ``name``, ``group`` and ``classes`` are filled where they are null, ``class_names`` where the
    data says them. An optimizer chosen for one player replaces the model's.
    Imports nothing that a configuration names, but for data with labels that do not say how many.

    Raises:
        UserError: for a key that does not fit, and for ``classes`` that are not those of the data.
    """
    from ganlab.config.compose.optimizers import replace_chosen

    choices = dict(job.runtime.choices)
    for group in ("model", "data"):
        if group in cfg and not isinstance(choices.get(group), str):
            raise UserError(f"{group}: one name is needed, for instance {group}={DEFAULTS[group]}")
    check_top(cfg, schema)
    refuse_frozen_chance(cfg)
    settle_square(cfg)
    replace_chosen(cfg, job)
    if "chosen" not in cfg:
        return
    cfg.chosen = {group: choices[group] for group in ("model", "data")}
    pair = f"{choices['model']}-{choices['data']}"
    for key, usual in {"name": f"{pair}-s{cfg.seed}", "group": pair}.items():
        if not read(key, cfg, key):
            cfg[key] = usual
    keep_secrets_out_of_labels(cfg)
    facts = take_facts(cfg)
    if OmegaConf.select(cfg, "trainer.channels_last") == "auto":
        cfg.trainer.channels_last = facts["model"].channels_last
    kinds = {group: facts[group].kind_of(cfg[group]) for group in facts}
    cfg.kinds = {group: kind for group, kind in kinds.items() if kind}
    if (kinds["data"] or kinds["model"]) in ("labelled", "domains"):
        settle_classes(cfg, facts["data"].classes)


def refuse_frozen_chance(cfg: DictConfig) -> None:
    """Raise ``UserError`` where layers would be kept that nobody has trained."""
    if cfg.get("freeze") and cfg.get("start") is None:
        raise UserError(
            f"freeze={cfg.freeze} keeps the discriminator's first layers as another run has trained them: name that "
            "run with start=RUN"
        )


def keep_secrets_out_of_labels(cfg: DictConfig) -> None:
    """Put ``$NAME`` in the place of a secret in what only labels a run: its name, group, tags, a tracker's notes.

    Labels are shown everywhere: in results, in tables, by services.
    """
    tree = unresolved(cfg)
    remember_written(tree)
    hiding = masked(tree)
    services = cfg.logger if isinstance(cfg.get("logger"), DictConfig) else {}
    trackers = [name for name in services if isinstance(services[name], DictConfig)]
    for node, safe in [(cfg, hiding), *((services[name], hiding.logger[name]) for name in trackers)]:
        for key in [key for key in LABELS if key in node]:
            plain = shown(read(key, node, key))
            with masked_environment(lambda name: f"${name}"):
                hidden = shown(safe[key])
            if hidden != plain:
                node[key] = hidden


def refuse_secret_places(cfg: DictConfig, *keys: str) -> None:
    """Raise ``UserError`` where a folder would be named after a secret: ``hydra.run.dir`` and the like in ``cfg``."""
    safe = masked(unresolved(cfg))
    with masked_environment(lambda name: HIDDEN):
        for key in keys:
            if HIDDEN in str(OmegaConf.select(safe, key)):
                raise UserError(
                    f"{key} would name a folder after a secret, for all to see: leave the secret out of it"
                )


def shown(value: Any) -> Any:
    """A value with its interpolations resolved."""
    return OmegaConf.to_container(value, resolve=True) if OmegaConf.is_config(value) else value


def settle_classes(cfg: DictConfig, known: int | list[str] | None) -> None:
    """Fill ``classes`` and ``class_names`` with what is known of labelled data, else with what the data itself says."""
    if known is None and (cfg.classes is None or cfg.kinds.get("data")):
        check_values(cfg.data, "data")
        check_targets(cfg.data, "data")
        known = list(getattr(instantiate(cfg.data), "classes", ())) or None
    names = known if isinstance(known, list) else []
    number = len(names) if names else known
    if number is not None and cfg.classes not in (None, number):
        among = f" ({listing(names[:10])}{', ...' * (len(names) > 10)})" if names else ""
        raise UserError(
            f"classes={cfg.classes}: data={cfg.chosen.data} has {number} classes{among}; "
            "leave classes out, they are counted"
        )
    cfg.classes, cfg.class_names = number or cfg.classes, names
