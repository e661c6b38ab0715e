"""X5: a run directory from elsewhere cannot run what it likes."""

from pathlib import Path

import pytest
from omegaconf import OmegaConf

from ganlab.config import compose
from ganlab.config.trust import instantiate_saved, targets
from ganlab.errors import UserError

MARKER = "marker"
PAYLOADS = [
    {"_target_": "pathlib.Path.touch", "_args_": ["${oc.env:PWD}/marker"]},
    {"_target_": "builtins.open", "file": MARKER, "mode": "w"},
    {"_target_": "os.mkdir", "path": MARKER},
    {"_target_": "shutil.copyfile", "src": "/etc/hostname", "dst": MARKER},
    {"_target_": "torch.load", "f": MARKER, "weights_only": False},
    {"_target_": "torch.hub.load", "repo_or_dir": ".", "model": "m", "source": "local"},
    {"_target_": "joblib.load", "filename": MARKER},
    {"_target_": "ganlab.config.instantiate", "node": {}},
    {"_target_": "torch.nn.Sequential", "_args_": [{"_target_": "os.mkdir", "path": MARKER}]},
]


@pytest.mark.parametrize("payload", PAYLOADS, ids=lambda payload: payload["_target_"])
def test_X5_a_payload_is_refused_before_it_runs(payload, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    node = OmegaConf.create({"_target_": "ganlab.models.gan.StandardGAN", "generator": payload})
    with pytest.raises(UserError, match="if you trust"):
        instantiate_saved(node, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_X5_what_ganlab_writes_itself_is_taken():
    for name in ("dcgan", "r3gan", "infogan"):
        made = instantiate_saved(compose([f"model={name}"]).model, Path("run"))
        assert sum(p.numel() for p in made.parameters()) > 0


def test_X5_own_code_and_trusted_packages_are_taken(tmp_path, monkeypatch):
    (tmp_path / "mylab_for_trust.py").write_text("def make():\n    return 7\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert instantiate_saved({"_target_": "mylab_for_trust.make"}, tmp_path) == 7
    count = {"_target_": "operator.add", "_args_": [1, 2]}
    with pytest.raises(UserError, match="GANLAB_TRUST=operator"):
        instantiate_saved(count, tmp_path)
    monkeypatch.setenv("GANLAB_TRUST", "numpy,operator")
    assert instantiate_saved(count, tmp_path) == 3


def test_every_target_is_found():
    node = {"a": [{"_target_": "x.y", "b": {"_target_": "z.w"}}], "c": 3}
    assert list(targets(node)) == ["x.y", "z.w"]


def test_X5_a_run_directory_from_elsewhere_cannot_run_what_it_likes(tiny_run, tmp_path):
    """A whole run, its configuration changed: load refuses before anything happens."""
    import ganlab
    from ganlab.config import save_config
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
