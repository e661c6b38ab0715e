"""What a class or function takes, by name and type."""

import inspect
import typing
from collections.abc import Callable
from typing import Any


def parameters_of(target: Callable[..., Any]) -> tuple[dict[str, inspect.Parameter], bool]:
    """The named parameters, with types and marks as annotations, and whether any other name is accepted too.

    ``**options: Unpack[SomeTypedDict]`` names its parameters; other ``**options`` of a constructor are taken
    to go on to the next class, so that its parameters count as well. A module without a constructor of its own has
    PyTorch's, which takes any name only to refuse it.
    """
    named: dict[str, inspect.Parameter] = {}
    constructors = _constructors(target)
    if getattr(constructors[0], "__module__", None) == "torch.nn.modules.module":
        return named, False
    for function in constructors:
        parameters = list(inspect.signature(function).parameters.values())
        hints = _hints(function)
        for p in parameters if function is target else parameters[1:]:
            if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY):
                named.setdefault(p.name, p.replace(annotation=hints.get(p.name, Any)))
        options = next((p.name for p in parameters if p.kind is p.VAR_KEYWORD), None)
        if options is None:
            return named, False
        if typing.get_origin(hints.get(options)) is typing.Unpack:
            return _unpacked(typing.get_args(hints[options])[0]) | named, False
    return named, True


def _constructors(target: Callable[..., Any]) -> list[Callable[..., Any]]:
    """A class's own ``__init__`` and those it inherits; the target itself if it is made in another way."""
    if not inspect.isclass(target):
        return [target]
    own = [vars(base)["__init__"] for base in target.__mro__[:-1] if "__init__" in vars(base)]
    return own or [target]


def _unpacked(options: Any) -> dict[str, inspect.Parameter]:
    """The keys of a TypedDict as keyword parameters; those not required have a default."""
    kind, required = inspect.Parameter.KEYWORD_ONLY, options.__required_keys__
    return {
        name: inspect.Parameter(
            name, kind, annotation=_item(hint), default=inspect.Parameter.empty if name in required else None
        )
        for name, hint in typing.get_type_hints(options, include_extras=True).items()
    }


def _item(hint: Any) -> Any:
    """What a key of a TypedDict holds, whether or not it must be there."""
    says = typing.get_origin(hint) in (typing.NotRequired, typing.Required)
    return typing.get_args(hint)[0] if says else hint


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    """Annotations as types; none where they cannot be evaluated at run time."""
    try:
        return typing.get_type_hints(function, include_extras=True)
    except Exception:  # names that exist only for a type checker
        return {}
