"""The Metropolis algorithm on a banana: how far a chain should step.

python examples/metropolis.py [FILE.gif]
"""

import sys
from pathlib import Path

import torch
from matplotlib.animation import FuncAnimation, PillowWriter
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from ganlab.randomness import Draws
from ganlab.techniques.metropolis import metropolis

SPREAD, BEND = 2.0, 0.5  # of the banana
WIDTHS = {0.1: "too timid", 1.0: "about right", 10.0: "too bold"}
STEPS, FRAMES = 2_000, 50
SHOWN = (-6.5, 6.5), (-12.0, 5.0)


def log_density(states: Tensor) -> Tensor:
    """(n,) of (n, 2), up to a constant: a Gaussian whose second coordinate is bent (Haario et al. 1999).

    x ~ N(0, SPREAD^2), y ~ N(BEND (SPREAD^2 - x^2), 1), so both means are 0. The chain needs no more than this: the
    constant, an integral over the plane, cancels in f(new) / f(old).
    """
    x, y = states.T
    return -((x / SPREAD) ** 2) / 2 - (y - BEND * (SPREAD**2 - x**2)) ** 2 / 2


def chain(width: float, steps: int = STEPS) -> tuple[Tensor, Tensor]:
    """The states (steps, 2) of one chain that begins far off, and whether each step was taken (steps,)."""

    def propose(states: Tensor, draws: Draws) -> Tensor:
        return states + width * draws.normal(*states.shape)

    start = torch.tensor([[5.0, 3.0]])
    pairs = list(metropolis(log_density, start, propose, steps=steps, draws=Draws(0, "banana", width)))
    return torch.cat([states for states, _ in pairs]), torch.cat([moved for _, moved in pairs])


def density(axes: Axes) -> None:
    """The banana itself, in the background."""
    x, y = (torch.linspace(*reach, 160) for reach in SHOWN)
    places = torch.cartesian_prod(x, y)
    height = log_density(places).exp().reshape(len(x), len(y)).T
    axes.contourf(x, y, height, levels=8, cmap="Blues")
    axes.set(xticks=[], yticks=[], xlim=SHOWN[0], ylim=SHOWN[1])


def animation(path: Path, steps: int = STEPS, frames: int = FRAMES) -> list[str]:
    """Write one panel for each width; returns what to say of the chains."""
    figure = Figure(figsize=(9, 3.6), dpi=80, layout="constrained")
    panels, said = [], []
    for axes, (width, word) in zip(figure.subplots(1, len(WIDTHS)), WIDTHS.items(), strict=True):
        states, moved = chain(width, steps)
        density(axes)
        (line,) = axes.plot([], [], color="tab:orange", linewidth=0.5, alpha=0.7)
        (dots,) = axes.plot([], [], ".", color="tab:red", markersize=2)
        (head,) = axes.plot([], [], "o", color="black", markersize=4)
        panels.append((axes, states, moved, line, dots, head))
        axes.set_xlabel(f"steps of {width:g}: {word}")
        mean = ", ".join(f"{value:.2f}" for value in states[steps // 10 :].mean(0))
        said.append(
            f"steps of {width:g}: {moved.double().mean():.0%} taken, mean ({mean}) where (0, 0) is right"
        )

    def draw(frame: int) -> None:
        now = max(1, round(steps * (frame / max(1, frames - 1)) ** 2))  # slow at first
        for axes, states, moved, line, dots, head in panels:
            for artist in (line, dots):
                artist.set_data(*states[:now].T)
            head.set_data(*states[now - 1 : now].T)
            axes.set_title(f"{now:,} steps, {moved[:now].double().mean():.0%} taken", fontsize=10)

    path.parent.mkdir(parents=True, exist_ok=True)
    FuncAnimation(figure, draw, frames=frames).save(path, writer=PillowWriter(fps=8))
    return said


if __name__ == "__main__":
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "outputs/examples/metropolis.gif")
    print("\n".join([*animation(target), f"written to {target}"]))
