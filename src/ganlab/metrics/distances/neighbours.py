"""What the nearest neighbours of generated images say: realism, copies, and whether the two sets can be told apart."""

import torch
from torch import Tensor

from ganlab.metrics.distances.inputs import as_double, blocks, check_same_size, squared_distances
from ganlab.metrics.distances.manifold import squared_radii


def centred(real: Tensor, fake: Tensor, minimum: int = 2) -> tuple[Tensor, Tensor]:
    """Both as float64 around the mean of the real ones; raises ValueError for fewer than ``minimum`` of either."""
    real = as_double(real, "real features", minimum=minimum)
    fake = as_double(fake, "fake features", minimum=minimum).to(real.device)
    check_same_size(real.shape[1], fake.shape[1])
    centre = real.mean(0)
    return real - centre, fake - centre


def nearest_distances(samples: Tensor, others: Tensor) -> Tensor:
    """(m,) float64: of each row of (m, d) the distance to the nearest of (n, d)."""
    others, samples = centred(others, samples, minimum=1)
    parts = [squared_distances(rows, others).min(1).values for rows in blocks(samples, len(others))]
    return torch.cat(parts).sqrt_().cpu()


def realism(real: Tensor, fake: Tensor, *, neighbours: int = 3) -> Tensor:
    """(m,) of each fake the greatest ratio of a real neighbourhood's radius to its distance from the middle.

    1 or more inside of a neighbourhood, and more the nearer to its middle (Kynkäänniemi et al. 2019, section 5; the
    half of the neighbourhoods with the largest radii, where real images are rare, is left out). Infinite for a copy.
    """
    real, fake = centred(real, fake, minimum=neighbours + 1)
    radii = squared_radii(real, neighbours)
    dense = radii <= radii.median()
    parts = [
        (radii[dense] / squared_distances(rows, real[dense])).nan_to_num(torch.inf, torch.inf).max(1).values
        for rows in blocks(fake, len(real))
    ]
    return torch.cat(parts).sqrt_().cpu()


def authentic(train: Tensor, fake: Tensor) -> Tensor:
    """(m,) bool, which fakes are no copies (Alaa et al. 2022, section 5, as a share by Stein et al. 2023).

    A fake is one where its nearest training image has another training image nearer to it than the fake is.
    """
    train, fake = centred(train, fake)
    own = squared_radii(train, 1)
    parts = []
    for rows in blocks(fake, len(train)):
        nearest = squared_distances(rows, train).min(1)
        parts.append(nearest.values > own[nearest.indices])
    return torch.cat(parts).cpu()


def two_sample_accuracy(real: Tensor, fake: Tensor) -> tuple[float, float]:
    """Share of real and of fake samples whose nearest other sample is of their own kind (Lopez-Paz & Oquab 2017).

    Their mean is the leave-one-out accuracy of a 1-nearest-neighbour classifier: about 0.5 where nobody can tell them
    apart, 1 where anybody can, and below where each has a copy on the other side. As many of either are compared.
    """
    n = min(len(real), len(fake))
    real, fake = centred(real[:n], fake[:n])
    across, back = [], torch.full((n,), torch.inf, dtype=torch.float64, device=real.device)
    for rows in blocks(fake, n):
        distances = squared_distances(rows, real)
        across.append(distances.min(1).values)
        back = torch.minimum(back, distances.min(0).values)
    real_right = squared_radii(real, 1) < back
    fake_right = squared_radii(fake, 1) < torch.cat(across)
    return float(real_right.double().mean()), float(fake_right.double().mean())
