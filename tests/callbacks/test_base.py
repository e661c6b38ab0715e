"""The hooks of a callback of this house are those that Lightning calls."""

import inspect
from importlib import import_module
from pkgutil import walk_packages

import pytest
from lightning.pytorch import Callback

import ganlab.callbacks
from ganlab.callbacks.base import GameCallback

NAMES = [
    module.name
    for module in walk_packages(ganlab.callbacks.__path__, "ganlab.callbacks.")
    if not module.ispkg
]
HOOKS = [name for name, value in vars(GameCallback).items() if inspect.isfunction(value)]


@pytest.mark.parametrize("hook", HOOKS)
def test_lightning_has_the_hook_with_the_same_parameters(hook):
    ours, theirs = (inspect.signature(getattr(kind, hook)) for kind in (GameCallback, Callback))
    assert list(ours.parameters) == list(theirs.parameters)


def callbacks():
    found = [value for name in NAMES for value in vars(import_module(name)).values()]
    return {kind for kind in found if inspect.isclass(kind) and issubclass(kind, GameCallback)}


def test_a_callback_overrides_only_hooks_that_a_checker_knows():
    lightnings = {name for name in vars(Callback) if not name.startswith("_")} - {"state_key"}
    unchecked = {
        f"{kind.__name__}.{name}"
        for kind in callbacks()
        for name in vars(kind).keys() & lightnings - set(HOOKS)
    }
    assert len(callbacks()) > 10
    assert unchecked == set()
