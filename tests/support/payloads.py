"""Configurations and words that would run code, in a run directory from elsewhere."""

from pathlib import Path

import pytest
from omegaconf import OmegaConf

from ganlab.config.runs.trust import instantiate_saved
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
    {"_target_": "ganlab.data.store.files.os.mkdir", "path": MARKER},
    {"_target_": "ganlab.data.disk.archives.shutil.copyfile", "src": "/etc/hostname", "dst": MARKER},
    {"_target_": "torch.nn.functional.importlib.import_module", "name": "antigravity"},
    {"_target_": "torch.nn.modules.module.torch.load", "f": MARKER},
    {"_target_": "tests.support.runs.torch.save", "obj": 1, "f": MARKER},
    {"_target_": "ganlab.data.disk.archives.unpack", "path": "a.zip", "folder": MARKER},
    {"_target_": "torch.nn.Module.register_module", "self": 1},
    {"_target_": "torch.nn.Sequential.__init__.__globals__.get"},
    {"_target_": "ganlab.layers.init.he_normal.__globals__.get"},
    {"_target_": "ganlab.loggers.csv.CSVLog", "path": MARKER},
    {"_target_": "torch.nn.Identity", "x": {"_target_": "os.mkdir", "_partial_": True, "path": MARKER}},
    {"_target_": "torch.nn.Sequential", "_recursive_": False, "_args_": [[{"_target_": "os.mkdir"}]]},
    {"_target_": 3},
    {"_target_": "..os"},
    {"_target_": ["os", "mkdir"]},
    {"_target_": "${oc.env:HOME}"},
    {"_target_": "ganlab.layers.init:os.mkdir", "name": MARKER},
    {"_target_": "ganlab.losses.ａdversarial.NonSaturating"},  # a letter that Python would take for an a
]
EVIL = f"{{_target_: os.mkdir, path: {MARKER}}}"
WORDS = [  # of .hydra/overrides.yaml
    f"+callbacks.x={EVIL}",
    f"+callbacks.x={{_target_: torch.load, f: {MARKER}.pt, weights_only: false}}",
    f"++callbacks.log={EVIL}",
    "model.generator._target_=os.mkdir",
    f"+model.generator.layers=[1,[{{a: {EVIL}}}]]",
    f"logger={{x: {EVIL}}}",
    f"+logger.x={EVIL}",
    f"+metrics.x={EVIL}",
    f"+trainer.x={EVIL}",
    f"model/loss@model.loss={EVIL}",
    "data._target_='${name}'",
    f"+hydra.callbacks.x={EVIL}",
    f"hydra.callbacks={{x: {EVIL}}}",
    f"+hydra.job_logging.handlers.x={{(): os.mkdir, path: {MARKER}}}",
    f"hydra.searchpath=['file://{MARKER}']",
    "hydra.searchpath=['pkg://evil_package']",
    "hydra/launcher=submitit_local",
    "hydra.launcher._target_=os.mkdir",
    "hydra.run.dir=elsewhere",
    "+experiment@hydra.callbacks=ring",
    "model@_global_.hydra.callbacks=dcgan",
    "model=../../evil",
    "+model/loss='/tmp/evil'",
    "metrics=[digits,'../evil']",
    "experiment='${oc.env:HOME}'",
    "name='${oc.env:HOME}'",
    "name='${oc.env:HOME,nowhere}/x'",
    "name='${oc.decode:${oc.env:HOME}}'",
    "name='${oc.create:{a: 1}}'",
    "name='${hydra:runtime.cwd}'",
    "name='${hydra.runtime.cwd}'",
    "name='${now:%Y}'",
    "name='${oc.env:${group}}'",
    "name='${'",
    "seed=1,2",
    "seed=glob(*)",
    "--config-dir=evil",
    "--config-path",
    "[",
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


MODULE = "from pathlib import Path\n\nPath({marker!r}).touch()\n\ndef make():\n    Path({marker!r}).touch()\n"
