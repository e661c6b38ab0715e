"""The kernel distance between two sets of features (Bińkowski et al. 2018)."""

import numpy as np
import torch
from torch import Tensor

from ganlab.metrics.distances.inputs import as_double, blocks, check_same_size


def kernel_distance(
    real: Tensor, fake: Tensor, *, subsets: int = 100, subset_size: int = 1000, seed: int = 2020
) -> tuple[float, float]:
    """Mean and standard deviation, over random subsets, of the unbiased MMD² of (n, d) and (m, d) features.

    The kernel is (xᵀy / d + 1)³. Equal distributions score around 0, so that a value may be negative. The subsets
    are those that torch-fidelity 0.4 draws from ``seed`` with the fakes as its first input: the same numbers.
    Raises ValueError if either set is smaller than a subset.
    """
    real = as_double(real, "real features")
    fake = as_double(fake, "fake features").to(real.device)
    check_same_size(real.shape[1], fake.shape[1])
    m, n = len(real), len(fake)
    if subsets < 1 or not 2 <= subset_size <= min(m, n):
        raise ValueError(
            f"subsets={subsets} of subset_size={subset_size} from {m} real and {n} fake samples: expected at least "
            f"one subset of 2 to {min(m, n)}; lower subset_size or measure more images"
        )
    random = np.random.RandomState(seed)
    drawn = [
        [
            torch.from_numpy(random.choice(count, subset_size, replace=False)).to(real.device)
            for count in (n, m)
        ]
        for _ in range(subsets)
    ]
    size = real.shape[1]
    if (n * n + n * m + m * m) * (size + subsets) < 3 * subsets * subset_size**2 * size:
        # subsets that overlap much: each value of the kernel once
        fakes, reals = (torch.stack(index) for index in zip(*drawn, strict=True))
        values = squared_mmd(fake, real, members(fakes, n), members(reals, m))
    else:
        all_of_them = real.new_ones(1, subset_size)
        values = torch.cat([squared_mmd(fake[x], real[y], all_of_them, all_of_them) for x, y in drawn])
    return float(values.mean()), float(values.std(correction=0))


def kernel_error(real: Tensor, fake: Tensor) -> float:
    """The standard error of the unbiased MMD² of all of (n, d) and (m, d) features, by the jackknife.

    It is how far another draw of as many images would lie off: n - 1 over n times the squares of what leaving out each
    real sample, and each fake, changes. Raises ValueError for fewer than 3 of either.
    """
    real = as_double(real, "real features", minimum=3)
    fake = as_double(fake, "fake features", minimum=3).to(real.device)
    check_same_size(real.shape[1], fake.shape[1])
    variance = 0.0
    for samples, others in ((real, fake), (fake, real)):
        n, m = len(samples), len(others)
        own, across = row_sums(samples, samples) - kernel_of_self(samples), row_sums(samples, others)
        without = (own.sum() - 2 * own) / ((n - 1) * (n - 2)) - 2 * (across.sum() - across) / ((n - 1) * m)
        variance += float((n - 1) / n * (without - without.mean()).square().sum())
    return variance**0.5


def row_sums(x: Tensor, y: Tensor) -> Tensor:
    """(n,) sums of the kernel between each row of (n, d) and all of (m, d)."""
    return torch.cat([kernel(rows, y).sum(1) for rows in blocks(x, len(y))])


def kernel_of_self(x: Tensor) -> Tensor:
    """(n,) values of the kernel between each row and itself."""
    return (x.square().sum(1) / x.shape[1] + 1) ** 3


def members(indices: Tensor, n: int) -> Tensor:
    """(subsets, n) float64, 1 where a sample is in a subset, from (subsets, subset_size) indices."""
    return torch.zeros(len(indices), n, dtype=torch.float64, device=indices.device).scatter_(1, indices, 1.0)


def squared_mmd(x: Tensor, y: Tensor, x_members: Tensor, y_members: Tensor) -> Tensor:
    """(subsets,) unbiased MMD² between the members of each subset in (n, d) and (m, d)."""
    size = x_members[0].sum()
    within = pair_sums(x, x_members) + pair_sums(y, y_members)
    return 2 * within / (size * (size - 1)) - 2 * cross_sums(x, y, x_members, y_members) / size**2


def pair_sums(x: Tensor, members: Tensor) -> Tensor:
    """(subsets,) sums of the kernel over all pairs of two different members of (n, d), each pair once."""
    sums, start = x.new_zeros(len(members)), 0
    for rows in blocks(x, len(x)):
        stop = start + len(rows)
        below = kernel(rows, x[:stop]).tril_(start - 1)
        sums += ((members[:, start:stop] @ below) * members[:, :stop]).sum(1)
        start = stop
    return sums


def cross_sums(x: Tensor, y: Tensor, x_members: Tensor, y_members: Tensor) -> Tensor:
    """(subsets,) sums of the kernel over all pairs of a member of (n, d) and one of (m, d)."""
    sums, start = x.new_zeros(len(x_members)), 0
    for rows in blocks(x, len(y)):
        stop = start + len(rows)
        sums += ((x_members[:, start:stop] @ kernel(rows, y)) * y_members).sum(1)
        start = stop
    return sums


def kernel(x: Tensor, y: Tensor) -> Tensor:
    """(n, m) values of (xᵀy / d + 1)³."""
    return torch.addmm(x.new_ones(()), x, y.T, alpha=1 / x.shape[1]).pow_(3)
