"""What a shell sees: exit codes of real processes, and nothing heavy loaded for light questions."""

import subprocess
import sys

import pytest

LIGHT = """
import sys
from ganlab.cli import main
code = main(sys.argv[1:])
heavy = {"torch", "lightning", "torchvision", "numpy", "wandb"} & set(sys.modules)
print("heavy:", sorted(heavy), file=sys.stderr)
sys.exit(code)
"""


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--help"], 0),
        (["--version"], 0),
        (["list"], 0),
        (["trian"], 2),
        (["model=cyclgan"], 2),
        (["trainer.max_step=5"], 2),
        (["sample", "run=nowhere"], 2),
        (["--cfg", "job"], 0),
        (["data=folder", "data.root=???", "seed=abc"], 2),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_light_questions_load_nothing_heavy(words, code, tmp_path):
    done = subprocess.run([sys.executable, "-c", LIGHT, *words], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == code, done.stderr
    assert "heavy: []" in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())


def test_X2_nothing_runs_where_pytorch_would_run_code_from_weights(ganlab, monkeypatch, tmp_path):
    monkeypatch.setenv("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", "1")
    for words in (
        ["model=vanilla"],
        ["sample", "run=x"],
        ["evaluate", "run=x"],
        ["doctor"],
        ["import-weights", "x"],
    ):
        answer = ganlab(*words)
        assert answer.code == 2
        assert answer.err.startswith("ganlab: TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD is set")
    assert ganlab("--help").code == 0
    monkeypatch.setenv("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", "0")
    url = "http://127.0.0.1:9/run"
    imported = ["import-weights", url, "model=pix2pix", "data=photos_edges"]
    for words in ([f"resume={url}"], ["sample", f"run={url}"], imported):
        # addresses are not opened: the user fetches what is there, and it is read as a file
        answer = ganlab(*words)
        assert answer.code == 2
        assert "a run is read from a folder of this machine" in answer.err or "no such file" in answer.err
    assert not list(tmp_path.iterdir())


def test_python_m_ganlab_returns_the_exit_code(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "ganlab", "model=nope"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("ganlab: model=nope: no such model")
    assert done.stderr.count("\n") == 1


def test_tab_completion_knows_groups_and_keys_also_behind_the_word_train(tmp_path):
    def complete(line: str) -> list[str]:
        done = subprocess.run(
            [sys.executable, "-m", "ganlab", "-sc", "query=bash"],
            env={"COMP_LINE": line, "PATH": ""},
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )
        return done.stdout.split()

    assert {"model=dcgan", "model=wgan"} <= set(complete("ganlab model="))
    assert "trainer.max_steps=" in complete("ganlab train model=wgan trainer.max")
