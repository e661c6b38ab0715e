"""Who may import whom, read from the import statements."""

import ast
from pathlib import Path

SOURCE = Path(__file__).parents[1] / "src" / "ganlab"
LEAVES = {"bounds", "errors", "randomness", "types", "pixels", "lexicon", "memory_budget", "nearest"}
ALLOWED = {
    "layers": set(),
    "networks": {"layers"},
    "losses": set(),
    "techniques": set(),
    "data": set(),
    "models": {
        "losses",
        "techniques",
    },  # networks, data and callbacks reach a model through its configuration
    "loggers": set(),
    "metrics": set(),
    "callbacks": {"metrics", "models", "report", "training"},
    "training": {"config", "loggers", "models"},
    "inference": {"config", "data", "metrics", "models", "report", "training"},
    "report": set(),
    "config": set(),
    "doctor": {"config"},
    "cli": {"config", "doctor", "training", "inference", "report"},
}
HEAVY = {"torch", "lightning", "torchvision", "wandb", "sklearn", "matplotlib", "numpy", "PIL"}


def imports(path: Path, everywhere: bool = True) -> set[str]:
    """Modules that a file imports; without ``everywhere`` only those it imports as soon as it is loaded."""
    tree = ast.parse(path.read_text())
    nodes = ast.walk(tree) if everywhere else tree.body
    found = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def test_packages_import_only_what_the_design_allows():
    wrong = []
    for path in SOURCE.rglob("*.py"):
        package = path.relative_to(SOURCE).parts[0]
        if package not in ALLOWED:
            continue
        for module in imports(path):
            parts = module.split(".")
            if (
                parts[0] == "ganlab"
                and len(parts) > 1
                and parts[1] not in {package, *LEAVES, *ALLOWED[package]}
            ):
                wrong.append(f"{path.relative_to(SOURCE)} imports {module}")
    assert wrong == []


def test_only_config_and_cli_know_hydra():
    knows = {
        path.relative_to(SOURCE).parts[0]
        for path in SOURCE.rglob("*.py")
        if any(module.split(".")[0] == "hydra" for module in imports(path))
    }
    assert knows == {"config", "cli"}


def test_the_command_line_starts_without_heavy_imports():
    for package in ("cli", "config"):
        for path in (SOURCE / package).glob("*.py"):
            heavy = {module for module in imports(path, everywhere=False) if module.split(".")[0] in HEAVY}
            assert heavy == set(), path
