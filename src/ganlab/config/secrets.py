"""Keys, tokens and passwords, and how a configuration is written down without them.

Those of a command line are put away before anything keeps the words: ``put_away``. Those that stand in files, or were
set from Python, are left out where the configuration is written, ``Secrets``, and where anything is said, ``conceal``.
"""

import logging
import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import omegaconf.resolvers.oc
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import ChoiceSweep, Quote, QuotedString
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from ganlab.config.hydra_internals import parsed_value, with_values
from ganlab.config.tree import plain, unresolved

HIDDEN = "***"
WORDS = {"key", "apikey", "token", "secret", "password", "passwd", "passphrase"}
WANDB_KEY = re.compile(r"([a-z]+-)?[0-9a-f]{40}|wandb_v1\S+")
ADDRESS = re.compile(r"[\w+.-]+:/+\S+")
IN_ADDRESS = re.compile(  # https://me:secret@host, https://host/a.tar?X-Amz-Signature=...
    r"(:/+[^/@\s:]*:)(?!\*{3}@|\$\{)[^/@\s]+(?=@)"
    r"|([?&][\w-]*(?:signature|sig|token|key|secret|password)=)(?!\*{3}|\$\{)[^&\s]+",
    re.IGNORECASE,
)
NO_TEXT = re.compile(r"null|true|false|[-+]?[\d._]+(e[-+]?\d+)?", re.IGNORECASE)  # as an override
VARIABLE = re.compile(r"\$\{oc\.env:\s*(\w+)\s*\}")  # of the environment
VARIABLES = re.compile(r"oc\.env:\s*(\w+)")
SHORTEST = 8  # of a secret that is looked for inside other texts: shorter ones mean other things there


def put_away(words: Iterable[str]) -> list[str]:
    """Overrides with each secret moved into a variable of this process's environment, which its children inherit.

    ``+data.token=abc`` becomes ``+data.token='${oc.env:GANLAB_DATA_TOKEN}'``: Hydra writes the words of a sweep into
    files and names directories after them, and W&B notes the command line.
    """
    return [_put_away(word) for word in words]


def _put_away(word: str) -> str:
    try:
        override = OverridesParser.create().parse_override(word)
    except HydraException:
        return word  # it is refused when it is composed
    key, value = override.key_or_group, parsed_value(override)
    choices = value.list if isinstance(value, ChoiceSweep) else [value]
    paths = [f"{key}.{number}" for number in range(len(choices))] if len(choices) > 1 else [key]
    safe = [_in_environment(*pair) for pair in zip(paths, choices, strict=True)]
    if safe == choices:
        return word
    return with_values(override, safe)


def _in_environment(path: str, value: Any) -> Any:
    """What the parser made of a value, with references in the place of secrets."""
    if isinstance(value, dict):
        return {key: _in_environment(f"{path}.{key}", inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_in_environment(f"{path}.{number}", inner) for number, inner in enumerate(value)]
    text = value.text if isinstance(value, QuotedString) else value
    if not isinstance(text, str) or "${" in text or not _is_secret(path, text):
        return value
    name = f"GANLAB_{re.sub(r'[^0-9a-zA-Z]+', '_', path).upper()}"
    os.environ[name] = text
    return QuotedString(f"${{oc.env:{name}}}", Quote.single)


class Secrets:
    """The secrets of a configuration, which no file of a run may hold.

    A secret is a text whose key has one of ``WORDS`` in its name (``api_key``, not ``monkey``), that looks like a key
    of W&B or an address with a password or a signature, or that is read from a variable of the environment with such a
    name; and whatever is made of one of these, which is seen by resolving the configuration once more with ``***`` in
    their place.
    """

    def __init__(self, cfg: DictConfig) -> None:
        self.resolved = plain(cfg)
        self.written = unresolved(cfg)
        self.found: dict[str, str] = {}  # dotted key -> secret
        _change(self.resolved, self.written, self._find)
        self.known = _long(self.found.values())
        remember(self.known)
        self.plain: list[str] = []  # keys of secrets that are written out, so that nothing will remember them

    def config(self) -> dict[str, Any]:
        """The resolved configuration with ``***`` for each secret.

        One written as ``${oc.env:NAME}`` stays so: a resumed run, or a further process of this one, reads it again.
        """
        with masked_environment(lambda name: HIDDEN):
            try:
                safe = plain(masked(self.written))
            except OmegaConfBaseException:  # *** cannot be decoded
                safe = self.resolved
        return _change(safe, self.written, self._hide)

    def override(self, word: str) -> str:
        """A word of the command line, without secrets."""
        head, equals, value = word.partition("=")
        text = value.strip("'\"\\")
        is_text = equals and not NO_TEXT.fullmatch(value) and not text.startswith("${")
        if is_text and _is_secret(head.partition("@")[0], text):
            return f"{head}={HIDDEN}"
        return conceal(word, self.known)

    def hydra(self, tree: Any) -> Any:
        """What Hydra writes down, unresolved: it repeats the words of the command line in several places."""
        return _change(tree, tree, self._hide_written)

    def _find(self, path: str, text: str, written: Any) -> str:
        variable = VARIABLE.search(written) if isinstance(written, str) else None
        if _is_secret(path, text) or (variable and _is_secret(variable[1], text)):
            self.found[path] = text
        return text

    def _hide(self, path: str, text: str, written: Any) -> str:
        is_safe = "://" in text and HIDDEN in text and not _is_secret(path, text)  # without its password
        if path not in self.found or is_safe:
            return conceal(text, self.known)
        if isinstance(written, str) and VARIABLE.fullmatch(written):
            return VARIABLE.sub(rf"${{oc.env:\1,'{HIDDEN}'}}", written)
        if path not in self.plain:
            self.plain.append(path)
        return HIDDEN

    def _hide_written(self, path: str, text: str, written: Any) -> str:
        return HIDDEN if "${" not in text and _is_secret(path, text) else self.override(text)


def masked(written: dict[str, Any]) -> DictConfig:
    """A configuration as it is written, with ``***`` for the values of keys that are secrets."""
    return OmegaConf.create(_change(written, written, _mask))


def _mask(path: str, text: str, written: Any) -> str:
    return HIDDEN if _is_secret(path, text) and not VARIABLE.fullmatch(text) else text


@contextmanager
def masked_environment(mask: Callable[[str], str]) -> Iterator[None]:
    """Within it an interpolation reads ``mask(NAME)`` in the place of a secret in the environment."""

    def read(name: str, *default: Any) -> str | None:
        value = omegaconf.resolvers.oc.env(name, *default)
        return mask(name) if value is not None and _is_secret(name, value) else value

    OmegaConf.register_new_resolver("oc.env", read, replace=True)
    try:
        yield
    finally:
        OmegaConf.register_new_resolver("oc.env", omegaconf.resolvers.oc.env, replace=True)


_met: set[str] = set()  # secrets that this process has come across


def remember(secrets: Iterable[str]) -> None:
    """Keep ``secrets`` out of whatever this process says from now on."""
    _met.update(_long(secrets))


def _long(secrets: Iterable[str]) -> list[str]:
    """Those that can be looked for in other texts, the longest first."""
    return sorted((text for text in secrets if len(text) >= SHORTEST), key=len, reverse=True)


def remember_written(written: Any) -> None:
    """``remember`` what a configuration holds, by the names of its keys and of the variables that it reads."""

    def look(path: str, text: str, _: Any) -> str:
        values = {name: os.environ.get(name, "") for name in VARIABLES.findall(text)} or {path: text}
        remember(value for name, value in values.items() if _is_secret(name, value))
        return text

    _change(written, written, look)


def conceal(text: str, secrets: Iterable[str] | None = None) -> str:
    """``text`` with ``***`` in the place of ``secrets``.

    By default of all that this process has come across, and of the passwords and signatures of all addresses.
    """
    for secret in _long(_met) if secrets is None else secrets:
        text = text.replace(secret, HIDDEN)
    return IN_ADDRESS.sub(rf"\1\2{HIDDEN}", text) if secrets is None else text


def conceal_record(record: logging.LogRecord) -> bool:
    """A filter for the handlers of a log: everything passes, secrets hidden."""
    message = record.getMessage()
    if (safe := conceal(message)) != message:
        record.msg, record.args = safe, ()
    return True


def _change(value: Any, written: Any, change: Callable[[str, str, Any], str], path: str = "") -> Any:
    """The tree ``value`` with ``change(dotted key, text, the text as written)`` for each of its texts."""
    if isinstance(value, dict | list):
        keys = value if isinstance(value, dict) else range(len(value))
        # a node may be an interpolation
        raw = written if type(written) is type(value) else dict.fromkeys(keys)
        parts = [_change(value[key], raw[key], change, f"{path}.{key}" if path else str(key)) for key in keys]
        return dict(zip(keys, parts, strict=True)) if isinstance(value, dict) else parts
    return change(path, value, written) if isinstance(value, str) else value


def _is_secret(path: str, text: str) -> bool:
    if text in ("", HIDDEN):
        return False
    name = next((part for part in reversed(path.split(".")) if not part.isdigit()), "")
    words = re.findall(r"[a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower())
    is_key = bool(WORDS.intersection(words)) or WANDB_KEY.fullmatch(text) is not None
    return is_key or (ADDRESS.fullmatch(text) is not None and IN_ADDRESS.search(text) is not None)
