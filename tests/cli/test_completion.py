"""The tab key: candidates from conf/ alone are those of the composed configuration, in the shells themselves too."""

import os
import shutil
import subprocess
import sys

import pytest
from omegaconf import DictConfig

from ganlab.cli import COMMANDS, pages
from ganlab.cli.candidates import FIXED, KINDS, Conf, candidates, keys
from ganlab.cli.completion import SCRIPTS, split
from ganlab.cli.listing import RUNS, TABLES
from ganlab.config import config_dir
from ganlab.config.compose.catalogue import catalogue
from ganlab.config.compose.check import HYDRA_KEYS, nodes
from ganlab.config.compose.compose import compose


def offered(line: str) -> set[str]:
    return set(candidates(split(line)))


def test_commands_groups_and_options_are_offered():
    assert set(COMMANDS) <= offered("ganlab ")
    assert offered("ganlab exp") == {"explore", "export", "experiment="}
    assert offered("ganlab model=dcgan_") == {
        "model=dcgan_64",
        "model=dcgan_keras",
        "model=dcgan_paper",
        "model=dcgan_slim",
    }
    assert offered("ganlab train data=fonts_u") == {"data=fonts_unpaired"}
    assert offered("ganlab -m model=wgan,ls") == {
        "model=wgan,lsgan",
        "model=wgan,lsgan_mlp",
        "model=wgan,lsgan_paper",
    }
    assert offered("ganlab evaluate run=x metrics=mo") == {"metrics=modes"}
    assert offered("ganlab explore inter") == {"interpolate"}
    assert offered("ganlab explore interpolate fr") == {"frames="}
    assert offered("ganlab model/loss=hi") == {"model/loss=hinge"}


def test_keys_follow_what_is_chosen_and_come_a_part_at_a_time():
    assert offered("ganlab model.gen") == {"model.generator."}
    assert offered("ganlab model.generator.w") == {"model.generator.width="}
    assert "model.growth." in offered("ganlab model=progan model.")
    assert "model.growth." not in offered("ganlab model.")
    assert offered("ganlab experiment=sngan_cifar10 model.discriminator_st") == {"model.discriminator_steps="}
    assert offered("ganlab data=glyphs metrics.") == {"metrics.glyphs."}


@pytest.mark.parametrize("words", [["model=dcgan"], ["model=cyclegan", "data=horse2zebra"], ["model=progan"],
                                   ["model=gan_cls", "data=shapes"], ["data=ring", "model=plane_r3gan"],
                                   ["model=dcgan", "model/penalty=r1", "trainer=ddp"]])  # fmt: skip
def test_the_keys_are_those_of_the_composed_configuration(words):
    cfg = compose(words)
    composed = set()
    for part in ("model", "data", "metrics", "trainer"):
        for place, node in nodes(cfg[part], part):
            if isinstance(node, DictConfig):
                inner = {key for key in node if not isinstance(node[key], DictConfig) or not node[key]}
                composed |= {f"{place}.{key}=" for key in inner - HYDRA_KEYS}
    found = set(keys(Conf([config_dir()]), "train", words))
    parts = ("model.", "data.", "metrics.", "trainer.")
    assert {key for key in found if key.startswith(parts)} == composed


def test_what_is_fixed_is_what_there_is():
    assert FIXED["list"][:6] == [*TABLES, RUNS]
    assert {entry.kind for entry in catalogue()["model"].values()} == set(KINDS)
    assert FIXED["completion"] == sorted(path.name for path in SCRIPTS.iterdir())
    assert sorted(COMMANDS) == pages.COMMANDS


def test_runs_paths_and_own_files_are_offered(ganlab, tmp_path):
    run = tmp_path / "outputs" / "dcgan-digits" / "2026-01-01"
    (run / ".hydra").mkdir(parents=True)
    (run / ".hydra" / "config.yaml").touch()
    (tmp_path / "pictures").mkdir()
    model = tmp_path / "mine" / "model" / "own.yaml"
    model.parent.mkdir(parents=True)
    model.write_text("defaults: [vanilla]\nextra: 1\n")
    ask = lambda line: ganlab("completion", "query", line).out.split()  # noqa: E731
    assert "outputs/dcgan-digits/2026-01-01" in ask("ganlab report ")
    assert ask("ganlab sample run=out") == ["run=outputs/", "run=outputs/dcgan-digits/2026-01-01"]
    assert ask("ganlab data=folder data.root=pic") == ["data.root=pictures/"]
    own = ["--config-dir", "mine", "completion", "query"]
    assert ganlab(*own, "ganlab model=ow").out == "model=own\n"
    assert ganlab(*own, "ganlab model=own model.ex").out == "model.extra=\n"
    assert ganlab(*own, "ganlab no=such no.").code == 0


def test_a_shell_that_is_not_known_is_named(ganlab):
    answer = ganlab("completion", "tcsh")
    assert answer.code == 2
    assert "ganlab completion tcsh: name your shell, one of bash, fish, zsh" in answer.err


SHELLS = {
    "bash": 'eval "$(ganlab completion bash)"; COMP_LINE="ganlab model=dcgan_k"; COMP_POINT=20; _ganlab; '
    'echo "<${COMPREPLY[*]}>"',
    "fish": "ganlab completion fish | source; complete -C 'ganlab model=dcgan_k'",
    "zsh": 'compdef() { :; }; compadd() { print -r -- "$@"; }; eval "$(ganlab completion zsh)"; '
    "words=(ganlab model=dcgan_k); CURRENT=2; PREFIX=model=dcgan_k; _ganlab",
}


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_completes_a_word(shell, tmp_path):
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")
    program = tmp_path / "ganlab"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m ganlab "$@"\n')
    program.chmod(0o755)
    done = subprocess.run(
        [shell, "-c", SHELLS[shell]],
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    expected = {"bash": "<dcgan_keras >", "fish": "model=dcgan_keras", "zsh": "model=dcgan_keras"}
    assert expected[shell] in done.stdout, done


def test_a_key_press_waits_for_no_library():
    words = ["completion", "query", "ganlab model."]
    code = f"import sys; from ganlab.cli import main; main({words}); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"hydra", "omegaconf", "torch", "numpy", "lightning"} & set(done.stdout.split())
