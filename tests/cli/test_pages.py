"""What a page says of a command's keys is what its file in conf/ has."""

import re

import pytest
from omegaconf import OmegaConf

from ganlab.cli.pages import PAGES
from ganlab.config import config_dir

COMMANDS = sorted(PAGES.keys() & {path.stem for path in config_dir().glob("*.yaml")} - {"train"})
LINE = re.compile(
    r"^  (\w+) {2,}(\S.*)$", re.MULTILINE
)  # a key, and what it is, with its default in brackets


def test_each_command_with_keys_of_its_own_has_a_page():
    assert COMMANDS == ["evaluate", "export", "sample", "score"]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_page_has_the_keys_of_its_file_and_their_defaults(command):
    told = dict(LINE.findall(PAGES[command]))
    keys = OmegaConf.to_container(OmegaConf.load(config_dir() / f"{command}.yaml"))
    groups = [name for entry in keys.pop("defaults", []) if entry != "_self_" for name in entry]
    keys = {**dict.fromkeys(groups), **keys}
    assert told.keys() == keys.keys()
    for key, value in keys.items():
        if value not in (None, "???"):
            written = str(value).lower() if isinstance(value, bool) else str(value)
            assert f"({written})" in told[key], f"conf/{command}.yaml has {key}={written}; say so in its page"
