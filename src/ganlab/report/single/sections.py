"""The parts of a run's page but for its curves and its pictures."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ganlab.report.cells import NONE, amount, clock
from ganlab.report.columns import mean_of
from ganlab.report.page import Html, facts, listed, paragraph, section, table, text
from ganlab.report.single.record import Record
from ganlab.score_record import ScoreRecord

STATES = {"finished": "good", "failed": "bad", "diverged": "bad"}
MOST_WARNINGS = 20
NO_SETTINGS = ("hydra.", "callbacks.", "logger.")  # come last


def header(record: Record) -> Html:
    """The state of the run, and what it is of."""
    run, (done, planned) = record.run, record.steps
    of = f" of {planned:,}" if planned else ""
    named = {
        "model": run.settings.get("model", NONE),
        "data": run.settings.get("data", NONE),
        "seed": run.seed,
        "steps": f"{done:,.0f}{of}" if done is not None else NONE,
        "images": f"{images:,.0f}" if (images := _images(record)) is not None else NONE,
        "time": clock(mean_of([_seconds(record)])),
        "weights": amount(mean_of([run.parameters])),
        "warnings": len(record.warnings) or "none",
    }
    state = f'<span class="state {STATES.get(run.status, "")}">{text(run.status)}</span>'
    return Html(state + facts(named))


def trouble(record: Record) -> Html:
    """Why the run did not finish, what it warned of, and what is not there; nothing where all is well."""
    error = paragraph(record.run.error or "", "bad")
    shown, more = record.warnings[:MOST_WARNINGS], len(record.warnings) - MOST_WARNINGS
    warnings = listed([*shown, *([f"and {more} more in ganlab.log"] if more > 0 else [])])
    absent = record.absent
    lacks = paragraph(f"not in this directory: {', '.join(absent)}" if absent else "", "faint")
    return section("Warnings", error, warnings, lacks)


def scores(record: Record) -> Html:
    """Every score, with what there is to compare it with, and how it was measured."""
    headings = ("score", "last", "best", "at images", "untrained", "held-out real", "baseline")
    rows = [(f"{name} {_arrow(score)}", *_values(score)) for name, score in record.scores.items()]
    protocols = _protocols([score.protocol for score in record.scores.values()])
    return section(
        "Scores",
        table(headings, rows),
        *(paragraph(words, "faint") for words in protocols),
        paragraph("↓ lower is better, ↑ higher" if record.run.scores else "", "faint"),
    )


def _arrow(score: ScoreRecord) -> str:
    """Which way is better; nothing where no results say so."""
    return {"lower": "↓", "higher": "↑"}.get(score.better, "") if score.protocol else ""


def _values(score: ScoreRecord) -> list[str]:
    images = score.best.images if score.best else None
    values = [score.value(which) for which in ("last", "best", "start", "floor", "baseline")]
    cells = [NONE if value is None else f"{value:.4g}" for value in values]
    return [*cells[:2], NONE if images is None else f"{images:,.0f}", *cells[2:]]


def _protocols(protocols: Sequence[Mapping[str, Any]]) -> list[str]:
    """A sentence for each way of measuring; what scores measured alike differ in stands side by side."""
    merged: dict[str, dict[str, dict[str, None]]] = {}
    for protocol in protocols:
        ways = merged.setdefault(str(protocol.get("measured", "")), {})
        for key, value in protocol.items():
            if key != "measured" and value is not None:
                ways.setdefault(key, {})[str(value)] = None
    sentences = {
        measured: ", ".join(f"{key} {' or '.join(values)}" for key, values in ways.items())
        for measured, ways in merged.items()
    }
    return [f"{measured}: {rest}" if rest else measured for measured, rest in sentences.items()]


def configuration(record: Record) -> Html:
    """What was chosen, as it was typed; the whole configuration behind it."""
    pairs = [word.lstrip("+").partition("=")[::2] for word in record.run.overrides]
    chosen = " ".join(f"{key}={record.run.settings.get(key, NONE)}" for key in ("model", "data"))
    rows = sorted(
        (pair for pair in pairs if pair[0] not in ("model", "data")),
        key=lambda pair: pair[0].startswith(NO_SETTINGS),
    )
    whole = text(_written(record.folder / ".hydra" / "config.yaml"))
    folded = Html(f"<details><summary>every key with its value</summary><pre>{whole}</pre></details>")
    return section(
        "Configuration",
        paragraph(f"{chosen}, and beside the defaults:" if rows else f"{chosen}, all else as by default."),
        table(("key", "value"), rows, kind="words"),
        paragraph(
            "In all, these are not as the model and the data have them by default:" if record.changes else ""
        ),
        table(("key", "default", "value"), record.changes, kind="words"),
        folded if whole else Html(""),
    )


def cost(record: Record) -> Html:
    """Where the time went, and on what."""
    history, seconds = record.history, _seconds(record)
    named: dict[str, str] = {"from start to end": f"{clock(mean_of([seconds]))} min"}
    for name, what in {"evaluation": "scoring", "health": "looking for faults"}.items():
        spent = history.last(f"progress/{name}_seconds")
        if spent is not None and seconds:
            named[what] = f"{spent:,.1f} s ({spent / seconds:.1%})"
    _, speeds = history.curve("progress/images_per_second")
    if speeds:
        named["images per second in training"] = f"{sorted(speeds)[len(speeds) // 2]:,.0f} (median)"
    trainer = record.config.get("trainer")
    if isinstance(trainer, dict):
        keys = ("accelerator", "devices", "num_nodes", "precision", "threads")
        named["on"] = ", ".join(f"{key} {trainer[key]}" for key in keys if trainer.get(key) is not None)
    files = [
        path.stat().st_size for path in record.folder.glob("checkpoints/*.ckpt") if not path.is_symlink()
    ]
    named["checkpoints"] = f"{sum(files) / 1e6:,.1f} MB in {len(files)} file{'s' * (len(files) != 1)}"
    return section("Cost", facts(named))


def going_on(lines: Mapping[str, str], place: Path) -> Html:
    """Lines to paste, by what they do."""
    shown = [
        Html(f'<p class="faint">{text(what)}</p><pre>{text(line)}</pre>') for what, line in lines.items()
    ]
    return section("To go on", paragraph(f"In the folder {place}:" if lines else "", "faint"), *shown)


def _images(record: Record) -> float | None:
    return record.run.images if record.run.images is not None else record.history.last("images")


def _seconds(record: Record) -> float | None:
    return record.run.seconds if record.run.seconds is not None else record.history.last("seconds")


def _written(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8") if path.is_file() else ""
    except (OSError, ValueError):
        return ""
