"""What tests compose of remembered choices is what Hydra composes."""

import pytest
from omegaconf import OmegaConf

from ganlab.config.compose.hydra_compose import compose_all
from tests.support import composing

CHOICES = ["model=vanilla", "data=digits", "model/regularizer=lecam", "~callbacks.samples"]
VALUES = [
    *("seed=3", "hydra.run.dir=here", "model.prior.size=${seed}", "trainer.max_steps=1e3", "tags=[a]"),
    "+model.new=[1,{b: 2}]",
]


def as_it_is(words: list[str], name: str) -> tuple:
    cfg = compose_all(words, name)
    flags = [(node._get_flag("struct"), node._get_flag("readonly")) for node in (cfg, cfg.hydra)]
    return OmegaConf.to_container(cfg), flags, OmegaConf.to_yaml(cfg)


@pytest.mark.parametrize(
    ("choices", "values", "name"), [(CHOICES, VALUES, "train"), ([], ["run=a", "n=3"], "sample")]
)
def test_a_remembered_composition_is_hydra_s(choices, values, name, monkeypatch):
    compose_all(choices, name)
    usual = as_it_is([*choices, *values], name)
    monkeypatch.setattr(composing.ConfigLoaderImpl, "_load_configuration_impl", composing.compose)
    assert usual == as_it_is([*choices, *values], name)


def test_what_is_changed_afterwards_is_not_remembered():
    compose_all(["model=vanilla"]).model.prior.size = 7
    assert compose_all(["model=vanilla"]).model.prior.size != 7
