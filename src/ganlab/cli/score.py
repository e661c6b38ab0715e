"""``ganlab score``: two sets of images, by anybody's protocol."""

import io
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omegaconf import DictConfig, open_dict

from ganlab.cli.arguments import brought, quote_paths, refuse_flags
from ganlab.cli.score_table import every_protocol, of_pairs, one_protocol
from ganlab.config import own
from ganlab.config.compose.build import instantiate
from ganlab.config.compose.check import check
from ganlab.config.compose.compose import compose
from ganlab.config.compose.keys import as_yaml
from ganlab.config.compose.overrides import key_of
from ganlab.config.compose.paths import config_dir
from ganlab.config.score import ScoreKeys
from ganlab.errors import Interrupted, UserError
from ganlab.nearest import listing

if TYPE_CHECKING:
    import torch

    from ganlab.inference.scoring.group import Group
    from ganlab.inference.scoring.lenses import Lens
    from ganlab.inference.scoring.result import Result

PATHS = ("generated", "real", "held_out", "against", "weights", "lpips_weights", "save", "output")
SIDES = ("generated", "real")
ALL = "all"


def run(words: list[str]) -> int:
    """Compose conf/score.yaml with ``words``, the first two of which may be the sides; print the scores."""
    words = named_sides(words)
    every = [word for word in words if word == f"protocol={ALL}"]
    names = protocols() if every else [""]
    words = quote_paths(brought([word for word in words if word not in every], PATHS), PATHS)
    cfgs = {name: composed(words, name) for name in names}
    cfg = next(iter(cfgs.values()))
    if cfg.pairs:
        print("\n".join(of_pairs(scored_pairs(cfg))))
        return 0
    from ganlab.inference.scoring.group import joined
    from ganlab.inference.scoring.kinds.find import require_there

    try:
        with joined() as group, said_once(group):
            for key in [key for key in (*SIDES, "held_out", "against") if cfg[key]]:
                require_there(key, cfg[key])  # before weights that may be missing
            found = at_hand({name: lens_of(name, cfg) for name, cfg in cfgs.items()})
            result = scored(cfg, found, group)
    except KeyboardInterrupt:
        raise Interrupted(
            "stopped; what the networks said of images so far is kept, and the same command goes on from there"
        ) from None
    if group.is_first:
        print("\n".join(every_protocol(result, found) if every else one_protocol(result, found[0])))
    return 0


@contextmanager
def said_once(group: "Group") -> Iterator[None]:
    """Within, only the first of several processes speaks; a mistake that all of them have met is told by it."""
    if group.is_first:
        yield
        return
    try:
        with redirect_stdout(io.StringIO()):
            yield
    except UserError as error:
        raise SystemExit(error.exit_code) from error


def named_sides(words: list[str]) -> list[str]:
    """The words, with ``generated=`` and ``real=`` before those of the first two that have no ``=``.

    Raises:
        UserError: flags, more words than two by themselves, or no first side.
    """
    refuse_flags("score", words)
    bare = [word for word in words if "=" not in word or word.startswith("data:") or Path(word).exists()]
    if len(bare) > len(SIDES):
        raise UserError(f"ganlab score {bare[2]}: two sides are compared, and other words are key=value")
    named = [f"{key}={word}" for key, word in zip(SIDES, bare, strict=False)]
    options = [word for word in words if word not in bare]
    if not any(key_of(word) == "generated" for word in [*named, *options]):
        raise UserError(
            "which images? As in: ganlab score my/samples data:cifar10:train (ganlab score --help)"
        )
    return [*named, *options]


def protocols() -> list[str]:
    """The names of all, ganlab's own first."""
    found = sorted(path.stem for path in (config_dir() / "protocol").glob("*.yaml"))
    return ["ganlab", *(name for name in found if name != "ganlab")]


def composed(words: Sequence[str], protocol: str) -> DictConfig:
    """The keys that ``words`` give, by one protocol; what they change of it stands in ``protocol.changed``."""
    words = [*words, *([f"protocol={protocol}"] if protocol else [])]
    cfg = compose(words, "score", config_dirs=own.folders())
    check(cfg, ScoreKeys)
    unchanged = [word for word in words if not key_of(word).startswith("protocol.")]
    if len(unchanged) < len(words):
        published = compose(unchanged, "score", config_dirs=own.folders()).protocol
        changed = {key: as_yaml(value) for key, value in cfg.protocol.items() if value != published.get(key)}
        with open_dict(cfg.protocol):
            cfg.protocol.changed = changed
    return cfg


def lens_of(name: str, cfg: DictConfig) -> "Lens":
    from ganlab.inference.scoring.lenses import Lens

    protocol = instantiate(cfg.protocol)
    extractors = {key: instantiate(node) for key, node in cfg.extractors.items()}
    return Lens(name or protocol.name, protocol, extractors)


def at_hand(lenses: "Mapping[str, Lens]") -> "list[Lens]":
    """Those whose networks have their weights; a line says which others are left out, and why.

    Raises:
        UserError: not one has.
    """
    missing: dict[str, list[str]] = {}
    for name, lens in lenses.items():
        try:
            for extractor in lens.extractors.values():
                extractor.prepare()
        except UserError as error:
            missing.setdefault(str(error), []).append(name)
    left_out = [name for names in missing.values() for name in names]
    if len(left_out) == len(lenses):
        raise UserError(next(iter(missing)))
    for reason, names in missing.items():
        print(f"left out: protocol {listing(names)}: {reason.splitlines()[0]}")
    return [lens for name, lens in lenses.items() if name not in left_out]


def scored_pairs(cfg: DictConfig) -> "Result":
    """The pictures of both sides, each beside its own."""
    from ganlab.inference.scoring.kinds import find
    from ganlab.inference.scoring.kinds.base import Side
    from ganlab.inference.scoring.pairs import score_pairs
    from ganlab.inference.scoring.perceptual import lpips

    sides = []
    for key in SIDES:
        if not cfg[key]:
            raise UserError(f"pairs=true compares two sides: ganlab score {cfg.generated} REAL pairs=true")
        found = find.side(key, cfg[key], on_corrupt=cfg.on_corrupt, workers=cfg.workers)
        if not isinstance(found, Side) or find.run_named(cfg[key]):
            raise UserError(f"pairs=true takes pictures that belong together, and {key}={cfg[key]} has none")
        sides.append(found)
    file = require_writable("output", cfg.output) if cfg.output else None
    perceptual = lpips(cfg.lpips, cfg.lpips_weights, device_of(cfg))
    result = score_pairs(*sides, perceptual=perceptual, batch_size=cfg.batch_size, bootstrap=cfg.bootstrap)
    write_numbers(file, result)
    return result


def device_of(cfg: DictConfig) -> "torch.device":
    import torch

    cuda = cfg.device == "cuda" or (cfg.device == "auto" and torch.cuda.is_available())
    return torch.device("cuda" if cuda else "cpu")


def write_numbers(file: Path | None, result: "Result") -> None:
    from ganlab.storage import write_atomically

    if file is not None:
        write_atomically(file, json.dumps(result.to_json(), indent=2).encode())


def scored(cfg: DictConfig, lenses: "Sequence[Lens]", group: "Group") -> "Result":
    """Find the sides, score them, and write what is to be kept."""
    from ganlab.inference.scoring.kinds import find
    from ganlab.inference.scoring.kinds.made import DataSide, data_of_run
    from ganlab.inference.scoring.perceptual import lpips
    from ganlab.inference.scoring.result import Settings
    from ganlab.inference.scoring.score import score

    files = {key: require_writable(key, cfg[key]) for key in ("save", "output") if cfg[key]}
    device, protocol = group.device(device_of(cfg)), lenses[0].protocol

    def side(key: str, word: str, seed: int = cfg.seed) -> Any:
        drawn = {
            "n": cfg.n_fake or protocol.n_fake,
            "averaged": protocol.averaged,
            "checkpoint": cfg.checkpoint,
        }
        read = {"on_corrupt": cfg.on_corrupt, "workers": cfg.workers}
        return find.side(key, word, z=cfg.z, seed=seed, device=device, **drawn, **read)

    run_dir = find.run_named(cfg.generated)
    if cfg.seeds > 1 and run_dir is None and cfg.z is None:
        raise UserError(f"seeds={cfg.seeds}: only a run or a generator draws other images from another seed")
    if cfg.real:
        real = side("real", cfg.real)
    elif run_dir:
        real = data_of_run(run_dir, protocol.split)
    else:
        raise UserError(f"against which real images? As in: ganlab score {cfg.generated} data:cifar10:train")
    beside = real.other if isinstance(real, DataSide) else None
    result = score(
        [side("generated", cfg.generated, seed) for seed in range(cfg.seed, cfg.seed + cfg.seeds)],
        real,
        lenses,
        Settings(
            scores=[cfg.scores] if isinstance(cfg.scores, str) else cfg.scores,
            allow_small=cfg.allow_small,
            bootstrap=cfg.bootstrap,
            kept=cfg.kept,
            batch_size=cfg.batch_size,
            device=device,
            perceptual=lpips(cfg.lpips, cfg.lpips_weights, device),
            save=files.get("save"),
        ),
        held_out=side("held_out", cfg.held_out) if cfg.held_out else beside,
        against=side("against", cfg.against) if cfg.against else None,
        group=group,
    )
    if group.is_first:
        write_numbers(files.get("output"), result)
    return result


def require_writable(key: str, word: str) -> Path:
    """The file of this name; raises UserError, before any work, where it cannot be written."""
    path = Path(word).expanduser()
    if path.is_dir() or not os.access(path.parent, os.W_OK):
        what = (
            "is a folder"
            if path.is_dir()
            else f"cannot be written: {path.parent} is no folder that may be written to"
        )
        raise UserError(f"{key}={word} {what}; name a file")
    return path
