"""C7: a few bytes that become a few gigabytes."""

import time

import pytest
from omegaconf import OmegaConf

from ganlab.config import compose, saved_config
from ganlab.config.compose.yaml_files import LARGEST, read_yaml, require_modest
from ganlab.config.runs.record import saved_choices, saved_overrides
from ganlab.errors import UserError

BOMB = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 7)
)


def test_C7_an_alias_bomb_is_refused_at_once(tmp_path):
    """Wherever a file is read: a folder of the user's own, and a run directory from elsewhere."""
    for name in ("model/mine.yaml", ".hydra/config.yaml", ".hydra/overrides.yaml", ".hydra/hydra.yaml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(BOMB)
    assert len(BOMB) < 400
    began = time.process_time()
    for read in (
        lambda: compose(["model=mine"], config_dirs=[tmp_path]),
        lambda: saved_config(tmp_path),
        lambda: saved_overrides(tmp_path),
        lambda: saved_choices(tmp_path),
    ):
        with pytest.raises(UserError, match=r"becomes more than 100,000 values.*write fewer aliases"):
            read()
    assert time.process_time() - began < 60  # expanded, they take many minutes and gigabytes


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: &a [*a]", "becomes more than"),
        ("[" * 5000, "becomes more than"),
        ("[" * 200 + "]" * 200, "100 levels deep"),
        ("x" * (LARGEST + 1), r"has 1,000,001 bytes, and a configuration at most 1,000,000"),
        ("a: [", "cannot be read as a configuration"),
        ("a: ${b", "cannot be read as a configuration"),
        ("just text: a: b", "cannot be read as a configuration"),
        ("3", "cannot be read as a configuration"),
        (b"\xff\xfe\x00", "is no text in UTF-8"),
    ],
    ids=range(9),
)
def test_C7_a_file_that_is_no_configuration_is_a_sentence(tmp_path, text, said):
    path = tmp_path / "config.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(UserError, match=said) as refusal:
        read_yaml(path)
    assert str(path) in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_C7_aliases_in_moderation_are_taken(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text("rate: &rate 0.1\nplayers: &two [*rate, *rate]\nagain: [*two, *two]\n")
    require_modest(path)
    assert OmegaConf.to_container(read_yaml(path))["again"] == [[0.1, 0.1], [0.1, 0.1]]
    with pytest.raises(UserError, match=r"none\.yaml cannot be read: No such file"):
        read_yaml(tmp_path / "none.yaml")
