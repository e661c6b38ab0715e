"""A protocol with the networks that look for it, and the scores that it gives of what they have seen."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ganlab.errors import UserError
from ganlab.inference.scoring.beside import BESIDE
from ganlab.metrics.protocol import Protocol
from ganlab.metrics.real.description import Description
from ganlab.metrics.real.measures import MEASURES, Comparison
from ganlab.nearest import did_you_mean
from ganlab.score_record import Score, finite
from ganlab.types import Extractor

FRECHET = ("fid", "fid_infinity", "intra_fid")


class Lens(NamedTuple):
    """name: of the protocol. extractors: by their key in the configuration."""

    name: str
    protocol: Protocol
    extractors: Mapping[str, Extractor]


class Views(NamedTuple):
    """What one network has seen of the two sides, and of real images held out."""

    real: Description
    fake: Description
    held_out: Description | None


def require_scores(names: Sequence[str]) -> None:
    """Raises UserError for a score that does not exist."""
    known = [*MEASURES, *BESIDE]
    if unknown := [name for name in names if name not in known]:
        raise UserError(
            f"scores: there is no {unknown[0]}{did_you_mean(unknown[0], known)}. "
            f"The scores are {', '.join(known)}, or all"
        )


def lacking(name: str, views: Views) -> str:
    """Why a score cannot be told of these views; "" where it can."""
    needs, sides = MEASURES[name].needs, {"generated": views.fake, "real": views.real}
    for key, description in sides.items():
        if "features" in needs and not len(description.features):
            return (
                f"it needs images or features of both sides, and the {key} side has mean and covariance only"
            )
        if "logits" in needs and not description.logits.shape[1]:
            return "it needs classes, and this network tells none apart"
        if "labels" in needs and description.labels is None:
            return f"it needs a class for each image, and the {key} side has none (folders, or labels in an .npz)"
    if "labels" in needs and (missing := sorted(set(views.real.by_class()) - set(views.fake.by_class()))):
        return f"of {len(missing)} classes there are fewer than 2 generated images, for instance of class {missing[0]}"
    if "held_out" in needs and views.held_out is None:
        return "it needs held_out=..., real images that the generator has not seen"
    return ""


def chosen(
    scores: Sequence[str] | None, protocol: Protocol, views: Views
) -> tuple[list[str], dict[str, str]]:
    """The scores to be computed, and of the others why not.

    scores: as asked for; None: those of the protocol.

    Raises:
        UserError: one that was asked for by name cannot be told.
    """
    asked = list(MEASURES) if scores == ["all"] else list(scores or protocol.scores)
    wanted = [name for name in asked if name not in BESIDE]
    reasons = {name: reason for name in wanted if (reason := lacking(name, views))}
    if reasons and scores and scores != ["all"]:
        name, reason = next(iter(reasons.items()))
        raise UserError(f"scores: {name}: {reason}")
    return [name for name in wanted if name not in reasons], reasons


def require_enough(
    lens: Lens, scores: Sequence[str] | None, sizes: Mapping[str, int], *, allow_small: bool
) -> None:
    """Raises UserError for sides of too few images, by their titles: for these scores, or for a Fréchet distance."""
    names = list(MEASURES) if scores == ["all"] else list(scores or lens.protocol.scores)
    for title, n in sizes.items():
        if n < lens.protocol.minimum:
            raise UserError(f"{title} has {n} images: these scores need at least {lens.protocol.minimum}")
        for extractor in lens.extractors.values():
            if n <= extractor.size and set(FRECHET) & set(names) and not allow_small:
                raise UserError(
                    f"{title} has {n:,} images: a Fréchet distance in {extractor.size:,} features needs more, "
                    "or it measures their number; take more, score by scores=[kid] (it has no such bias), or set "
                    "allow_small=true"
                )


def lays_on_a_ground(lenses: Sequence[Lens]) -> bool:
    """Whether transparent images are laid on a ground: ganlab does so, and the libraries drop their alpha."""
    return all(lens.protocol.name == "ganlab" for lens in lenses)


def scored(lens: Lens, extractor: Extractor, views: Views, names: Sequence[str]) -> dict[str, Score]:
    """The scores of these names, each called after its network where that is not the true Inception."""
    comparison = Comparison(**views._asdict(), **lens.protocol.options)
    floors = {}
    if views.held_out is not None:
        beside = Comparison(real=views.real, fake=views.held_out, **lens.protocol.options)
        without = [name for name in names if not lacking(name, Views(views.real, views.held_out, None))]
        floors = {name: MEASURES[name].compute(beside)[0] for name in without}
    found = {}
    for name in names:
        value, details = MEASURES[name].compute(comparison)
        found[name + extractor.suffix] = Score(
            value=finite(value),
            better=MEASURES[name].better,
            floor=floors.get(name),
            protocol={
                "protocol": lens.protocol.title,
                "extractor": extractor.name,
                "weights": extractor.weights[:8],
                "resize": extractor.resize,
                "n_real": views.real.n,
                "n_fake": views.fake.n,
                "floor_n": views.held_out.n if views.held_out else None,
                **details,
            },
        )
    return found
