"""The law of the house, read from the import statements and the files: see also the maps in each ``__init__.py``."""

import ast
import importlib
import inspect
import re
import textwrap
from collections import defaultdict
from collections.abc import Container
from functools import cache
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "ganlab"
COMMON = {
    "bounds",
    "types",
    "sets",
    "errors",
    "randomness",
    "rank",
    "pixels",
    "lexicon",
    "lightning_internals",
    "memory_budget",
    "nearest",
    "network_types",
    "patience",
    "storage",
    "torch_internals",
    "score_record",
}
FLOORS = {  # what each may import beside itself and what is open to all
    "layers": set(),
    "losses": set(),
    "techniques": set(),
    "networks": {"layers"},
    "data": set(),
    "metrics": set(),
    "loggers": set(),
    "report": set(),
    "models": {
        "losses",
        "techniques",
    },  # networks, data and callbacks reach a model through its configuration
    "config": set(),
    "training": {"config", "loggers", "models"},
    "doctor": {"config", "training"},  # its trial begins as a run does
    "callbacks": {"metrics", "models", "report", "training", "loggers"},
    "inference": {"config", "data", "metrics", "models", "report", "techniques", "training"},
    "search": {"callbacks", "config", "models", "training"},  # its sweeper, and the callback of its runs
    "launch": {"config", "report"},
    "cli": {"config", "doctor", "training", "inference", "report", "search"},
}
WINGS = {"images", "translation", "captions", "points", "labels"}
BETWEEN_WINGS = {  # floor: (from, to) that may be
    "models": {("captions", "images.base"), ("points", "images")},  # games of the plane are those of images
    "networks": {("labels", "images"), ("points", "images")},
}
BELOW = {f"ganlab.config.{name}" for name in ("own", "secrets", "tree", "hydra_internals")}  # its two rooms
INTERNALS = {  # the one module that may reach for a library's private names
    "hydra": "ganlab.config.hydra_internals",
    "lightning": "ganlab.lightning_internals",
    "torch": "ganlab.torch_internals",
    "wandb_workspaces": "ganlab.report.workspaces_internals",
    "torchmetrics": "ganlab.metrics.extractors.torchmetrics_internals",
}
DOCUMENTED = {
    "_asdict",
    "_exit",
    "_fields",
    "_replace",
}  # of named tuples and os: private in their looks only
HEAVY = {"torch", "lightning", "torchvision", "wandb", "sklearn", "matplotlib", "numpy", "PIL"}
MOST_FILES = 16  # in a room; a longer list is not read at a glance
MOST_LINES = 250  # of a file ...
LONGEST = 45  # ... and of a function, with its signature and its docstring


def name_of(path: Path) -> str:
    parts = path.relative_to(SOURCE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {name_of(path): path for path in SOURCE.rglob("*.py")}
ROOMS = sorted({path.parent for path in FILES.values()})


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path, modules: Container[str] = FILES, everywhere: bool = True) -> set[str]:
    """Modules that a file imports, of them parts of packages only where ``modules`` holds them.

    Without ``everywhere`` only those it imports as soon as it is loaded.
    """
    tree = parsed(path)
    found = set()
    for node in ast.walk(tree) if everywhere else tree.body:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path} imports by a relative name"
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in modules else node.module for name in names}
    return found


IMPORTS = {name: imports(path) & FILES.keys() for name, path in FILES.items()}


def test_a_floor_imports_only_what_the_design_allows():
    wrong = []
    for name, found in IMPORTS.items():
        floor = [*name.split("."), ""][1]
        if floor not in FLOORS:
            continue
        for module in found:
            other = [*module.split("."), ""][1]
            if other and other not in {floor, *COMMON, *FLOORS[floor]}:
                wrong.append(f"{name} imports {module}")
    assert wrong == []


def test_what_is_open_to_all_knows_no_floor():
    wrong = [
        f"{name} imports {module}"
        for name in COMMON
        for module in IMPORTS[f"ganlab.{name}"]
        if module.split(".")[1] not in COMMON
    ]
    assert wrong == []


def test_a_wing_imports_another_only_where_the_law_names_it():
    wrong = []
    for name, found in IMPORTS.items():
        floor, wing = ([*name.split(".")[1:], "", ""])[:2]
        for module in found:
            other_floor, other_wing = ([*module.split(".")[1:], "", ""])[:2]
            if floor != other_floor or wing == other_wing or not {wing, other_wing} <= WINGS:
                continue
            rest = module.split(".", 2)[2]
            if not any(wing == a and rest.startswith(b) for a, b in BETWEEN_WINGS.get(floor, ())):
                wrong.append(f"{name} imports {module}")
    assert wrong == []


def test_what_a_run_keeps_stands_above_composing():
    wrong = [
        f"{name} imports {module}"
        for name, found in IMPORTS.items()
        for module in found
        if (name.startswith("ganlab.config.compose") and module.startswith("ganlab.config.runs"))
        or (name in BELOW and module.startswith("ganlab.config") and module not in BELOW)
    ]
    assert wrong == []


def test_no_files_import_each_other_in_a_circle():
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " -> ".join([*trail[trail.index(name) :], name])
        if name in done:
            return
        for module in sorted(IMPORTS[name] - {name}):
            if not name.startswith(f"{module}."):  # a package's face is no room
                visit(module, (*trail, name))
        done.add(name)

    for name in sorted(FILES):
        visit(name, ())


def test_only_those_that_compose_search_and_launch_know_hydra():
    knows = {
        name.split(".")[1]
        for name, path in FILES.items()
        if any(module.split(".")[0] == "hydra" for module in imports(path))
    }
    assert knows <= {"config", "cli", "launch", "search"}


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.endswith("_") and name not in DOCUMENTED


def private_modules(node: ast.AST) -> set[str]:
    """Dotted names with a private part in them that a statement imports from, or a text names, libraries alone."""
    found: set[str] = set()
    if isinstance(node, ast.Import):
        found = {alias.name for alias in node.names}
    elif isinstance(node, ast.ImportFrom):
        found = {f"{node.module}.{alias.name}" for alias in node.names}
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        found = set(re.findall(rf"\b(?:{'|'.join(INTERNALS)})(?:\.\w+)*\._\w+", node.value))
    return {
        name for name in found if any(map(is_private, name.split("."))) and not name.startswith("ganlab.")
    }


def own_names() -> set[str]:
    """Private names that ganlab itself gives to something, in any file."""
    found: set[str] = set()
    for path in FILES.values():
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                found.add(node.name)
            elif isinstance(node, ast.Attribute | ast.Name) and isinstance(node.ctx, ast.Store):
                found.add(node.attr if isinstance(node, ast.Attribute) else node.id)
    return found


def test_private_names_of_a_library_are_reached_from_its_one_adapter():
    own, wrong = own_names(), []
    for name, path in FILES.items():
        for node in ast.walk(parsed(path)):
            for module in private_modules(node):
                if INTERNALS.get(module.split(".")[0]) != name:
                    wrong.append(f"{name} imports or names {module}")
            if name in INTERNALS.values() or not isinstance(node, ast.Attribute):
                continue
            if is_private(node.attr) and node.attr not in own:
                wrong.append(f"{name} reaches for {ast.unparse(node)}")
    assert wrong == []


@cache
def private_names(cls: type) -> frozenset[str]:
    """Private names that a class gives to its methods, or sets or takes at ``self`` or ``super()``."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(cls)))
    except (OSError, TypeError):  # of C
        return frozenset(filter(is_private, vars(cls)))
    used = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) in ("self", "super()"):
            used.add(node.attr)
    return frozenset(filter(is_private, used))


def test_no_class_meets_a_private_name_of_a_library_s_class_it_is_made_from():
    """Neither overrides one nor stores its own thing under it: both break without a word when the library changes."""
    wrong = []
    for name in FILES.keys() - INTERNALS.values() - {"ganlab.__main__"}:
        module = importlib.import_module(name)
        for cls in (value for value in vars(module).values() if inspect.isclass(value)):
            if cls.__module__ != name:
                continue
            foreign = {base for base in cls.__mro__ if base.__module__.split(".")[0] in INTERNALS}
            taken = set().union(*map(private_names, foreign))
            wrong += [f"{name}.{cls.__name__}.{attribute}" for attribute in private_names(cls) & taken]
    assert sorted(wrong) == []


def test_the_command_line_starts_without_heavy_imports():
    for name, path in FILES.items():
        if name.startswith(("ganlab.cli", "ganlab.config")):
            heavy = {module for module in imports(path, everywhere=False) if module.split(".")[0] in HEAVY}
            assert heavy == set(), name


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: str(room.relative_to(SOURCE)))
def test_a_room_has_a_map_of_all_that_is_in_it(room):
    files = [path.stem for path in room.glob("*.py") if not path.stem.startswith("__")]
    text = ast.get_docstring(ast.parse((room / "__init__.py").read_text(encoding="utf-8"))) or ""
    if room in (
        SOURCE,
        SOURCE / "cli",
        SOURCE / "doctor",
        SOURCE / "report",
    ):  # the front door, and what has a face
        assert text
        return
    inner = [path.parent.name for path in room.glob("*/__init__.py")]
    assert [name for name in files if not re.search(rf"\b{name}\b", text)] == []
    assert [name for name in inner if f"{name}/" not in text] == []
    assert len(files) <= MOST_FILES


def test_files_stay_readable():
    lengths = {name: len(path.read_text(encoding="utf-8").splitlines()) for name, path in FILES.items()}
    assert {name: length for name, length in lengths.items() if length > MOST_LINES} == {}


def functions(node: ast.AST) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    """The outermost functions below a node."""
    found = []
    for child in ast.iter_child_nodes(node):
        is_function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
        found += [child] if is_function else functions(child)
    return found


def own_lines(node: ast.AST) -> dict[str, int]:
    """The lines of every function below a node; those of a function within another are its own alone."""
    lengths = {}
    for function in functions(node):
        inner = functions(function)
        within = sum(each.end_lineno - each.lineno + 1 for each in inner)
        lengths[f"{function.name}:{function.lineno}"] = function.end_lineno - function.lineno + 1 - within
        lengths |= own_lines(function)
    return lengths


def test_functions_stay_readable():
    lengths = {
        f"{name}.{function}": length
        for name, path in FILES.items()
        for function, length in own_lines(ast.parse(path.read_text(encoding="utf-8"))).items()
    }
    assert {name: length for name, length in lengths.items() if length > LONGEST} == {}


def test_a_function_within_another_counts_by_itself():
    text = "class A:\n  def outer(self):\n    x = 1\n    def inner():\n      y = 2\n      return y\n    return x\n"
    assert own_lines(ast.parse(text)) == {"outer:2": 3, "inner:4": 3}


def test_one_name_in_two_rooms_means_one_role():
    """``networks/images/began.py`` and ``models/images/began.py`` are of one paper; ``base`` is what files share."""
    where = defaultdict(set)
    for name in FILES:
        floor, *_, stem = name.split(".")[1:] if name.count(".") > 1 else ("", "")
        if floor:
            where[floor, stem].add(name)
    roles = {"base", "sets", "files", "folder", "shards", "published", *WINGS, *(room.name for room in ROOMS)}
    roles |= {
        "inpainting",
        "paired",
        "semantic",
        "unpaired",
        "domains",
        "super_resolution",
    }  # of translation, for users' folders too
    roles |= {"generator", "discriminator"}  # in a room of one paper's networks
    roles |= {"sliced_wasserstein"}  # the distance, and the score of pictures by it
    twice = {stem: names for (_, stem), names in where.items() if len(names) > 1 and stem not in roles}
    assert twice == {}


def test_tests_and_benchmarks_import_only_the_support_of_tests():
    root = Path(__file__).parents[1]
    files = [*(root / "tests").rglob("*.py"), *(root / "benchmarks").rglob("*.py")]
    modules = {".".join(path.relative_to(root).with_suffix("").parts) for path in files}
    wrong = []
    for path in files:
        for module in imports(path, modules):
            if module.split(".")[0] == "tests" and not f"{module}.".startswith("tests.support."):
                wrong.append(f"{path.relative_to(root)} imports {module}: move it to tests/support/")
    assert wrong == []


def test_every_code_in_a_test_s_name_has_a_line():
    here = Path(__file__).parent
    names = re.findall(r"def test_((?:[A-Z]+\d+_)+)", "".join(p.read_text() for p in here.rglob("test_*.py")))
    used = {code for name in names for code in name.strip("_").split("_")}
    lines = (here / "FAULTS.md").read_text(encoding="utf-8").splitlines()
    told = {
        code for line in lines if line.startswith("| ") for code in line.split("|")[1].strip().split(", ")
    }
    assert used - told == set()
