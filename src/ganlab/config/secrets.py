"""Keys, tokens and passwords, and how a configuration is written down without them."""

import re
from collections.abc import Callable
from typing import Any

from omegaconf import DictConfig, OmegaConf

HIDDEN = "***"
WORDS = {"key", "apikey", "token", "secret", "password", "passwd", "passphrase"}
WANDB_KEY = re.compile(r"([a-z]+-)?[0-9a-f]{40}|wandb_v1\S+")
NO_TEXT = re.compile(r"null|true|false|[-+]?[\d._]+(e[-+]?\d+)?", re.IGNORECASE)  # as an override
VARIABLE = re.compile(r"\$\{oc\.env:\s*(\w+)\s*\}")  # of the environment
SHORTEST = 8  # of a secret that is looked for inside other texts: shorter ones mean other things there


class Secrets:
    """The secrets of a configuration, which no file of a run may hold.

    A secret is a text whose key has one of ``WORDS`` in its name (``api_key``, not ``monkey``), that looks like a key
    of W&B, or that comes from a variable of the environment with such a name; and whatever repeats one of these.
    """

    def __init__(self, cfg: DictConfig) -> None:
        self.resolved = OmegaConf.to_container(cfg, resolve=True)
        self.written = OmegaConf.to_container(cfg, resolve=False)
        self.found: dict[str, str] = {}  # dotted key -> secret
        _change(self.resolved, self.written, self._find)
        self.known = sorted((text for text in self.found.values() if len(text) >= SHORTEST), key=len)[::-1]
        self.plain: list[str] = []  # keys of secrets that are written out, so that nothing will remember them

    def config(self) -> dict[str, Any]:
        """The resolved configuration with ``***`` for each secret.

        One written as ``${oc.env:NAME}`` stays so: a resumed run, or a further process of this one, reads it again.
        """
        return _change(self.resolved, self.written, self._hide)

    def override(self, word: str) -> str:
        """A word of the command line, without secrets."""
        head, equals, value = word.partition("=")
        text = value.strip("'\"\\")
        is_text = equals and not NO_TEXT.fullmatch(value) and not text.startswith("${")
        if is_text and _is_secret(head.partition("@")[0], text):
            return f"{head}={HIDDEN}"
        return self._without_known(word)

    def hydra(self, tree: Any) -> Any:
        """Hydra's own settings, unresolved, which repeat the words of the command line in several places."""
        return _change(tree, tree, lambda path, text, written: self.override(text))

    def _find(self, path: str, text: str, written: Any) -> str:
        variable = VARIABLE.search(written) if isinstance(written, str) else None
        if _is_secret(path, text) or (variable and _is_secret(variable[1], text)):
            self.found[path] = text
        return text

    def _hide(self, path: str, text: str, written: Any) -> str:
        if path not in self.found:
            return self._without_known(text)
        if isinstance(written, str) and VARIABLE.fullmatch(written):
            return VARIABLE.sub(rf"${{oc.env:\1,'{HIDDEN}'}}", written)
        if path not in self.plain:
            self.plain.append(path)
        return HIDDEN

    def _without_known(self, text: str) -> str:
        for secret in self.known:
            text = text.replace(secret, HIDDEN)
        return text


def _change(value: Any, written: Any, change: Callable[[str, str, Any], str], path: str = "") -> Any:
    """The tree ``value`` with ``change(dotted key, text, the text as written)`` for each of its texts."""
    if isinstance(value, dict | list):
        keys = value if isinstance(value, dict) else range(len(value))
        raw = (
            written if type(written) is type(value) else dict.fromkeys(keys)
        )  # a node may be an interpolation
        parts = [_change(value[key], raw[key], change, f"{path}.{key}" if path else str(key)) for key in keys]
        return dict(zip(keys, parts, strict=True)) if isinstance(value, dict) else parts
    return change(path, value, written) if isinstance(value, str) else value


def _is_secret(path: str, text: str) -> bool:
    if text in ("", HIDDEN):
        return False
    name = next((part for part in reversed(path.split(".")) if not part.isdigit()), "")
    words = re.findall(r"[a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower())
    return bool(WORDS.intersection(words)) or WANDB_KEY.fullmatch(text) is not None
