"""A number has one source: what conf/ writes for a class is what its constructor takes by itself."""

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from omegaconf import OmegaConf

from ganlab.config import config_dir
from ganlab.config.compose.check import locate
from ganlab.config.compose.signature import parameters_of

ON_PURPOSE = {  # recipes that were found to help, and no property of the class
    ("ganlab.data.images.celeba.CelebA", "flip"),
    ("ganlab.data.captions.shapes.Shapes", "near_mismatches"),
}


class Literal(NamedTuple):
    """What a file writes for a parameter; ``key`` is where in the file."""

    file: str
    key: str
    value: Any


def nodes(node: Any, key: str = "") -> Iterator[tuple[str, dict]]:
    """Each node with a ``_target_`` of ganlab's, and its place."""
    if isinstance(node, dict):
        if str(node.get("_target_", "")).startswith("ganlab."):
            yield key, node
        for name, inner in node.items():
            yield from nodes(inner, f"{key}.{name}" if key else str(name))


def is_literal(value: Any) -> bool:
    """Neither an object, nor a reference, nor what the user has to give."""
    return not isinstance(value, dict) and not (isinstance(value, str) and ("${" in value or value == "???"))


def same(one: Any, other: Any) -> bool:
    """Equal, where YAML's lists are Python's tuples; true is no 1."""
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def default_of(target: Any, parameter: inspect.Parameter) -> Any:
    """None as a folder stands for the one that a published set says of itself."""
    if parameter.name == "root" and parameter.default is None:
        return getattr(target, "default_root", None)
    return parameter.default


def literals(folder: Path) -> dict[tuple[str, str], tuple[Any, list[Literal]]]:
    """By target and parameter: the default, and what each file that builds the target writes, or leaves to it."""
    found: dict[tuple[str, str], tuple[Any, list[Literal]]] = {}
    for path in sorted(folder.rglob("*.yaml")):
        for key, node in nodes(OmegaConf.to_container(OmegaConf.load(path), resolve=False)):
            target = locate(key, node["_target_"])
            for name, parameter in parameters_of(target)[0].items():
                default = default_of(target, parameter)
                if default is not inspect.Parameter.empty and is_literal(value := node.get(name, default)):
                    literal = Literal(str(path.relative_to(folder)), f"{key}.{name}".lstrip("."), value)
                    found.setdefault((node["_target_"], name), (default, []))[1].append(literal)
    return found


def faults(folder: Path) -> list[str]:
    """A file that alone builds a class departs from its default, or of several none has it."""
    found = []
    for (target, name), (default, written) in literals(folder).items():
        departs = not any(same(literal.value, default) for literal in written)
        if departs and (target, name) not in ON_PURPOSE:
            where = "; ".join(f"conf/{one.file} has {one.key}={one.value!r}" for one in written)
            found.append(
                f"{where}, but {target} takes {name}={default!r} by itself: give its constructor the value of the "
                "plainest of these files, or no default at all"
            )
    return found


def test_a_literal_is_the_default_of_its_parameter():
    assert faults(config_dir()) == []


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"a": "margin: 3.0"}, 1),
        ({"a": "margin: 3.0", "b": "margin: 40.0"}, 1),
        ({"a": "margin: 3.0", "b": "prior: null"}, 0),  # b leaves it at the default
        ({"a": "margin: ${x}"}, 0),
        ({"a": "generator: {_target_: ganlab.losses.penalties.R1, gamma: 3.5}"}, 1),
    ],
)
def test_control_a_departure_is_noticed(files, expected, tmp_path):
    for name, line in files.items():
        (tmp_path / f"{name}.yaml").write_text(f"_target_: ganlab.models.images.ebgan.EBGAN\n{line}\n")
    found = faults(tmp_path)
    assert len(found) == expected
    assert all("conf/a.yaml has" in sentence and "give its constructor" in sentence for sentence in found)
