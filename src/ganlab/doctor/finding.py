"""What a check has found."""

from typing import Literal, NamedTuple

Level = Literal["good", "warning", "fault"]


class Finding(NamedTuple):
    """subject: what was looked at. text: what was seen, and for anything but "good" what to do."""

    subject: str
    level: Level
    text: str

    def line(self) -> str:
        """As it is printed."""
        sign = {"good": "ok  ", "warning": "warn", "fault": "FAIL"}[self.level]
        return f"{sign}  {self.subject:<14} {self.text}"


def good(subject: str, text: str) -> Finding:
    return Finding(subject, "good", text)


def warning(subject: str, text: str) -> Finding:
    return Finding(subject, "warning", text)


def fault(subject: str, text: str) -> Finding:
    return Finding(subject, "fault", text)
