"""The curves of a run: its scores first, then the game."""

from collections.abc import Mapping, Sequence

from ganlab.report.charts import Chart
from ganlab.report.history import curves
from ganlab.report.single.record import Record

LOSSES, WHO_WINS = "losses", "who wins"
PANELS = 4  # of curves.png
SCORES = 3  # of the first scores, beside diversity
SHARES = ("game/real_wins", "game/accuracy")
KNOWN = (*SHARES, "game/real_score", "game/fake_score", "game/logit_gap", "game/jsd")
OTHERS = 4  # numbers of a variant's own, such as BEGAN's k


def charts_of(record: Record) -> list[Chart]:
    """At most eight; what was not logged is left out."""
    history = record.history
    own = [name for name in history.named("game/") if name not in KNOWN]
    charts = [
        *(_score(record, name) for name in _chosen(record)),
        _chart(LOSSES, curves(history, history.named("/loss"))),
        _chart(WHO_WINS, curves(history, SHARES), {"a tie": 0.5}),
        _chart(
            "gradient norms",
            curves(history, history.named("/generator_gradient_norm", "/discriminator_gradient_norm")),
        ),
        _chart("the variant's own", curves(history, own[:OTHERS])),
    ]
    return [chart for chart in charts if chart.curves]


def for_paper(charts: Sequence[Chart]) -> list[Chart]:
    """Of all charts those of ``curves.png``: the first two scores, and the game."""
    game = [chart for chart in charts if chart.title in (LOSSES, WHO_WINS)]
    others = [chart for chart in charts if chart not in game]
    return [*others[: PANELS - len(game)], *game]


def _chosen(record: Record) -> list[str]:
    names = list(record.scores)
    diversity = [name for name in names[SCORES:] if name.startswith("diversity")]
    return [*names[:SCORES], *diversity[:1]]


def _score(record: Record, name: str) -> Chart:
    score = record.scores[name]
    untrained = score.value("start")
    levels = score.beside() | ({} if untrained is None else {"untrained": untrained})
    curve = record.history.curve(f"val/{name}")
    return _chart(name, {name: curve} if curve[0] else {}, levels)


def _chart(title: str, found: Mapping, levels: Mapping[str, float] | None = None) -> Chart:
    return Chart(title, found, levels or {})
