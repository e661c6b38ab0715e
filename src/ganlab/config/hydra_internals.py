"""The one place for names that Hydra keeps to itself; tests/test_internals.py says when one is gone."""

import itertools
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from typing import Any

from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra._internal.utils import get_args_parser
from hydra.core.override_parser.types import Override

OWN_PLUGINS = ("hydra._internal.core_plugins.basic_launcher.", "hydra._internal.core_plugins.basic_sweeper.")


def flag_parser() -> ArgumentParser:
    """Hydra's flags, and ``overrides`` for what is none."""
    return get_args_parser()


def flags_of(parser: ArgumentParser) -> list[str]:
    """All that it knows, long and short."""
    return [name for action in parser._actions for name in action.option_strings]


def is_own_plugin(target: str) -> bool:
    """Whether ``_target_`` is the launcher or the sweeper that comes with Hydra."""
    return target.startswith(OWN_PLUGINS)


def combinations(overrides: list[Override]) -> Iterator[list[str]]:
    """The overrides of each run of a sweep, as Hydra's own sweeper forms them."""
    return itertools.chain.from_iterable(BasicSweeper.split_arguments(overrides, None))


def parsed_value(override: Override) -> Any:
    """What the parser made of a word's value, quotes and choices included, which ``value()`` takes away."""
    return override._value


def with_values(override: Override, values: Iterable[Any]) -> str:
    """The word again, with other values of the parser's kinds."""
    return f"{override.get_key_element()}={','.join(map(Override._get_value_element_as_str, values))}"
