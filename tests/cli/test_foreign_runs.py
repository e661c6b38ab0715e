"""T1, T2: run directories from elsewhere, and one's own code, through every command."""

import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from ganlab.config import compose, own, save_config
from tests.support.payloads import MARKER, MODULE
from tests.support.runs import tiny_config

MODEL = "# Mine\ndefaults: [vanilla]\n_target_: {module}.MyGAN\n"
CLASS = "from ganlab.models.images.gan import StandardGAN\n\n\nclass MyGAN(StandardGAN):\n    pass\n"


@pytest.fixture(autouse=True)
def one_command():
    yield
    own.use([])


def a_run(folder: Path, *words: str, **files: object) -> Path:
    """A run directory of ``vanilla`` whose saved words end with ``words``; ``files`` replace those in .hydra."""
    save_config(compose(["model=vanilla"]), folder, ["model=vanilla", *words])
    for name, content in files.items():
        OmegaConf.save(OmegaConf.create(content), folder / ".hydra" / f"{name}.yaml")
    return folder


def started_with(folder: Path) -> dict:
    """hydra.yaml of a run that was started with this ``--config-dir``."""
    source = {"path": str(folder), "schema": "file", "provider": "command-line"}
    return {"hydra": {"runtime": {"config_sources": [source], "choices": {"metrics": "../../../evil"}}}}


def own_model(folder: Path, module: str) -> Path:
    (folder / "model").mkdir(parents=True)
    (folder / "model" / f"{module}.yaml").write_text(MODEL.format(module=module))
    (folder / f"{module}.py").write_text(CLASS)
    return folder


@pytest.mark.parametrize("under", ["+callbacks.x", "+hydra.callbacks.x"])
def test_T1_code_in_the_words_of_a_run_is_refused(under, ganlab, trained, tmp_path):
    run = a_run(tmp_path / "run", f"{under}={{_target_: pathlib.Path.touch, _args_: [{MARKER}]}}")
    answer = ganlab(f"resume={run}", "trainer.max_steps=9")
    assert answer.code == 2
    assert "pathlib.Path.touch" in answer.err
    assert answer.err.count("\n") == 1
    assert trained == []
    assert not (tmp_path / MARKER).exists()


def test_T1_a_config_dir_inside_a_run_is_named_and_not_read(ganlab, trained, tmp_path):
    inside = tmp_path / "run" / "conf"
    own_model(inside, "insider")
    (inside / "insider.py").write_text(MODULE.format(marker=str(tmp_path / MARKER)))
    run = a_run(tmp_path / "run", "model=insider", hydra=started_with(inside))
    answer = ganlab("resume=run")
    assert answer.code == 2
    assert "model=insider: no such model" in answer.err
    assert "(it was started with --config-dir run/conf)" in answer.err
    assert trained == []
    assert not (tmp_path / MARKER).exists()
    evaluated = ganlab("evaluate", f"run={run}")
    assert evaluated.code == 2
    assert "holds 'metrics=../../../evil', which names no option of metrics" in evaluated.err


def test_T1_a_saved_folder_is_quoted_where_it_is_named(ganlab, trained, tmp_path):
    a_run(tmp_path / "run", "model=gone", hydra=started_with(Path("/x; touch marker\n\033[2J")))
    assert "--config-dir '/x; touch marker??[2J')" in ganlab("resume=run").err


def test_T1_words_of_this_command_are_free_and_replace_saved_ones(ganlab, trained, tmp_path, monkeypatch):
    monkeypatch.setenv("PLACE", "here")
    a_run(tmp_path / "run", "name='${oc.env:PLACE}'", "tags=['${now:%Y}']")
    refused = ganlab("resume=run")
    assert "would read PLACE from the environment" in refused.err
    refused = ganlab("resume=run", "name='${oc.env:PLACE}'")
    assert "give tags=... yourself" in refused.err
    assert ganlab("resume=run", "name='${oc.env:PLACE}'", "tags=['${now:%Y}']").code == 0
    assert trained[0][0].name == "here"
    monkeypatch.setenv("GANLAB_TRUST", "PLACE")
    assert ganlab("resume=run", "tags=[]", "+callbacks.x._target_=ganlab.callbacks.log.MetricsLog").code == 0


def test_T1_auto_reads_nothing_that_a_run_names(ganlab, trained, tmp_path, monkeypatch):
    monkeypatch.setenv("PLACE", "outside")
    assert ganlab("model=vanilla").code == 0
    run = trained[0][1]
    path = run / ".hydra" / "config.yaml"
    cfg = OmegaConf.load(path)
    cfg.callbacks.x = {"_target_": "pathlib.Path.touch", "_args_": [MARKER]}
    cfg.group = "${oc.env:PLACE}"
    OmegaConf.save(cfg, path)
    OmegaConf.save(OmegaConf.create([f"+callbacks.x._target_={MARKER}"]), path.with_name("overrides.yaml"))
    answer = ganlab("model=vanilla", "resume=auto")
    assert answer.code == 0, answer.err
    resumed, where = trained[-1]
    assert where == run
    assert "x" not in resumed.callbacks
    assert "outside" not in OmegaConf.to_yaml(resumed)
    cfg.data.image_size = "${oc.env:PLACE}"
    cfg.seed = 9
    OmegaConf.save(cfg, path)
    assert "outside" not in ganlab("model=vanilla", "resume=auto").out


@pytest.mark.parametrize("command", ["sample", "evaluate", "export", "load", "worker"])
def test_T2_code_beside_a_run_is_not_taken_for_ones_own(command, ganlab, tmp_path, monkeypatch):
    import io

    import ganlab as package
    from ganlab.errors import UserError
    from ganlab.training import worker
    from ganlab.training.checkpoints import AtomicCheckpointIO, checkpoint_name

    name = f"helperlab_{command}"
    (tmp_path / f"{name}.py").write_text(MODULE.format(marker=str(tmp_path / MARKER)))
    monkeypatch.syspath_prepend(tmp_path)  # as PYTHONPATH=. does
    cfg = tiny_config("model=vanilla")
    cfg.model.loss = {"_target_": f"{name}.make"}
    save_config(cfg, tmp_path / "run", [])
    for checkpoint in (checkpoint_name(1), "best.ckpt"):
        AtomicCheckpointIO().save_checkpoint({}, tmp_path / "run" / "checkpoints" / checkpoint)
    if command == "load":
        with pytest.raises(UserError) as refusal:
            package.load("run")
        said = str(refusal.value)
    elif command == "worker":
        monkeypatch.setattr(sys, "argv", ["worker", "run"])
        notes = io.StringIO()
        assert worker.run(tmp_path / "run", notes) == 2
        said = notes.getvalue()
    else:
        answer = ganlab(command, "run=run", *(["metrics=digits"] if command == "evaluate" else []))
        assert answer.code == 2
        said = answer.err
    assert f"would run {name}.make, which is neither ganlab's nor in a --config-dir of this command" in said
    assert f"GANLAB_TRUST={name}" in said
    assert not (tmp_path / MARKER).exists()


def test_ones_own_folder_is_taken_by_every_command_and_printed_with_it(ganlab, tmp_path):
    """The next commands of a real run, pasted; then without their --config-dir; then several folders, in any form."""
    import ganlab as package

    own_model(tmp_path / "my conf", "mylab_pasted")
    (tmp_path / "second" / "data").mkdir(parents=True)
    (tmp_path / "second" / "data" / "mine.yaml").write_text("defaults: [digits]\n")
    tiny = (
        "trainer=cpu",
        "trainer.max_steps=1",
        "metrics=none",
        "data.batch_size=8",
        "callbacks.samples.n=4",
    )
    folders = ("--config-dir=my conf", "-cd", "second")
    answer = ganlab("model=mylab_pasted", *folders, "data=mine", *tiny)
    assert answer.code == 0, answer.err
    lines = answer.out.partition("\nnext\n")[2].splitlines()
    assert len(lines) == 2
    for line in lines:
        word, *words = shlex.split(line)
        assert word == "ganlab"
        pasted = ganlab(*words)
        assert pasted.code == 0, pasted.err
    run = next((tmp_path / "outputs" / "mylab_pasted-mine").iterdir())
    assert package.load(run, config_dirs=["my conf"]).steps == 2
    exported = ganlab("export", f"run={run}", *folders)
    assert "config_dirs=['my conf', 'second']" in exported.out
    assert type(package.load(run / "export", config_dirs=["my conf"])).__name__ == "MyGAN"
    assert ganlab("doctor", *folders, "model=mylab_pasted", "data=mine", *tiny).code == 0
    assert "mylab_pasted" in ganlab(*folders, "list", "models").out
    swept = ganlab("-m", *folders, "model=mylab_pasted", "data=mine", "seed=1,2", *tiny)
    assert swept.code == 0, swept.err

    for words in (
        ("sample", f"run={run}", "n=2"),
        (f"resume={run}", "trainer.max_steps=3"),
        ("evaluate", f"run={run}", "metrics=digits"),
        ("explore", "neighbours", f"run={run}", "metrics=digits"),
    ):
        refused = ganlab(*words)
        assert refused.code == 2
        assert "--config-dir 'my conf' --config-dir second" in refused.err
    assert ganlab("sample", "--config-dir").code == 2
    assert "there is no such folder" in ganlab("sample", "-cd", "nowhere", f"run={run}").err


def test_T2_the_current_folder_takes_no_place_of_anything(tmp_path):
    """``python -m ganlab`` has the current folder on its path, until ganlab takes it away."""
    own_model(tmp_path / "mine", "mylab_outside")
    (tmp_path / "mine" / "mylab_outside.py").rename(tmp_path / "mylab_outside.py")
    for name in ("typing", "logging", "hydra", "torch", "hydra_plugins/evil", "yaml", "omegaconf/__init__"):
        path = tmp_path / f"{name}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(MODULE.format(marker=str(tmp_path / MARKER)))
    words = [sys.executable, "-m", "ganlab", "--config-dir", "mine", "model=mylab_outside"]
    answer = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True)
    assert answer.returncode == 2, answer.stderr
    assert (
        "No module named 'mylab_outside'; what lies in the current folder is not looked at" in answer.stderr
    )
    assert not (tmp_path / MARKER).exists()
