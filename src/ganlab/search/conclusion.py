"""What a search found: the winner's command and recipe, which keys mattered, and a page of plots."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from ganlab.config import own
from ganlab.config.compose import paths
from ganlab.config.compose.explain import known_groups
from ganlab.config.compose.overrides import key_of
from ganlab.config.runs.pasted import to_paste
from ganlab.search.settings import Settings
from ganlab.search.space import Space
from ganlab.storage import as_typed, write_atomically

if TYPE_CHECKING:
    from optuna import Study
    from optuna.trial import FrozenTrial

PLOTS = "search.html"
RECIPE = "winner"
ENOUGH = 4  # points with a score, before anything is said of what mattered


def conclude(study: "Study", space: Space, settings: Settings, objective: str, folder: Path) -> None:
    """Print and write what was found; nothing is found before a point has a score."""
    from optuna.trial import TrialState

    done = study.get_trials(states=(TrialState.COMPLETE,))
    states = [trial.user_attrs.get("status", "failed") for trial in study.trials if trial.state.is_finished()]
    counts = ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states))
    elsewhere = sum("words" in trial.user_attrs for trial in study.get_trials(states=(TrialState.RUNNING,)))
    print(f"\n{len(states)} points: {counts}{f'; {elsewhere} more under way elsewhere' if elsewhere else ''}")
    if not done:
        print("no point has a score, so there is no best one")
        return
    best = study.best_trials if settings.two_objectives else [study.best_trial]
    for trial in best:
        words = [*space.fixed, *trial.user_attrs["words"]]
        values = " at ".join(f"{value:.4g}" for value in trial.values)
        costs = f" {settings.cost}" if settings.two_objectives else ""
        print(f"best: point {trial.number + 1}, {objective.removeprefix('val/')} {values}{costs}")
        print(f"  {to_paste(*words)}")
    for key, share in importances(study, settings).items():
        print(f"  {share:4.0%} of the score's variance by {key}")
    recipe = write_recipe([*space.fixed, *best[0].user_attrs["words"]], folder, study.study_name)
    print(f"recipe: {to_paste('--config-dir', str(as_typed(recipe.parents[1])), f'experiment={RECIPE}')}")
    if page := write_plots(study, settings, objective, folder):
        print(f"plots: {as_typed(page)}", flush=True)


def importances(study: "Study", settings: Settings) -> dict[str, float]:
    """The share of the score's variance that each key explains (fANOVA, Hutter et al. 2014); {} for too few points."""
    import optuna

    scored = [trial for trial in study.trials if trial.state == optuna.trial.TrialState.COMPLETE]
    if len(scored) < ENOUGH or len({trial.values[0] for trial in scored}) < 2:
        return {}
    evaluator = optuna.importance.FanovaImportanceEvaluator(seed=0)
    target = (lambda trial: trial.values[0]) if settings.two_objectives else None
    found: dict[str, float] = optuna.importance.get_param_importances(
        study, evaluator=evaluator, target=target
    )
    return found


def write_recipe(words: Sequence[str], folder: Path, name: str) -> Path:
    """The words as ``recipe/experiment/winner.yaml``, to be found with ``--config-dir``; its path."""
    path = folder / "recipe" / "experiment" / f"{RECIPE}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    header = f"# @package _global_\n# The best point of the search {name}: {to_paste(*words)}\n"
    write_atomically(path, (header + recipe(words)).encode())
    return path


def recipe(words: Sequence[str]) -> str:
    """The YAML of an experiment that says what ``words`` say; what they take away, with ~, is in its header alone."""
    groups = known_groups([paths.config_dir(), *own.folders()])
    defaults: list[dict[str, object]] = []
    tree: dict[str, object] = {}
    for word in words:
        element, _, value = word.lstrip("+").partition("=")
        group, _, package = element.partition("@")
        if word.startswith("~") or key_of(word) in ("experiment", "sweep", "debug", "objective"):
            continue
        if group in ("model/optimizers", "model/optimizer"):  # known to the command line alone
            defaults.insert(0, {f"/{element}" if package else f"/{group}": value})
        elif group in groups:
            defaults.append({f"override /{element}": _plain(value)})
        else:
            _put(tree, element.split("."), _plain(value))
    parts = {"defaults": defaults} if defaults else {}
    return yaml.safe_dump({**parts, **tree}, sort_keys=False, allow_unicode=True)


def _put(tree: dict[str, object], path: Sequence[str], value: object) -> None:
    for key in path[:-1]:
        inner = tree.setdefault(key, {})
        assert isinstance(inner, dict), f"{'.'.join(path)} lies below a value"
        tree = inner
    tree[path[-1]] = value


def _plain(value: str) -> object:
    """A word's value as Hydra reads it."""
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.core.override_parser.types import Override

    found: Override = OverridesParser.create().parse_override(f"key={value}")
    return found.value()


def write_plots(study: "Study", settings: Settings, objective: str, folder: Path) -> Path | None:
    """Optuna's plots on one page that needs no network; None where there are too few points, or no Plotly."""
    from optuna.trial import TrialState

    scored: list[FrozenTrial] = study.get_trials(states=(TrialState.COMPLETE,))
    if len(scored) < 2:
        return None
    from optuna import visualization

    if not visualization.is_available():
        return None
    name = objective.removeprefix("val/")
    if settings.two_objectives:
        figures = [visualization.plot_pareto_front(study, target_names=[name, settings.cost])]
    else:
        figures = [
            visualization.plot_optimization_history(study, target_name=name),
            visualization.plot_slice(study, target_name=name),
            visualization.plot_parallel_coordinate(study, target_name=name),
            visualization.plot_intermediate_values(study),
        ]
        if importances(study, settings):
            figures.append(visualization.plot_param_importances(study, target_name=name))
    parts = [
        figure.to_html(full_html=False, include_plotlyjs=index == 0) for index, figure in enumerate(figures)
    ]
    body = "\n".join(parts)
    page = f'<!doctype html>\n<meta charset="utf-8">\n<title>{study.study_name}</title>\n{body}\n'
    path = folder / PLOTS
    write_atomically(path, page.encode())
    return path
