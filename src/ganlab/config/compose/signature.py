"""What a class or function takes, by name and type."""

import inspect
import pkgutil
import types
import typing
from collections.abc import Callable, Mapping
from typing import Any


def parameters_of(target: Callable[..., Any]) -> tuple[dict[str, inspect.Parameter], bool]:
    """The named parameters, with types and marks as annotations, and whether any other name is accepted too.

    ``**options: Unpack[SomeTypedDict]`` names what is handed on to the next class, which has the defaults; any other
    ``**options`` of a constructor hands on all that the next class takes. A module without a constructor of its own has
    PyTorch's, which takes any name only to refuse it.
    """
    constructors = _constructors(target)
    if getattr(constructors[0], "__module__", None) == "torch.nn.modules.module":
        return {}, False
    named: dict[str, inspect.Parameter] = {}
    handed_on: set[str] | None = None  # keys of a TypedDict, as long as no class has told their defaults
    for function in constructors:
        own, options = _signature(function, bound=function is not target)
        if handed_on is None:
            named |= {name: parameter for name, parameter in own.items() if name not in named}
        else:
            told = {
                name for name in handed_on & own.keys() if own[name].default is not inspect.Parameter.empty
            }
            named |= {name: named[name].replace(default=own[name].default) for name in told}
            handed_on -= told
        if options is None:
            return named, False
        if handed_on is None and typing.get_origin(options) is typing.Unpack:
            further = _unpacked(typing.get_args(options)[0])
            handed_on = {name for name, p in further.items() if p.default is None and name not in named}
            named = further | named
    return named, handed_on is None


def wanted_instead(node: Mapping[str, Any], annotation: Any) -> str | None:
    """What a node with ``_target_`` should be: finished where it is a maker (``_partial_``) of that, or the reverse.

    In words; None where it suits, or where the annotation leaves it open.
    """
    origin = typing.get_origin(annotation)
    members = typing.get_args(annotation) if origin in (typing.Union, types.UnionType) else (annotation,)
    members = tuple(member for member in members if member not in (None, type(None)))
    makers = [member for member in members if typing.get_origin(member) is Callable]
    if node.get("_partial_"):
        if not members or any(
            not inspect.isclass(one) or getattr(one, "_is_protocol", False) for one in members
        ):
            return None
        return "a finished one, and other models finish this one (_partial_: true)"
    if not makers or len(makers) < len(members):
        return None
    target = _class_named(node["_target_"])
    results = [typing.get_args(maker)[1] for maker in makers]
    if target and all(inspect.isclass(result) and issubclass(target, result) for result in results):
        return "one that the model finishes (_partial_: true), and this one is finished"
    return None


def _class_named(target: Any) -> type | None:
    """None if there is none: who builds it tells why."""
    try:
        found = pkgutil.resolve_name(target)
    except Exception:
        return None
    return found if inspect.isclass(found) else None


def _signature(function: Callable[..., Any], *, bound: bool) -> tuple[dict[str, inspect.Parameter], Any]:
    """The parameters that have a name, without ``self``, and the annotation of ``**options``; None without those."""
    parameters = list(inspect.signature(function).parameters.values())[bound:]
    hints = _hints(function)
    named = {
        p.name: p.replace(annotation=hints.get(p.name, Any))
        for p in parameters
        if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)
    }
    options = next((p.name for p in parameters if p.kind is p.VAR_KEYWORD), None)
    return named, options and hints.get(options, Any)


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
