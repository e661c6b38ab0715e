"""The keys of ``conf/explore/*.yaml``, and their types: what each tool of ``ganlab explore`` reads."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from ganlab.bounds import Count, Pictured, Positive, Range, Samples, Weight, Whole


@dataclass(frozen=True, kw_only=True)
class Explore:
    """What every tool reads."""

    run: Path
    checkpoint: Literal["last", "best"] = "last"
    output: Path | None = None
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class Interpolate(Explore):
    """A way between samples, classes or captions."""

    along: Literal["noise", "class", "caption"] = "noise"
    numbers: list[int] = field(default_factory=list)
    labels: list[int | str] = field(default_factory=list)
    captions: list[str] = field(default_factory=list)
    frames: Annotated[int, Range(minimum=2, maximum=1000)] = 8
    curve: Literal["auto", "lerp", "slerp"] = "auto"
    loop: bool = False
    video: Literal["gif", "mp4", "none"] = "gif"
    n: Samples = 64


@dataclass(frozen=True, kw_only=True)
class Arithmetic(Explore):
    """a - b + c."""

    a: list[int]
    b: list[int]
    c: list[int]
    label: int | str | None = None
    spread: Weight = 0.25
    n: Samples = 64


@dataclass(frozen=True, kw_only=True)
class Directions(Explore):
    """Along which something happens."""

    method: Literal["sefa", "ganspace"] = "sefa"
    k: Count = 8
    number: Whole = 0
    label: int | str | None = None
    reach: Positive = 3.0
    steps: Annotated[int, Range(minimum=2, maximum=1000)] = 7
    names: list[str] = field(default_factory=list)
    n: Samples = 64


@dataclass(frozen=True, kw_only=True)
class Edit(Explore):
    """Samples, moved along a direction."""

    directions: Path | None = None
    direction: int | str = 0
    amounts: list[float] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    latents: Path | None = None
    label: int | str | None = None
    n: Samples = 64


@dataclass(frozen=True, kw_only=True)
class Mixing(Explore):
    """Styles of two samples in one picture."""

    numbers: list[int] = field(default_factory=list)
    others: list[int] = field(default_factory=list)
    layers: list[Whole] = field(default_factory=list)
    label: int | str | None = None
    n: Samples = 64


@dataclass(frozen=True, kw_only=True)
class Equivariance(Explore):
    """Samples whose input is moved by parts of a pixel."""

    numbers: list[int] = field(default_factory=list)
    reach: Positive = 2.0
    frames: Annotated[int, Range(minimum=2, maximum=1000)] = 17
    n: Samples = 64


@dataclass(frozen=True, kw_only=True)
class Project(Explore):
    """A picture as a latent vector."""

    input: Path
    space: Literal["z", "w"] = "z"
    label: int | str | None = None
    steps: Count = 300
    starts: Pictured = 10
    lr: Positive = 0.05
    prior_weight: Weight = 0.001
    perceptual_weight: Weight = 1.0


@dataclass(frozen=True, kw_only=True)
class Truncation(Explore):
    """Samples from the middle of the prior."""

    metrics: dict[str, Any] | None = None
    bounds: list[float] = field(default_factory=list)
    columns: Pictured = 10


@dataclass(frozen=True, kw_only=True)
class Codes(Explore):
    """A table of classes, captions or codes."""

    code: Whole | None = None
    columns: Pictured = 10
    rows: Pictured = 10
    reach: Positive = 2.0


@dataclass(frozen=True, kw_only=True)
class Neighbours(Explore):
    """The training images nearest to samples."""

    metrics: dict[str, Any] | None = None
    n: Samples = 1000
    rows: Pictured = 10
    k: Annotated[int, Range(minimum=1, maximum=100)] = 5


TOOLS: dict[str, type[Explore]] = {
    "interpolate": Interpolate,
    "arithmetic": Arithmetic,
    "directions": Directions,
    "edit": Edit,
    "mixing": Mixing,
    "equivariance": Equivariance,
    "project": Project,
    "truncation": Truncation,
    "codes": Codes,
    "neighbours": Neighbours,
}
