"""The one place for names that wandb-workspaces keeps to itself; tests/test_internals.py says when one is gone."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wandb_workspaces.workspaces import Workspace


def as_json(workspace: "Workspace") -> dict[str, Any]:
    """What ``save`` would send to W&B, without an account."""
    model: Any = workspace._to_model()
    found: dict[str, Any] = model.model_dump(mode="json", by_alias=True)
    return found
