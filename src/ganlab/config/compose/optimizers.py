"""An optimizer chosen for one player takes the place of the model's: numbers of another optimizer do not stay."""

from pathlib import Path

from hydra.conf import HydraConf
from omegaconf import DictConfig, OmegaConf, open_dict

from ganlab.config.compose.hydra_compose import compose_all
from ganlab.config.compose.overrides import key_of, words_of

GROUP = "model/optimizer"


def replace_chosen(cfg: DictConfig, job: HydraConf) -> None:
    """Leave to each player with ``model/optimizer@model.optimizers.PLAYER=NAME`` what NAME says, and what was typed.

    Hydra merges the choice over the model's node, which may hold keys of another optimizer: Adam's betas beside SGD's
    momentum. ``model/optimizers=NAME``, for both players, begins with null and needs no help.
    job: the ``hydra`` node that goes with ``cfg``.
    """
    chosen = [choice.partition("@") for choice, name in job.runtime.choices.items() if isinstance(name, str)]
    typed = {key_of(word) for word in words_of(job.overrides.task)}
    for place in (place for group, _, place in chosen if group == GROUP and place):
        node = OmegaConf.select(cfg, place)
        option_keys = _keys_of(job.runtime.choices[f"{GROUP}@{place}"], job)
        with open_dict(node):
            for key in [key for key in node if key not in option_keys and f"{place}.{key}" not in typed]:
                del node[key]


def _keys_of(name: str, job: HydraConf) -> set[str]:
    """The keys of an option, from whichever folder of Hydra's search path has it."""
    sources = [
        source
        for source in job.runtime.config_sources
        if source.schema == "file" and source.provider != "main"
    ]
    folders = [Path(source.path) for source in sources]
    # onto a small configuration
    option = compose_all([f"+{GROUP}@option={name}"], "export", config_dirs=folders)
    return set(option.option)
