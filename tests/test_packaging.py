"""X10: what gets installed."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
INDEXES = ("pypi" + ".org", "python" + "hosted", "test." + "pypi", "ana" + "conda.org", "--index" + "-url")


def test_X10_versions_known_to_be_malware_are_excluded():
    """lightning 2.6.2 and 2.6.3; and what is installed is what the tests name."""
    packaging = pytest.importorskip("packaging.requirements")
    needed = [packaging.Requirement(line) for line in PROJECT["project"]["dependencies"]]
    pinned = [packaging.Requirement(line) for line in PROJECT["tool"]["uv"]["constraint-dependencies"]]
    for name, bad in (("lightning", ("2.6.2", "2.6.3")), ("hydra-core", ("1.3.2", "1.4.0"))):
        (requirement,) = [one for one in needed if one.name == name]
        assert not any(requirement.specifier.contains(version) for version in bad)
    assert all(len(one.specifier) == 1 and str(one.specifier).startswith("==") for one in pinned)
    for one in needed:
        tested = [str(pin.specifier).removeprefix("==") for pin in pinned if pin.name == one.name]
        assert all(one.specifier.contains(version) for version in tested), one.name


BOUNDED = {
    "torch",
    "torchvision",
    "lightning",
    "hydra-core",
    "omegaconf",
    "torchmetrics",
    "torch-fidelity",
    "wandb",
}


def test_libraries_from_whose_inside_something_is_taken_have_an_upper_bound():
    packaging = pytest.importorskip("packaging.requirements")
    extras = PROJECT["project"]["optional-dependencies"].values()
    lines = [*PROJECT["project"]["dependencies"], *(line for lines in extras for line in lines)]
    needed = {one.name: one.specifier for one in map(packaging.Requirement, lines)}
    for name in (*BOUNDED, "transformers"):
        assert any(bound.operator == "<" for bound in needed[name]), f"{name} has no upper bound"


def test_X10_no_file_says_where_packages_come_from():
    folders = [ROOT / name for name in ("src", "conf", "tests", ".github", "benchmarks")]
    files = [
        path
        for folder in [*folders, ROOT / ".ci"]
        for path in folder.rglob("*")
        if path.suffix in (".py", ".yaml", ".yml", ".md")
    ]
    for path in [*files, ROOT / "README.md", ROOT / "pyproject.toml"]:
        text = path.read_text(encoding="utf-8")
        assert not [index for index in INDEXES if index in text], path


def test_the_version_is_the_same_wherever_it_stands():
    version = PROJECT["project"]["version"]
    assert yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))["version"] == version
    titles = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert titles[0] == version


def test_each_extra_says_what_it_is_for():
    page = (ROOT / "docs" / "install.md").read_text(encoding="utf-8")
    assert [
        name for name in PROJECT["project"]["optional-dependencies"] if f"| `{name}` | " not in page
    ] == []


def test_workflows_run_each_python_and_keep_no_secret():
    oldest = PROJECT["project"]["requires-python"].removeprefix(">=")
    pythons = [
        line.rpartition(" ")[2] for line in PROJECT["project"]["classifiers"] if ":: Python :: 3." in line
    ]
    assert pythons[0] == oldest
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / ".github" / "workflows").glob("*.yml")]
    assert not any("secrets." in text for text in texts)
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8"))["jobs"]
    for name in ("test", "installed"):
        assert jobs[name]["strategy"]["matrix"]["python"] == pythons


@pytest.mark.parametrize(
    "path",
    [*sorted((ROOT / ".github").rglob("*.yml")), ROOT / ".pre-commit-config.yaml"],
    ids=lambda path: path.name,
)
def test_files_for_other_programs_are_yaml(path):
    assert isinstance(yaml.safe_load(path.read_text(encoding="utf-8")), dict)
