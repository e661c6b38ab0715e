"""Precision, recall, density and coverage: how the neighbourhoods of real and fake samples overlap."""

from typing import NamedTuple

import torch
from torch import Tensor

from ganlab.metrics.distances.inputs import as_double, blocks, check_same_size, squared_distances


class PRDC(NamedTuple):
    """Four numbers from 0; only density can exceed 1.

    precision: share of fakes in any real neighbourhood; recall: share of real samples in any fake neighbourhood
    (Kynkäänniemi et al. 2019). density: real neighbourhoods that a fake lies in, over k, 1 for equal distributions;
    coverage: share of real neighbourhoods with any fake in them, about 1 - 2⁻ᵏ for equal distributions and as many
    samples (Naeem et al. 2020).
    """

    precision: float
    recall: float
    density: float
    coverage: float


class Manifold:
    """The neighbourhoods of real (n, d) features: closed balls that reach to the k-th nearest other sample.

    Raises ValueError if there are no more samples than neighbours.
    """

    def __init__(self, real: Tensor, neighbours: int = 3) -> None:
        if neighbours < 1:
            raise ValueError(f"neighbours={neighbours}: expected at least 1; 3 are usual")
        self.neighbours = neighbours
        real = as_double(real, "real features", minimum=neighbours + 1)
        self.centre = real.mean(0)  # near the origin, less of a distance is lost to rounding
        self.real = real - self.centre
        self.squared_radii = squared_radii(self.real, neighbours)

    def compare(self, fake: Tensor) -> PRDC:
        """(m, d) fakes against the real samples; raises ValueError if they are no more than the neighbours."""
        fake = as_double(fake, "fake features", minimum=self.neighbours + 1).to(self.real.device)
        check_same_size(self.real.shape[1], fake.shape[1])
        fake = fake - self.centre
        fake_radii = squared_radii(fake, self.neighbours)
        precise = memberships = start = 0
        recalled, covered = torch.zeros(2, len(self.real), dtype=torch.bool, device=fake.device)
        for rows in blocks(fake, len(self.real)):
            distances = squared_distances(rows, self.real)
            inside = distances <= self.squared_radii
            precise += int(inside.any(1).sum())
            memberships += int(inside.sum())
            covered |= inside.any(0)
            recalled |= (distances <= fake_radii[start : start + len(rows), None]).any(0)
            start += len(rows)
        return PRDC(
            precision=precise / len(fake),
            recall=float(recalled.double().mean()),
            density=memberships / (self.neighbours * len(fake)),
            coverage=float(covered.double().mean()),
        )


def squared_radii(samples: Tensor, neighbours: int) -> Tensor:
    """(n,) squared distance of each row to its k-th nearest other row."""
    radii, start = [], 0
    for rows in blocks(samples, len(samples)):
        distances = squared_distances(rows, samples)
        distances.diagonal(start).fill_(torch.inf)  # no sample is its own neighbour
        radii.append(distances.topk(neighbours, largest=False).values[:, -1])
        start += len(rows)
    return torch.cat(radii)
