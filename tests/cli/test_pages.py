"""What a page says of a command's keys is what its file in conf/ says."""

import re

import pytest
from omegaconf import OmegaConf

from ganlab.cli import COMMANDS, pages
from ganlab.config import config_dir
from ganlab.config.explore import TOOLS

WITH_KEYS = sorted(COMMANDS.keys() & {path.stem for path in config_dir().glob("*.yaml")} - {"train"})
FILES = [*WITH_KEYS, *(f"explore/{tool}" for tool in TOOLS)]


def keys_of(name):
    """Key -> default of a file in conf/, and the groups that it chooses from."""
    keys = OmegaConf.to_container(OmegaConf.load(config_dir() / f"{name}.yaml"))
    chosen = {key.lstrip("/"): value for entry in keys.pop("defaults", []) if entry != "_self_"
              for key, value in entry.items()}  # fmt: skip
    return chosen | keys


def test_each_command_has_a_page():
    for command in COMMANDS:
        assert f"ganlab {command}" in pages.page(command).splitlines()[0].replace("[train]", "train")
    assert {path.stem for path in pages.TEXTS.glob("*.txt")} == {*COMMANDS, "general"}


@pytest.mark.parametrize("command", WITH_KEYS)
def test_a_page_has_the_keys_of_its_file(command):
    assert set(pages.SLOT.findall((pages.TEXTS / f"{command}.txt").read_text())) == set(keys_of(command))


@pytest.mark.parametrize("name", FILES)
def test_each_key_is_explained_and_its_default_shown(name):
    lines, keys = pages.lines_of(name), keys_of(name)
    assert lines.keys() == keys.keys()
    command, _, tool = name.partition("/")
    page = pages.page(command, [tool, "--help"])
    for key, value in keys.items():
        assert lines[key] in page
        assert len(lines[key]) <= 120
        if value not in (None, "???", []):
            written = str(value).lower() if isinstance(value, bool) else str(value)
            assert f"({written})" in lines[key]


def test_no_page_has_a_line_that_stands_for_a_key():
    assert not any(re.search(r"\{\w+\}", pages.page(command)) for command in [*COMMANDS, None])


def test_the_files_are_those_of_the_configuration():
    assert pages.conf() == config_dir()
