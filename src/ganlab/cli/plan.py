"""What a sweep will run, found and composed before the first of its runs starts."""

import hashlib
import itertools
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import hydra
from hydra.core.config_loader import ConfigLoader
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, RangeSweep
from hydra.types import RunMode
from omegaconf import DictConfig

from ganlab.cli.arguments import Arguments, search_path
from ganlab.cli.even import Choice, Words, evened
from ganlab.config import hydra_internals
from ganlab.config.compose import paths
from ganlab.config.compose.compose import SWEEP_PLACES, refuse_secret_places
from ganlab.config.compose.explain import open_interval
from ganlab.config.compose.hydra_compose import register_resolvers
from ganlab.config.compose.overrides import key_of, merge_overrides, quote, words_of
from ganlab.config.runs.protocol import protocol_of
from ganlab.config.runs.record import is_transient
from ganlab.config.tree import unresolved
from ganlab.errors import UserError
from ganlab.nearest import listing
from ganlab.search.settings import Settings, settings_of
from ganlab.search.space import Space, space_of
from ganlab.search.trials import without_search

MAKES_A_SWEEP = ("sweep", "search", "experiment", "hydra.mode")  # keys that can, beside the flag -m
IN_NAMES = "hydra.job.config.override_dirname.exclude_keys"
SEARCHES = Path("outputs/searches")
MOST = 10_000  # runs of one


@dataclass(frozen=True)
class Sweep:
    """folder: holds one directory for each run. planned: the overrides of each run, with its model and data.

    Nothing is planned with a sweeper that decides as it goes. constant: keys that are the same in all runs, which name
    no directory. searches: its runs are chosen by what others scored. evened: words for all runs, so that their scores
    can be compared; notes: what a user is told of that.
    """

    folder: Path
    planned: Mapping[Words, Mapping[str, str]] = field(default_factory=dict)
    constant: Sequence[str] = ()
    searches: bool = False
    evened: Sequence[str] = ()
    notes: Sequence[str] = ()

    def words(self, overrides: list[str]) -> list[str]:
        """What the command line says, with this sweep's folder in the place of one named after the time."""
        own = [f"hydra.sweep.dir={quote(str(self.folder))}"]
        if self.constant:
            own.append(f"{IN_NAMES}=[{','.join(map(quote, self.constant))}]")
        return merge_overrides(overrides, [*self.evened, *own])

    def varying(self, words: Iterable[str]) -> str:
        """Those of a run's overrides that not all runs share."""
        words = [word for word in words if self.planned or key_of(word) not in self.constant]
        shared = set(words).intersection(*self.planned) if len(self.planned) > 1 else set()
        return " ".join(word for word in words if word not in shared)


def plan(arguments: Arguments, overrides: list[str]) -> Sweep | None:
    """The sweep that a command describes; None for a single run.

    Raises:
        What composing raises, for a combination of groups that does not compose.
    """
    options = arguments.options
    is_sweep = options.multirun or any(key_of(word) in MAKES_A_SWEEP for word in overrides)
    if not is_sweep or "hydra.mode=RUN" in overrides:
        return None
    if {"launcher", "hydra/launcher"} <= {key_of(word) for word in overrides}:
        raise UserError("launcher=... and hydra/launcher=... both say how runs are started: give one of them")
    register_resolvers()
    place = Path(options.config_path or paths.config_dir()).resolve()
    with hydra.initialize_config_dir(str(place), job_name="ganlab", version_base="1.3"):
        loader, name = GlobalHydra.instance().config_loader(), options.config_name or "train"

        def compose(words: list[str]) -> DictConfig:
            return loader.load_configuration(name, [*search_path(words), *words], run_mode=RunMode.MULTIRUN)

        master = compose(overrides)
        if not options.multirun and master.hydra.mode != RunMode.MULTIRUN:
            return None
        refuse_secret_places(master, SWEEP_PLACES[0])
        if master.search is not None:
            return plan_search(loader, master, overrides)
        parsed = words_to_combine(loader, master)
        planned = combinations(loader, master, parsed)
        even = evened(planned, [word.key_or_group for word in parsed])
        if even.words:
            master = compose(merge_overrides(overrides, even.words))
            parsed = words_to_combine(loader, master)
            planned = combinations(loader, master, parsed)
    return Sweep(
        Path(master.hydra.sweep.dir),
        {words: choice.chosen for words, choice in planned.items()},
        constants(parsed, planned),
        evened=even.words,
        notes=even.notes,
    )


def first_run(arguments: Arguments) -> tuple[list[str], list[str]]:
    """Flags and overrides of what ``--cfg`` shows: of a sweep its first run, which stderr names; else as typed.

    Raises:
        UserError: a sweep whose values nobody knows yet; and as :func:`plan`.
    """
    sweep = plan(arguments, arguments.overrides)
    if sweep is None:
        return arguments.flags, arguments.overrides
    if not sweep.planned:
        raise UserError(
            "--cfg: a search chooses its values as it goes; leave search and sweep out, and write a value, as in "
            "KEY=VALUE, for each interval(...) and choice(...)"
        )
    words = next(iter(sweep.planned))
    print(f"the first of {len(sweep.planned)} runs: {sweep.varying(words)}", file=sys.stderr)
    flags = [flag for flag in arguments.flags if flag not in ("-m", "--multirun")]
    return flags, [*merge_overrides(arguments.overrides, list(words)), "hydra.mode=RUN"]


def plan_search(loader: ConfigLoader, master: DictConfig, overrides: list[str]) -> Sweep:
    """The search that a command describes, in a folder that the same command finds again."""
    settings = settings_of(master.search)
    parsed = [word for word in words_to_combine(loader, master) if without_search([str(word.input_line)])]
    space = space_of(parsed, settings.when)
    groups = {word.get_key_element() for word in parsed if loader.get_group_options(word.key_or_group)}
    planned: dict[Words, Choice] = {}
    for words in space.corners(groups):
        cfg = loader.load_sweep_config(master, [*space.fixed, *words])
        planned[tuple(words)] = choice_of(cfg)
    even = evened(planned, [word.key_or_group for word in parsed])
    typed = any(key_of(word) == "hydra.sweep.dir" for word in overrides)
    first = next(iter(planned.values())).chosen
    name = settings.name or name_of(settings, space, f"{first['model']}-{first['data']}")
    folder = Path(master.hydra.sweep.dir) if typed else SEARCHES / name
    constant = [key_of(word) for word in space.fixed]
    return Sweep(folder, {}, constant, True, even.words, even.notes)


def name_of(settings: Settings, space: Space, trained: str) -> str:
    """Of a search: the same words have the same name, whatever the number of points."""
    text = repr((sorted(space.described().items()), sorted(space.fixed), settings.seeds, settings.cost))
    digest = hashlib.blake2b(text.encode(), digest_size=3).hexdigest()
    return f"{trained}_{settings.method}_{digest}"


def choice_of(cfg: DictConfig) -> Choice:
    choices, tree = cfg.hydra.runtime.choices, unresolved(cfg)
    chosen = {group: str(choices.get(group)) for group in ("model", "data")}
    return Choice(chosen, protocol_of(tree), tree["model"].get("facts", {}).get("image_size"))


def words_to_combine(loader: ConfigLoader, master: DictConfig) -> list[Override]:
    """What a sweep's file says of its runs, and on top what the command does."""
    settings = [f"{key}={value}" for key, value in (master.hydra.sweeper.get("params") or {}).items()]
    return OverridesParser.create(loader).parse_overrides([*settings, *words_of(master.hydra.overrides.task)])


def combinations(
    loader: ConfigLoader, master: DictConfig, overrides: Sequence[Override]
) -> dict[Words, Choice]:
    """The overrides of each run, as Hydra's own sweeper forms them; each choice of groups is composed once."""
    if not hydra_internals.is_own_plugin(master.hydra.sweeper._target_):
        return {}
    require_runs(overrides, loader)
    groups = {word.get_key_element() for word in overrides if loader.get_group_options(word.key_or_group)}
    composed: dict[Words, Choice] = {}
    planned = {}
    for words in hydra_internals.combinations(list(overrides)):
        choice = tuple(word for word in words if word.partition("=")[0] in groups)
        if choice not in composed:
            composed[choice] = choice_of(loader.load_sweep_config(master, words))
        planned[identity(words)] = composed[choice]
    return planned


def constants(overrides: Iterable[Override], planned: Iterable[Words]) -> list[str]:
    """The keys that have the same value in all runs; those of one value, where nothing is planned."""
    runs = list(planned)
    if not runs:
        return [word.key_or_group for word in overrides if not word.is_sweep_override()]
    shared = set(runs[0]).intersection(*runs)
    passing = [word.key_or_group for word in overrides if is_transient(word.key_or_group)]
    return list(dict.fromkeys([*passing, *(key_of(word) for word in runs[0] if word in shared)]))


def require_runs(overrides: Iterable[Override], loader: ConfigLoader) -> None:
    """Refuse a sweep of no run or of more than ``MOST``, before all its combinations are formed.

    Raises:
        UserError: names the word without a value, or the number of runs.
    """
    runs, several = 1, []
    for override in overrides:
        if not override.is_sweep_override():
            continue
        if override.is_interval_sweep():
            raise UserError(open_interval(str(override.input_line)))
        several.append(str(override.input_line))
        count = sum(1 for _ in itertools.islice(values_of(override), MOST + 1))
        if count == 0:
            options = loader.get_group_options(override.key_or_group)
            there = f"; there is {listing(options)}" if options else ": a range ends before its second number"
            raise UserError(f"{several[-1]} gives no value, so there is nothing to run{there}")
        runs *= count
    if runs > MOST:
        message = f"{' '.join(several)} would be more than {MOST:,} runs"
        raise UserError(f"{message}, which is the most that a sweep has: choose fewer values")


def values_of(override: Override) -> Iterator[object]:
    """Of a key that takes several; those of a range one by one, for it may be long."""
    value = override.value()
    return iter(value.range() if isinstance(value, RangeSweep) else override.sweep_string_iterator())


def identity(words: Iterable[str]) -> Words:
    """The overrides that a run directory keeps, by which a run is known again."""
    return tuple(word for word in words if not is_transient(word))
