"""How far apart samples lie: what a collapse shows in, and the discriminator's loss does not."""

import torch
import torch.nn.functional as F
from torch import Tensor

from ganlab.metrics.distances.inputs import as_double, blocks, check_same_size, squared_distances


def diversity_ratio(fake: Tensor, real: Tensor) -> float:
    """Mean distance between fakes (m, d) over mean distance between real samples (n, d): 0 if all fakes are one.

    Around 1 for equal distributions. Raises ValueError for fewer than two samples, or if all real ones are the same.
    """
    check_same_size(real.shape[-1], fake.shape[-1])
    spread = mean_distance(real)
    if spread == 0:
        raise ValueError(
            f"all {len(real)} real samples are the same: a diversity needs some; look at the real images"
        )
    return mean_distance(fake) / spread


def diversity_within(fake: Tensor, real: Tensor, fake_class: Tensor, real_class: Tensor) -> float:
    """Mean distance between samples of one class, fake over real, a mean over the classes of (n,) ``real_class``.

    A class of fewer than two fakes counts as one where all are alike. Raises ValueError where no two real ones differ.
    """
    check_same_size(real.shape[-1], fake.shape[-1])
    classes = [number for number in real_class.unique() if (real_class == number).sum() > 1]
    spread = sum(mean_distance(real[real_class == number]) for number in classes)
    if spread == 0:
        raise ValueError(f"of {len(real)} real samples no two of a class differ: a diversity needs some")
    present = [number for number in classes if (fake_class == number).sum() > 1]
    return sum(mean_distance(fake[fake_class == number]) for number in present) / spread


def mean_distance(samples: Tensor) -> float:
    """Mean Euclidean distance between two different rows of (n, d), each pair once."""
    samples = as_double(samples, "features", minimum=2)
    samples = samples - samples.mean(0)
    n, total, start = len(samples), 0.0, 0
    for rows in blocks(samples, n):
        # each pair of blocks once, a block with itself
        distances = squared_distances(rows, samples[start:]).sqrt_()
        total += float(2 * distances.sum() - distances[:, : len(rows)].sum())
        start += len(rows)
    return total / (n * (n - 1))


def vendi_score(features: Tensor) -> float:
    """How many different images a set is worth: exp of the entropy of the eigenvalues of K / n.

    K are the cosines between (n, d) features (Friedman & Dieng 2023), and the score is from 1 to min(n, d): 1 if all
    are alike, n if they are orthogonal. It knows no real images, and grows with n: compare sets of one size.
    """
    unit = F.normalize(as_double(features, "features"))
    n, size = unit.shape
    gram = unit @ unit.T if n < size else unit.T @ unit  # the same eigenvalues, but for zeros
    shares = torch.linalg.eigvalsh(gram / n).clamp_min(0)
    return float(torch.special.entr(shares / shares.sum()).sum().exp())
