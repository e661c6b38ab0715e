"""What ``ganlab score`` prints of its numbers."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ganlab.score_record import Score

if TYPE_CHECKING:
    from ganlab.inference.scoring.lenses import Lens
    from ganlab.inference.scoring.result import Result


def about(result: "Result") -> list[str]:
    """What was compared, and what to know of it."""
    width = max(map(len, result.sides))
    lines = [f"{key:<{width}}  {words}" for key, words in result.sides.items()]
    lines += [f"note: {note}" for note in result.notes]
    reasons: dict[str, list[str]] = {}
    for name, reason in result.absent.items():
        reasons.setdefault(reason, []).append(name)
    return [*lines, *(f"left out: {', '.join(names)}: {reason}" for reason, names in reasons.items())]


def value_of(score: Score) -> str:
    """``4.21 ± 0.03 [3.98, 4.44]``."""
    if score.value is None:
        return "-"
    spread = "" if score.spread is None else f" ± {score.spread:.2g}"
    interval = "" if score.interval is None else f" [{score.interval[0]:.4g}, {score.interval[1]:.4g}]"
    return f"{score.value:.4g}{spread}{interval}"


def rows_of(scores: Mapping[str, Score]) -> list[str]:
    """A line for each score, with what it is to be read against."""
    values = {name: value_of(score) for name, score in scores.items()}
    width, wide = (max(map(len, words), default=0) for words in (values, values.values()))
    lines = []
    for name, score in scores.items():
        beside = "".join(f"   {what} {number:.4g}" for what, number in score.beside().items())
        lines.append(f"  {name:<{width}}  {values[name]:<{wide}}  {score.better} is better{beside}")
    return lines


def of_pairs(result: "Result") -> list[str]:
    """A line for each score of pairs, and how it was measured."""
    scores = result.scores["pairs"]
    how = [f"  {name}: {score.protocol['measured']}" for name, score in scores.items()]
    return [*about(result), "of each picture and its own, the mean:", *rows_of(scores), *how]


def one_protocol(result: "Result", lens: "Lens") -> list[str]:
    """A line for each score, and what they depend on."""
    scores: Mapping[str, Score] = result.scores[lens.name]
    lines = [f"by {lens.protocol.title}: {lens.protocol.differs}", *rows_of(scores)]
    for extractor in lens.extractors.values():
        weights = f"weights {extractor.weights[:8]}, " if extractor.weights else ""
        lines.append(f"  features of {extractor.name} ({weights}{extractor.resize})")
    return [*about(result), *lines, *result.differences.get(lens.name, [])]


def every_protocol(result: "Result", lenses: "Sequence[Lens]") -> list[str]:
    """One table: a row for each protocol, a column for each score that two of them share, and how they differ."""
    columns = ["fid", "kid", "is", "precision", "recall"]
    rows = []
    for lens in lenses:
        scores, suffixes = result.scores[lens.name], [one.suffix for one in lens.extractors.values()]
        found = {
            column: next((scores[column + s] for s in suffixes if column + s in scores), None)
            for column in columns
        }
        rows.append(
            [
                lens.name,
                *(value_of(score) if score else "" for score in found.values()),
                ", ".join([*lens.protocol.changes, lens.protocol.differs]),
            ]
        )
    widths = [max(map(len, cells)) for cells in zip(["", *columns, ""], *rows, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in [["", *columns, ""], *rows]
    ]
    networks = sorted({one.name for lens in lenses for one in lens.extractors.values()})
    return [
        *about(result),
        *lines,
        f"features of {', '.join(networks)}; only those of inception are called fid as papers do",
    ]
