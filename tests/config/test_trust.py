"""X5, X6: a run directory from elsewhere cannot run what it likes, and reads nothing of this machine."""

from pathlib import Path

import pytest
from omegaconf import OmegaConf

from ganlab.config import compose, save_config
from ganlab.config.trust import instantiate_saved, require_trusted
from ganlab.errors import UserError

MARKER = "marker"
PAYLOADS = [
    {"_target_": "pathlib.Path.touch", "_args_": [MARKER]},
    {"_target_": "builtins.open", "file": MARKER, "mode": "w"},
    {"_target_": "os.mkdir", "path": MARKER},
    {"_target_": "shutil.copyfile", "src": "/etc/hostname", "dst": MARKER},
    {"_target_": "torch.load", "f": MARKER, "weights_only": False},
    {"_target_": "torch.hub.load", "repo_or_dir": ".", "model": "m", "source": "local"},
    {"_target_": "joblib.load", "filename": MARKER},
    {"_target_": "ganlab.config.instantiate", "node": {}},
    {"_target_": "torch.nn.Sequential", "_args_": [{"_target_": "os.mkdir", "path": MARKER}]},
    # what modules import is found in them, too
    {"_target_": "ganlab.data.streaming.os.mkdir", "path": MARKER},
    {"_target_": "ganlab.data.archives.shutil.copyfile", "src": "/etc/hostname", "dst": MARKER},
    {"_target_": "torch.nn.functional.importlib.import_module", "name": "antigravity"},
    {"_target_": "torch.nn.modules.module.torch.load", "f": MARKER},
    {"_target_": "tests.helpers.torch.save", "obj": 1, "f": MARKER},
    {"_target_": "ganlab.data.archives.unpack", "path": "a.zip", "folder": MARKER},
    {"_target_": "torch.nn.Module.register_module", "self": 1},
    {"_target_": 3},
    {"_target_": "..os"},
]


def saved(folder: Path, **parts) -> Path:
    """A run directory whose configuration says just this."""
    (folder / ".hydra").mkdir(parents=True, exist_ok=True)
    OmegaConf.save(OmegaConf.create(parts), folder / ".hydra" / "config.yaml")
    return folder


def refused(folder: Path, **parts) -> str:
    with pytest.raises(UserError) as refusal:
        instantiate_saved(saved(folder, **parts), "model")
    return str(refusal.value)


@pytest.mark.parametrize("payload", PAYLOADS, ids=lambda payload: str(payload["_target_"]))
def test_X5_a_payload_is_refused_before_it_runs(payload, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    model = {"_target_": "ganlab.models.gan.StandardGAN", "generator": payload}
    assert "if you trust whoever made this run" in refused(tmp_path / "run", model=model)
    hidden = {"_target_": "ganlab.models.gan.StandardGAN", "generator": "${other}"}
    assert "only plain values" in refused(tmp_path / "run", model=hidden, other=payload)
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


@pytest.mark.parametrize("part", ["absent", "text", "list", "nothing", "unknown key", "wrong type"])
def test_X5_a_part_that_is_no_network_is_a_sentence(part, tmp_path):
    relu = {"_target_": "torch.nn.LeakyReLU"}
    model = {
        "text": "dcgan",
        "list": [relu],
        "nothing": None,
        "unknown key": {**relu, "sloep": 1},
        "wrong type": {**relu, "negative_slope": "steep"},
    }
    parts = {"model": model[part]} if part in model else {}
    assert "model" in refused(tmp_path, **parts)


def test_X5_what_ganlab_writes_itself_is_taken(tmp_path):
    for name in ("dcgan", "r3gan", "infogan"):
        save_config(compose([f"model={name}"]), tmp_path, [])
        made = instantiate_saved(tmp_path, "model")
        assert sum(p.numel() for p in made.parameters()) > 0
        assert instantiate_saved(tmp_path, "data").batch_size > 0


def test_X5_own_code_and_trusted_packages_are_taken(tmp_path, monkeypatch):
    (tmp_path / "mylab_for_trust.py").write_text("import os\n\ndef make():\n    return 7\n")
    monkeypatch.syspath_prepend(tmp_path)
    own = {"_target_": "mylab_for_trust.make"}
    assert instantiate_saved(saved(tmp_path, model=own), "model") == 7
    assert "would run mylab_for_trust.os.getcwd" in refused(
        tmp_path, model={"_target_": "mylab_for_trust.os.getcwd"}
    )
    count = {"_target_": "operator.add", "_args_": [1, 2]}
    assert "GANLAB_TRUST=operator" in refused(tmp_path, model=count)
    monkeypatch.setenv("GANLAB_TRUST", "numpy,operator")
    assert instantiate_saved(saved(tmp_path, model=count), "model") == 3


def test_X6_the_environment_is_read_only_where_the_user_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("HUB_TOKEN", "secret")
    monkeypatch.setenv("HOME", "/home/me")
    for text in ("${oc.env:HUB_TOKEN}", "${oc.env:HUB_TOKEN,'***'}"):
        node = {"_target_": "torch.nn.Sequential", "_args_": [{"a": [text]}]}
        with pytest.raises(UserError, match=r"would read HUB_TOKEN .*set GANLAB_TRUST=HUB_TOKEN"):
            require_trusted(node, tmp_path)
    monkeypatch.setenv("GANLAB_TRUST", "HUB_TOKEN")
    require_trusted(node, tmp_path)
    for text in ("${oc.env:HOME}", "a ${oc.env:HUB_TOKEN}", "${oc.decode:x}", "${${a}:HOME}", "${b.c}", "${"):
        with pytest.raises(UserError, match=r"only plain values|would read HOME"):
            require_trusted([text], tmp_path)


def test_X5_a_run_directory_from_elsewhere_cannot_run_what_it_likes(tiny_run, tmp_path):
    """A whole run, its configuration changed: load refuses before anything happens."""
    import ganlab
    from tests.helpers import tiny_config

    words = ["model=vanilla", "trainer.max_steps=1"]
    tiny_run(*words)
    save_config(tiny_config(*words), tmp_path / "run")
    assert ganlab.load(tmp_path / "run").steps == 1
    path = tmp_path / "run" / ".hydra" / "config.yaml"
    cfg = OmegaConf.load(path)
    cfg.model.prior = {"_target_": "os.mkdir", "path": str(tmp_path / MARKER)}
    OmegaConf.save(cfg, path)
    with pytest.raises(UserError, match=r"os\.mkdir"):
        ganlab.load(tmp_path / "run")
    assert not (tmp_path / MARKER).exists()
