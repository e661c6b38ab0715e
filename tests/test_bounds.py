"""Marks beside parameters: what they refuse, in which words, and that every number has one."""

import inspect
import typing
from collections.abc import Callable, Mapping
from typing import Annotated, Any, get_args, get_origin

import pytest
from omegaconf import OmegaConf

from ganlab.bounds import Count, Pair, Positive, Range, Share, Size, Weight, bounded, outside
from ganlab.config import compose, config_dir
from ganlab.config.compose.check import locate, nodes
from ganlab.config.compose.signature import parameters_of
from ganlab.errors import UserError
from tests.support.runs import DATA, kind_of

ANY = {"seed", "a", "b", "c", "factor", "low", "high", "fill", "frequencies"}  # any number means something


class Made:
    @bounded
    def __init__(
        self,
        *,
        steps: Count = 5,
        share: Share | None = None,
        widths: tuple[Size, ...] = (1,),
        by_size: Mapping[int, Positive] | None = None,
        size: Size | typing.Literal["auto"] = "auto",
        flip: bool | Share = False,
    ) -> None:
        self.steps = steps


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"steps": 0}, "steps=0: expected a whole number of at least 1; the default is 5"),
        ({"share": 1.01}, "share=1.01: expected a number from 0 to 1 or null"),
        ({"share": float("nan")}, "share=nan: expected a number from 0 to 1 or null"),
        ({"widths": [3, 0]}, "widths.1=0: expected a whole number from 1 to 65,536"),
        ({"by_size": {8: 0.0}}, "by_size.8=0.0: expected a number above 0"),
        ({"size": 10**9}, "size=1000000000: expected a whole number from 1 to 65,536"),
        ({"flip": 2}, "flip=2: expected a number from 0 to 1"),
    ],
)
def test_T10_a_number_beyond_its_mark_is_refused_with_key_value_and_range(given, said):
    with pytest.raises(UserError) as refusal:
        Made(**given)
    assert str(refusal.value) == said


def test_T10_what_lies_within_or_is_no_number_is_left_alone():
    assert Made(steps=1, share=None, widths=(1, 65_536), by_size={8: 0.1}, size="auto", flip=True).steps == 1
    assert Made(share=0, size=7, flip=0.5, by_size=None).steps == 5
    for value, hint in (("many", Count), ([1, 2], Count), (True, Pair), (None, Weight), ({"a": 0}, Count)):
        assert list(outside(value, hint)) == []


@pytest.mark.parametrize(
    ("mark", "words"),
    [
        (Range(minimum=1), "of at least 1"),
        (Range(minimum=2, maximum=65_536), "from 2 to 65,536"),
        (Range(above=-1, below=1), "above -1 and below 1"),
        (Range(above=0.5, maximum=1), "above 0.5 and of at most 1"),
    ],
)
def test_T10_a_range_in_words(mark, words):
    assert str(mark) == words


def is_marked(annotation: Any) -> bool:
    """Does every number in the annotation say its range?"""
    origin = get_origin(annotation)
    if origin is Annotated:
        kind, *marks = get_args(annotation)
        return is_marked(kind) or any(isinstance(mark, Range) for mark in marks)
    if inspect.isclass(annotation) and issubclass(annotation, int | float):
        return annotation is bool
    if origin in (typing.Literal, Callable):
        return True
    keys = inspect.isclass(origin) and issubclass(origin, Mapping)
    return all(is_marked(inner) for inner in get_args(annotation)[keys:])


def test_T10_every_number_that_a_configuration_may_set_says_its_range():
    models = sorted(path.stem for path in (config_dir() / "model").glob("*.yaml"))
    choices = [[f"model={model}", f"data={DATA[kind_of(model)]}"] for model in models]
    choices += [[f"metrics={path.stem}"] for path in (config_dir() / "metrics").glob("*.yaml")]
    choices += [
        ["logger=wandb"],
        ["logger=tensorboard"],
        ["data=folder", "data.root=x"],
        ["model/augment=ada"],
    ]
    targets = {
        node["_target_"]
        for words in choices
        for _, node in nodes(compose(words))
        if OmegaConf.is_dict(node) and "_target_" in node
    }
    own = {name for name in targets if name.startswith("ganlab.")}
    unmarked = {
        f"{name}.{key}"
        for name in own
        for key, parameter in parameters_of(locate("", name))[0].items()
        if key not in ANY and not is_marked(parameter.annotation)
    }
    assert len(own) > 100
    assert unmarked == set()
