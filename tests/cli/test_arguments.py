"""Words of the command line that must not be kept, and words that must be kept as they were typed."""

import os

import pytest

from ganlab.cli.arguments import named_run, options_of_run, quote_paths
from ganlab.config.compose.overrides import quote, unquote
from tests.support.secrets import CANARY, KEY
from tests.support.wandb_reading import alone

DATA = "data._target_=tests.config.test_secrets.PrivateDigits"
QUICK = ("model=mlp_gan", "metrics=none", "trainer=cpu", "trainer.max_steps=1", "data.batch_size=8")


@pytest.fixture
def environment(monkeypatch) -> dict:
    """That of this process, which is as before afterwards."""
    monkeypatch.setenv("GANLAB_DATA_TOKEN", "")
    monkeypatch.delenv("GANLAB_DATA_TOKEN")
    return os.environ


def test_X7_a_secret_on_the_command_line_is_in_no_file_and_no_name(
    ganlab, environment, monkeypatch, tmp_path
):
    """A sweep of a real run: Hydra and W&B write down what they were told."""
    alone(monkeypatch, tmp_path / "home")
    monkeypatch.setenv("WANDB_API_KEY", KEY)
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("HUB_NAME", "private-hub-name")
    words = [*QUICK, "logger=wandb", "callbacks.samples.n=4", "tags=['${oc.env:HUB_NAME}']"]
    answer = ganlab("-m", f"+data.token={CANARY}", DATA, *words)
    assert answer.code == 0, answer.err
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {"results.json", "multirun.yaml"} <= {path.name for path in files}
    assert any(path.suffix == ".wandb" for path in files)
    for secret in (CANARY, KEY):
        assert secret not in answer.out + answer.err
        assert [path for path in files if secret.encode() in path.read_bytes() or secret in str(path)] == []
    named = [path for path in tmp_path.rglob("*") if "private-hub-name" in path.name]
    assert named == [], "a variable of the environment, in the name of a directory"


def test_X7_a_resumed_run_needs_the_secret_again(ganlab, trained, environment, monkeypatch):
    monkeypatch.setenv("GANLAB_TRUST", "tests")  # where its data set comes from
    assert ganlab(f"+data.token={CANARY}", DATA).code == 0
    cfg, run_dir = trained[0]
    assert cfg.data.token == CANARY
    environment.pop("GANLAB_DATA_TOKEN")
    refused = ganlab(f"resume={run_dir}")
    assert refused.code == 2
    assert "would read GANLAB_DATA_TOKEN from the environment for data.token" in refused.err
    assert "unless you give data.token=... yourself" in refused.err
    assert ganlab(f"resume={run_dir}", "data.token=another").code == 0
    assert trained[-1][0].data.token == "another"
    monkeypatch.setenv("GANLAB_TRUST", "tests,GANLAB_DATA_TOKEN")
    environment["GANLAB_DATA_TOKEN"] = CANARY
    assert ganlab(f"resume={run_dir}").code == 0
    assert trained[-1][0].data.token == CANARY


def test_a_word_with_an_interpolation_is_kept_as_it_was_typed(ganlab, trained):
    """In a run, in a sweep, and when it is resumed."""
    word = "model.generator.width='${data.batch_size}'"
    assert ganlab(word, "data.batch_size=16").code == 0
    assert ganlab(f"resume={trained[0][1]}").code == 0
    assert ganlab("-m", word, "data.batch_size=16,32").code == 0
    assert [cfg.model.generator.width for cfg, _ in trained] == [16, 16, 16, 32]
    assert "data.batch_size" in trained[2][1].name


LABELS = (
    "name='a-${oc.env:MY_TOKEN}'",
    "group='${oc.env:MY_TOKEN}'",
    "tags=['${oc.env:MY_TOKEN}']",
    "logger.wandb.notes='${oc.env:MY_TOKEN}'",
    "logger.wandb.project='${oc.env:MY_TOKEN}'",
)


def test_T3_a_secret_in_a_label_is_in_no_file_of_a_sweep_and_not_on_the_screen(ganlab, monkeypatch, tmp_path):
    """A sweep of a real run with every service; a token in a file of one's own; a run that fails."""
    alone(monkeypatch, tmp_path / "home")
    monkeypatch.setenv("MY_TOKEN", CANARY)
    monkeypatch.setenv("WANDB_MODE", "offline")
    private = tmp_path / "mine" / "data" / "private.yaml"
    private.parent.mkdir(parents=True)
    private.write_text(
        f"defaults: [digits]\n_target_: tests.config.test_secrets.PrivateDigits\ntoken: {KEY}\n"
    )
    words = [*QUICK, "data=private", "logger=[wandb,tensorboard]", "callbacks.samples.n=4", *LABELS]
    answer = ganlab("-m", "--config-dir", "mine", *words, "data.image_size=28,'${oc.env:MY_TOKEN}'")
    assert answer.code == 2
    assert "data.image_size=***" in answer.err
    private.unlink()
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {"results.json", "multirun.yaml", "ganlab.log", "table.md"} <= {path.name for path in files}
    for secret in (CANARY, KEY):
        assert secret not in answer.out + answer.err
        assert [path for path in files if secret.encode() in path.read_bytes() or secret in str(path)] == []
    assert any(b"a-$MY_TOKEN" in path.read_bytes() for path in files if path.name == "results.json")


@pytest.mark.parametrize(
    "words",
    [
        ("hydra.run.dir='runs/${oc.env:MY_TOKEN}'",),
        ("hydra.run.dir='runs/${name}'", "name='${oc.env:MY_TOKEN}'"),
        ("-m", "hydra.sweep.dir='runs/${oc.env:MY_TOKEN}'"),
        ("-m", "hydra.sweep.subdir='${oc.env:MY_TOKEN}'"),
    ],
    ids=str,
)
def test_T3_no_folder_is_named_after_a_secret(words, ganlab, trained, monkeypatch, tmp_path):
    monkeypatch.setenv("MY_TOKEN", "abc")
    answer = ganlab("model=vanilla", *words)
    assert answer.code == 2
    assert "would name a folder after a secret" in answer.err
    assert list(tmp_path.rglob("*abc*")) == []
    assert trained == []


def test_a_run_of_a_sweep_may_be_the_first_word_though_its_name_holds_an_equals_sign(tmp_path):
    from ganlab.cli.arguments import options_of_run

    (tmp_path / "0_model=vanilla_seed=1").mkdir()
    run = f"{tmp_path}/0_model=vanilla_seed=1"
    assert options_of_run("sample", [run, "n=4"]) == [f"run={run}", "n=4"]
    assert options_of_run("sample", ["model=vanilla"]) == ["model=vanilla"]


@pytest.mark.parametrize("name", ["a b", "it's", 'say "it\'s"', "'", "<b>", "ünï", 'both "ends"', "a\\b"])
def test_what_is_put_into_quotes_comes_out_of_them(name):
    assert unquote(quote(name)) == name
    assert unquote(f'"{name}"' if '"' not in name else name) == name


def test_a_run_whose_name_ends_with_a_quote_is_found(tmp_path):
    folder = tmp_path / 'it\'s "quoted"'
    (folder / ".hydra").mkdir(parents=True)
    (folder / ".hydra" / "config.yaml").touch()
    assert named_run(quote_paths(options_of_run("report", [str(folder)]), ("run",))) == folder
