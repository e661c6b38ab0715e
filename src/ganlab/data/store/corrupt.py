"""What is done about image files that cannot be read."""

import logging
from typing import Literal

from ganlab.errors import UserError

log = logging.getLogger(__name__)

OnCorrupt = Literal["error", "skip"]


class CorruptFiles:
    """The unreadable files met so far, and what to do about them.

    ``error``: ``check`` names them and stops. ``skip``: ``check`` warns of each once, and stops when they are
    more than one and more than 1% of all ``total`` files, or all of them.

    key: by which users choose the policy; "" where they cannot.
    """

    def __init__(self, policy: OnCorrupt, total: int, key: str = "data.on_corrupt") -> None:
        if policy not in ("error", "skip"):
            raise UserError(f"{key}={policy}: error (stop and name the file) or skip")
        self.policy, self.total, self.key = policy, total, key
        self.found: dict[str, str] = {}  # path: what to tell of it
        self._reported: set[str] = set()

    @property
    def stops(self) -> bool:
        """Are those found so far too many to go on?"""
        return bool(self.found) and (self.policy == "error" or self._are_many)

    @property
    def _are_many(self) -> bool:
        return len(self.found) > max(1, 0.01 * self.total) or len(self.found) == self.total

    def check(self) -> None:
        """Raises UserError where training must not go on."""
        new = {path: text for path, text in self.found.items() if path not in self._reported}
        self._reported.update(new)
        if not self.stops:
            for text in new.values():
                log.warning("unreadable image replaced by another: %s", text)
            return
        named = "; ".join(self.found[path] for path in sorted(self.found)[:5]) + (
            "; ..." if len(self.found) > 5 else ""
        )
        remedy = "repair or remove " + ("it" if len(self.found) == 1 else "them")
        if self.key and self._are_many:
            remedy += f"; {self.key}=skip passes over no more than 1%"
        elif self.key:
            remedy += f", or set {self.key}=skip"
        raise UserError(f"{len(self.found)} of {self.total} images cannot be read: {named}: {remedy}")
