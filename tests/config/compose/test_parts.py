"""Any part of a model can be exchanged: what a model's file says of a part, every choice of it understands."""

import pytest
import yaml

from ganlab.config import compose, config_dir
from ganlab.config.compose.catalogue import catalogue
from ganlab.config.compose.check import check

MODELS = sorted(catalogue()["model"])
PLAYERS = {"generator", "discriminator", "encoder", "recognition"}  # networks have sizes of their own
EXCEPT = {("prior", "codes")}  # of InfoGAN, which counts noise, categories and codes


def read(name: str) -> dict:
    return yaml.safe_load((config_dir() / "model" / f"{name}.yaml").read_text(encoding="utf-8"))


def choices(part: str) -> list[str]:
    return sorted(path.stem for path in (config_dir() / "model" / part).glob("*.yaml"))


def misunderstood(model: str) -> list[str]:
    """What the model's file says of its parts, as part.key, that some choice of the part does not know."""
    body = read(model)
    parts = {group for entry in body.get("defaults", []) if isinstance(entry, dict) for group in entry}
    return [
        f"{part}.{key}: {choice}"
        for part in sorted(parts & body.keys() - PLAYERS)
        for key in body[part]
        for choice in choices(part)
        if (part, choice) not in EXCEPT and key not in read(f"{part}/{choice}")
    ]


@pytest.mark.parametrize("model", MODELS)
def test_every_choice_knows_what_the_model_says_of_the_part(model):
    assert misunderstood(model) == []


def test_r1gan_takes_another_penalty():
    cfg = compose(["model=r1gan", "model/penalty=dragan"])
    check(cfg)
    assert cfg.model.penalty == read("penalty/dragan")
