"""A table as LaTeX: with the package booktabs, ready to stand in a paper."""

import re

from ganlab.report.layout import MOST_SCORES, fields_of, notes, title
from ganlab.report.table import Table

ESCAPED = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "±": r"$\pm$",
    "↓": r"$\downarrow$",
    "↑": r"$\uparrow$",
    "–": "--",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
}
SPECIAL = re.compile("|".join(map(re.escape, ESCAPED)))


def latex(table: Table) -> str:
    """The rows of ``table`` with their main score and some others; notes as comments below."""
    fields = [field for field in fields_of(table, MOST_SCORES) if field.heading]
    lines = zip(*([field.heading, *field.cells] for field in fields), strict=True)
    heading, *rows = [" & ".join(map(escaped, cells)) + r" \\" for cells in lines]
    kinds = "l" * len(table.keys or "m") + "r" * (len(fields) - len(table.keys or "m"))
    comments = [f"% {line}" for note in [title(table), *notes(table)] for line in note.splitlines()]
    top = [rf"\begin{{tabular}}{{{kinds}}}", r"\toprule", heading, r"\midrule"]
    return "\n".join([*top, *rows, r"\bottomrule", r"\end{tabular}", *comments]) + "\n"


def escaped(words: str) -> str:
    """Words as LaTeX prints them."""
    return SPECIAL.sub(lambda found: ESCAPED[found[0]], words)
