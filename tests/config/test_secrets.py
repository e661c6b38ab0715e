"""Keys, tokens and passwords do not reach the files of a run."""

import logging
import os

import pytest
from hydra.core.hydra_config import HydraConfig
from omegaconf import OmegaConf

from ganlab.config import compose, save_config, saved_config
from ganlab.config.compose.compose import settle
from ganlab.config.compose.hydra_compose import compose_all, split
from ganlab.config.secrets import Secrets, put_away
from ganlab.data.images.packaged import Digits
from ganlab.training.run import train
from tests.support.secrets import CANARY, KEY
from tests.support.wandb_reading import alone


class PrivateDigits(Digits):
    """A data set that asks for a token."""

    def __init__(self, *, token: str, **rest) -> None:
        super().__init__(**rest)
        self.token = token


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("api_key", "abc"),
        ("wandb_api_key", "abc"),
        ("hfToken", "abc"),
        ("client.secret", "abc"),
        ("password", "abc"),
        ("tokens.key.0", "abc"),
        ("anything", KEY),
        ("anything", f"local-{KEY}"),
        ("anything", "wandb_v1_abc"),
    ],
)
def test_X7_what_is_a_secret(key, value):
    cfg = OmegaConf.create()
    OmegaConf.update(cfg, key, value)
    secrets = Secrets(cfg)
    assert OmegaConf.select(OmegaConf.create(secrets.config()), key) == "***"
    assert secrets.override(f"+{key}={value}") == f"+{key}=***"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("monkey", "abc"),
        ("max_pixels", "abc"),
        ("keys", "abc"),
        ("tokenizer", "words"),
        ("n_tokens", 3),
        ("token", 3),
        ("key.activation", "relu"),
        ("digest", KEY[:39]),
        ("api_key", None),
        ("api_key", ""),
    ],
)
def test_X7_what_is_none(key, value):
    cfg = OmegaConf.create()
    OmegaConf.update(cfg, key, value)
    assert Secrets(cfg).config() == OmegaConf.to_container(cfg)
    word = f"{key}={'null' if value is None else value}"
    assert Secrets(cfg).override(word) == word


def test_X7_what_repeats_a_secret_is_hidden_too():
    tree = {"data": {"token": CANARY}, "url": "https://me:${data.token}@host", "all": "${data}"}
    secrets = Secrets(OmegaConf.create(tree))
    assert secrets.config() == {
        "data": {"token": "***"},
        "url": "https://me:***@host",
        "all": {"token": "***"},
    }
    assert secrets.override(f"data={{token: {CANARY}}}") == "data={token: ***}"


def test_X7_a_variable_of_the_environment_stays_a_variable(monkeypatch):
    """So that a resumed run, or a further process, has it again; without the variable it is unknown."""
    monkeypatch.setenv("HUB_TOKEN", CANARY)
    written = "${oc.env:HUB_TOKEN}"
    secrets = Secrets(
        OmegaConf.create({"data": {"token": written, "login": written, "again": "${data.login}"}})
    )
    kept = OmegaConf.create(secrets.config())
    assert CANARY not in OmegaConf.to_yaml(kept)
    assert (kept.data.token, kept.data.login, kept.data.again) == (CANARY, CANARY, "***")
    assert secrets.override(f"data.token='{written}'") == f"data.token='{written}'"
    monkeypatch.delenv("HUB_TOKEN")
    assert kept.data.token == "***"


@pytest.mark.parametrize(
    ("word", "kept", "variables"),
    [
        (f"+data.token={CANARY}", "+data.token='${oc.env:GANLAB_DATA_TOKEN}'", {"DATA_TOKEN": CANARY}),
        ("++a.password='1, \\'2'", "++a.password='${oc.env:GANLAB_A_PASSWORD}'", {"A_PASSWORD": "1, '2"}),
        (f"name={KEY}", "name='${oc.env:GANLAB_NAME}'", {"NAME": KEY}),
        (
            "data={root: here, token: [a, 2]}",
            "data={root:here,token:['${oc.env:GANLAB_DATA_TOKEN_0}',2]}",
            {"DATA_TOKEN_0": "a"},
        ),
        ("key=a,b", "key='${oc.env:GANLAB_KEY_0}','${oc.env:GANLAB_KEY_1}'", {"KEY_0": "a", "KEY_1": "b"}),
        ("data.token='${oc.env:HUB_TOKEN}'", "data.token='${oc.env:HUB_TOKEN}'", {}),
        ("seed=1,2", "seed=1,2", {}),
        ("data.root='a  b', c", "data.root='a  b', c", {}),
        ("~data.token", "~data.token", {}),
        ("token=[", "token=[", {}),
    ],
)
def test_X7_words_keep_a_secret_in_the_environment(word, kept, variables, monkeypatch):
    monkeypatch.setattr(os, "environ", os.environ.copy())
    before = set(os.environ)
    assert put_away([word]) == [kept]
    assert put_away([kept]) == [kept]
    assert {name: os.environ[name] for name in set(os.environ) - before} == {
        f"GANLAB_{name}": value for name, value in variables.items()
    }


def test_X7_saved_files_and_a_warning(tmp_path, caplog):
    """As within a Hydra job, whose settings repeat the command line."""
    words = [f"+data.api_key={CANARY}", "seed=3"]
    composed = compose_all(words)
    HydraConfig.instance().set_config(composed)
    try:
        cfg, job = split(composed)
        settle(cfg, job)
        save_config(cfg, tmp_path)
    finally:
        HydraConfig.instance().cfg = None
    for name in ("config.yaml", "overrides.yaml", "hydra.yaml"):
        text = (tmp_path / ".hydra" / name).read_text()
        assert CANARY not in text
        assert "***" in text
    assert saved_config(tmp_path).data.api_key == "***"
    (record,) = [record for record in caplog.records if record.name.startswith("ganlab")]
    assert record.levelno == logging.WARNING
    assert record.getMessage().startswith("data.api_key ")


def test_X7_no_file_of_a_run_holds_a_secret(tmp_path, monkeypatch):
    """A key in the environment, a token in the configuration, every tracking service."""
    alone(monkeypatch, tmp_path / "home")
    monkeypatch.setenv("WANDB_API_KEY", KEY)
    monkeypatch.setenv("WANDB_MODE", "offline")
    overrides = [
        "model=mlp_gan",
        "metrics=none",
        "trainer=cpu",
        "trainer.max_steps=1",
        "data.batch_size=8",
        f"data._target_={__name__}.PrivateDigits",
        f"+data.token={CANARY}",
        "callbacks.samples.n=4",
        "logger=[csv,wandb,tensorboard]",
    ]
    run = tmp_path / "run"
    train(compose(overrides), run)
    files = [path for path in run.rglob("*") if path.is_file()]
    assert len(files) > 10
    for secret in (CANARY, KEY):
        assert [path for path in files if secret.encode() in path.read_bytes()] == []
    assert any(b"***" in path.read_bytes() for path in run.glob("wandb/offline-run-*/*.wandb"))


def test_T3_a_variable_with_a_secret_name_is_hidden_wherever_it_goes(monkeypatch):
    monkeypatch.setenv("MY_TOKEN", "abc")  # too short to be looked for in other texts
    monkeypatch.setenv("PLACE", "here")
    tree = {
        "whole": "${oc.env:MY_TOKEN}",
        "part": "run-${oc.env:MY_TOKEN}-1",
        "again": ["${part}", {"deep": "${whole}"}],
        "fallen_back": "${oc.env:OTHER_TOKEN,abc}",
        "chosen": "${oc.env:${which}}",
        "which": "MY_TOKEN",
        "place": "${oc.env:PLACE}",
        "abc": "abcdef",
    }
    assert Secrets(OmegaConf.create(tree)).config() == {
        "whole": "${oc.env:MY_TOKEN,'***'}",
        "part": "***",
        "again": ["run-***-1", {"deep": "***"}],
        "fallen_back": "***",
        "chosen": "***",
        "which": "MY_TOKEN",
        "place": "here",
        "abc": "abcdef",
    }


@pytest.mark.parametrize(
    ("key", "value", "shown"),
    [
        ("name", "${oc.env:MY_TOKEN}", "$MY_TOKEN"),
        ("name", "first-${oc.env:MY_TOKEN}", "first-$MY_TOKEN"),
        ("name", "${group}", "$MY_TOKEN"),
        ("tags", "[paper,'${oc.env:MY_TOKEN}']", ["paper", "$MY_TOKEN"]),
        ("logger.wandb.notes", "see ${oc.env:MY_TOKEN}", "see $MY_TOKEN"),
        ("logger.wandb.entity", "${name}", "vanilla-digits-s0"),
    ],
)
def test_T3_a_label_says_the_name_of_a_secret_only(key, value, shown, monkeypatch):
    monkeypatch.setenv("MY_TOKEN", "abc")
    word = f"{key}={value}" if key == "tags" else f"{key}='{value}'"
    cfg = compose(["model=vanilla", "logger=wandb", "group='${oc.env:MY_TOKEN}'", word])
    assert OmegaConf.select(cfg, key) == shown
    assert (cfg.group, cfg.logger.wandb.group) == ("$MY_TOKEN", "$MY_TOKEN")
    assert cfg.logger.wandb.name == cfg.name


def test_T3_what_is_said_holds_no_secret(monkeypatch):
    from ganlab.config.secrets import conceal

    monkeypatch.setenv("HUB_PASSWORD", CANARY)
    compose(["model=vanilla", "data.batch_size='${oc.env:HUB_PASSWORD}'"])
    assert (
        conceal(f"batch_size={CANARY}: expected a whole number") == "batch_size=***: expected a whole number"
    )
