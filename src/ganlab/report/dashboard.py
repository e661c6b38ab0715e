"""A W&B workspace and a report that compare runs: a panel for each score against images, grouped by what differs."""

import csv
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ganlab.errors import UserError
from ganlab.report.runs import read_mapping
from ganlab.report.table import Table

if TYPE_CHECKING:
    from wandb_workspaces.reports.v2 import Report
    from wandb_workspaces.workspaces import Workspace

IMAGES = "progress/images"
SAMPLES = "samples"
WATCHED = ("health/", "game/")  # logged numbers that tell how the game goes
CHOSEN = ("model", "data")  # whose names a run's configuration keeps apart
MOST_SCORES = 12
MOST_RUNS = 100


def require_workspaces() -> None:
    """Raise ``UserError`` where the package that builds dashboards is missing."""
    try:
        import wandb_workspaces  # noqa: F401  # to be told before anything is read
    except ImportError as error:
        raise UserError(
            "ganlab dashboard needs wandb-workspaces, which is not installed: pip install 'ganlab[dashboard]'"
        ) from error


def workspace_of(table: Table, *, project: str, entity: str, name: str) -> "Workspace":
    """Scores, pictures, how the game goes, how much the settings matter; of the groups of ``table``'s runs alone."""
    import wandb_workspaces.workspaces as ws
    from wandb_workspaces import expr

    key = _grouping_key(table)
    sections = [
        ws.Section(name=title, panels=panels, is_open=True)
        for title, panels in sections_of(table, key).items()
    ]
    runs = ws.RunsetSettings(filters=_filters(table), groupby=[expr.Config(key)])
    return ws.Workspace(entity=entity, project=project, name=name, sections=sections, runset_settings=runs)


def report_of(table: Table, *, project: str, entity: str, name: str) -> "Report":
    """The same panels as a page of W&B's, with the table that a sweep ends with above them."""
    import wandb_workspaces.reports.v2 as wr

    from ganlab.report.layout import markdown

    key = _grouping_key(table)
    runs = wr.Runset(project=project, entity=entity, filters=_filters(table))
    blocks: list[Any] = [wr.MarkdownBlock(text=markdown(table))]
    for title, panels in sections_of(table, key).items():
        blocks += [wr.H2(text=title), wr.PanelGrid(runsets=[runs], panels=panels)]
    return wr.Report(project=project, entity=entity, title=name, blocks=blocks)


def sections_of(table: Table, key: str) -> dict[str, list[Any]]:
    """Titles, and the panels below each."""
    import wandb_workspaces.reports.v2 as wr

    names = list(dict.fromkeys(column.name for column in table.columns))[:MOST_SCORES]
    curves = [_curve(f"val/{name}", key) for name in names]
    bars = [
        wr.BarPlot(
            title=f"best {name}",
            metrics=[wr.SummaryMetric(f"best/{name}")],
            groupby=wr.Config(key),
            groupby_aggfunc="mean",
            groupby_rangefunc="stddev",
            max_runs_to_show=MOST_RUNS,
        )
        for name in names[:1]
    ]
    matter = [wr.ParameterImportancePlot(with_respect_to=f"best/{name}") for name in names[:1]]
    found = {
        "Scores": [*bars, *curves],
        "Pictures": [wr.MediaBrowser(title=SAMPLES, media_keys=[SAMPLES], mode="grid")],
        "The game": [_curve(name, key) for name in watched(table)],
        "Settings": [wr.RunComparer(diff_only="split"), *matter],
    }
    return {title: panels for title, panels in found.items() if panels}


def watched(table: Table) -> Sequence[str]:
    """Names of gradients' norms, diversity and the players' match that the runs have logged."""
    names: dict[str, None] = {}
    for run in table.runs:
        path = run.folder / "metrics.csv" if run.folder else None
        if path and path.is_file():
            with path.open(newline="", encoding="utf-8") as file:
                header = next(csv.reader(file), [])
            names |= {name: None for name in header if name.startswith(WATCHED)}
    return list(names)


def _curve(name: str, key: str) -> Any:
    """A number against images seen: the mean of each setting's runs, and their standard deviation as an area."""
    import wandb_workspaces.reports.v2 as wr

    return wr.LinePlot(
        title=name,
        x=IMAGES,
        y=[name],
        title_x="images seen",
        groupby=wr.Config(key),
        groupby_aggfunc="mean",
        groupby_rangefunc="stddev",
        max_runs_to_show=MOST_RUNS,
    )


def _grouping_key(table: Table) -> str:
    """The first setting that differs, as a run's configuration in W&B has it; the model, where none does."""
    key = table.keys[0] if table.keys else "model"
    if key in CHOSEN:
        return f"chosen.{key}"
    return f"{key.replace('/', '.')}._target_" if "/" in key else key


def _filters(table: Table) -> list[Any]:
    """These runs and no others of the project, by the groups that they are of: a sweep is one."""
    from wandb_workspaces import expr

    told = [read_mapping(run.folder / "results.json").get("group") for run in table.runs if run.folder]
    groups = sorted({str(group) for group in told if group})
    return [expr.Config("group").isin(groups)] if groups else []
