"""``ganlab dashboard``: a W&B workspace and a report that compare runs; without an account, a file."""

import json
from pathlib import Path

from ganlab import report
from ganlab.cli.arguments import refuse_flags
from ganlab.cli.compare import each_once, place_of, title_of
from ganlab.config.compose.overrides import unquote
from ganlab.config.runs.pasted import to_paste
from ganlab.errors import UserError
from ganlab.nearest import did_you_mean
from ganlab.storage import as_typed, write_atomically

OPTIONS = {"project": "ganlab", "entity": "", "output": ""}
FILE = "dashboard.json"


def run(words: list[str]) -> int:
    """Build the dashboard of the runs that ``words`` name, and save it at W&B or beside them."""
    from ganlab.report import dashboard

    refuse_flags("dashboard", words)
    names = [word for word in words if "=" not in word or Path(word).exists()]
    options = options_of([word for word in words if word not in names])
    if not names:
        raise UserError(
            "which runs? Give a sweep's folder or run directories: ganlab dashboard outputs/sweeps/..."
        )
    dashboard.require_workspaces()
    table, title = report.table(report.collect(each_once(names))), title_of(names)
    if not table.columns:
        raise UserError(f"{title}: none of these runs has a score, so there is nothing to compare")
    about = {"project": options["project"], "name": Path(title).name}
    if has_account():
        save(dashboard.workspace_of(table, entity=options["entity"] or default_entity(), **about))
        save(dashboard.report_of(table, entity=options["entity"] or default_entity(), **about))
        return 0
    from ganlab.report.workspaces_internals import as_json

    workspace = dashboard.workspace_of(table, entity=options["entity"], **about)
    path = Path(options["output"]) if options["output"] else place_of(names, None).with_name(FILE)
    write_atomically(path, json.dumps(as_json(workspace), indent=2).encode())
    print(f"the workspace is in {as_typed(path)}; no W&B account is configured here. To put it there:")
    print(f"  wandb login\n  {to_paste('dashboard', *words)}")
    return 0


def options_of(words: list[str]) -> dict[str, str]:
    """``project``, ``entity`` and ``output``.

    Raises:
        UserError: another key, or one without a value.
    """
    options = dict(OPTIONS)
    for word in words:
        key, _, value = word.partition("=")
        if key not in OPTIONS or not value:
            raise UserError(
                f"ganlab dashboard {word}: options are {', '.join(f'{key}=...' for key in OPTIONS)}"
                f"{did_you_mean(key, OPTIONS) if key not in OPTIONS else ''}"
            )
        options[key] = unquote(value)
    return options


def has_account() -> bool:
    """Is a key of W&B configured, and may it be used?"""
    import os

    import wandb

    offline = os.environ.get("WANDB_MODE", "online") != "online"
    return not offline and bool(wandb.login(prompt=False, verify=False))


def default_entity() -> str:
    import wandb

    return str(wandb.Api().default_entity)


def save(thing: "object") -> None:
    """Save a workspace or a report, and print its link.

    Raises:
        UserError: W&B cannot be reached, or refuses.
    """
    try:
        print(thing.save().url)  # type: ignore[attr-defined]  # both have it
    except Exception as error:
        sentence = (str(error).splitlines() or [type(error).__name__])[0]
        raise UserError(f"W&B has not taken the dashboard: {sentence}") from error
