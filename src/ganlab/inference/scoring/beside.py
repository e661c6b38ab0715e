"""The scores that do not come from the features of a network: of pixels, by LPIPS, of classes, of the latent space."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from ganlab.errors import UserError
from ganlab.inference.scoring.classifying import CLASSES, Small, class_scores, lacks_classes
from ganlab.inference.scoring.kinds.base import Side
from ganlab.inference.scoring.kinds.made import Generated
from ganlab.inference.scoring.perceptual import DIVERSITY, PATHS, Likeness, lacks_paths, path_length
from ganlab.inference.scoring.pixels import PIXELS, Pixels, pixel_scores
from ganlab.metrics.extractors.lpips import Perceptual
from ganlab.score_record import Score

if TYPE_CHECKING:
    from ganlab.inference.scoring.passes import Watcher

BESIDE = (*PIXELS, DIVERSITY, *CLASSES, *PATHS)
BY_LPIPS = (DIVERSITY, *PATHS)
Found = tuple[dict[str, Score], dict[str, str]]  # scores, and of the others why not, both by name


class Witness(NamedTuple):
    """What looks at one side for these scores."""

    side: Side
    pixels: Pixels
    likeness: Likeness
    small: Small

    def watchers(self, names: Sequence[str]) -> "list[Watcher]":
        """Those that the scores of these names need."""
        needed: list[tuple[Watcher, tuple[str, ...]]] = [
            (self.pixels, PIXELS),
            (self.likeness, (DIVERSITY,)),
            (self.small, CLASSES),
        ]
        return [watcher for watcher, of in needed if set(of) & set(names)]


def witness_for(
    side: Side, names: Sequence[str], perceptual: Perceptual, *, batch_size: int, kept: int
) -> Witness:
    pixels = Pixels([name for name in PIXELS if name in names], batch_size)
    labels = side.labels() if set(CLASSES) & set(names) else None
    return Witness(side, pixels, Likeness(side, perceptual), Small(labels, kept))


def beside(
    names: Sequence[str],
    fake: Witness,
    real: Witness,
    held_out: Witness | None,
    perceptual: Perceptual,
    batch_size: int,
) -> Found:
    """The scores of these names that the sides allow, and of the others why not."""
    scores, absent = pixel_scores(fake.pixels, real.pixels) if fake.pixels.names else ({}, {})
    by_lpips, lacking = _by_lpips(
        [name for name in BY_LPIPS if name in names], fake, real, perceptual, batch_size
    )
    scores, absent = scores | by_lpips, absent | lacking
    if wanted := [name for name in CLASSES if name in names]:
        other = held_out.small if held_out else None
        if reason := lacks_classes(fake.small, real.small, other):
            absent |= dict.fromkeys(wanted, reason)
        elif other is not None:
            scores |= class_scores(wanted, fake.small, real.small, other)
    return scores, absent


def _by_lpips(
    names: Sequence[str], fake: Witness, real: Witness, perceptual: Perceptual, batch_size: int
) -> Found:
    scores: dict[str, Score] = {}
    absent: dict[str, str] = {}
    if not names:
        return scores, absent
    try:
        perceptual.prepare()
    except UserError as error:
        return scores, dict.fromkeys(names, str(error))
    about = {"measured": perceptual.measured()}
    for name in names:
        if name == DIVERSITY:
            (value, n), (usual, _) = fake.likeness.mean(), real.likeness.mean()
            if reason := fake.likeness.fault or real.likeness.fault:
                absent[name] = reason
                continue
            protocol = {**about, "n_fake": n, "baseline": "real images"}
            scores[name] = Score(value=value, better="higher", baseline=usual, protocol=protocol)
        elif reason := lacks_paths(name, fake.side, perceptual):
            absent[name] = reason
        elif isinstance(fake.side, Generated):
            value = path_length(name, fake.side, perceptual, batch_size)
            scores[name] = Score(value=value, better="lower", protocol={**about, "n_fake": fake.side.n})
    return scores, absent
