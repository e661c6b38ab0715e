"""Numbers as a table shows them; what is not there is a dash."""

import math
import re
import unicodedata

from ganlab.report.columns import Mean

NONE = "–"


def width_of(text: str) -> int:
    """Columns of a terminal: two for a wide character, as of Chinese or Japanese, and none for one that combines."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(letter) else 1 + (unicodedata.east_asian_width(letter) in "WF")
        for letter in text
    )


def padded(text: str, width: int) -> str:
    """``text`` and blanks up to so many columns."""
    return text + " " * (width - width_of(text))


def cut(text: str, width: int) -> str:
    """``text`` in at most so many columns, with … in the place of the rest."""
    if width_of(text) <= width:
        return text
    while width_of(text) >= width:
        text = text[:-1]
    return f"{text}…"


def mean(found: Mean | None, runs: int, *, spread: bool = True) -> str:
    """``7.90 ± 0.21``, to three digits; ``(2)`` behind it where only 2 of ``runs`` have a value."""
    if found is None:
        return NONE
    size = math.floor(math.log10(abs(found.mean))) if found.mean else 0
    decimals = min(max(2 - size, 1), 6)
    text = f"{found.mean:,.{decimals}f}"
    if not spread:
        return text
    if found.std is not None:
        text += f" ± {found.std:,.{decimals}f}"
    return text if found.n == runs else f"{text} ({found.n})"


def setting(value: str | None) -> str:
    """A value as it was given; a long fraction, as a sweeper draws it, to five digits."""
    if value is None:
        return "(default)"
    is_fraction = len(value) > 10 and re.fullmatch(r"-?\d+\.\d+(e-?\d+)?", value)
    return f"{float(value):.5g}" if is_fraction else value


def count(found: Mean | None) -> str:
    """``40,960``."""
    return NONE if found is None else f"{found.mean:,.0f}"


def amount(found: Mean | None) -> str:
    """``1.73 M``."""
    if found is None:
        return NONE
    for size, letter in [(1e9, "G"), (1e6, "M"), (1e3, "k")]:
        if found.mean >= size:
            return f"{found.mean / size:.3g} {letter}"
    return f"{found.mean:.0f}"


def clock(found: Mean | None) -> str:
    """Seconds as ``3:48`` or ``1:03:48``."""
    if found is None:
        return NONE
    minutes, seconds = divmod(round(found.mean), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"
