"""Statistics that somebody has saved: ours, pytorch-fid's and clean-fid's."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch

from ganlab.errors import UserError
from ganlab.metrics.distances.frechet import Gaussian, gaussian_of
from ganlab.metrics.real.description import Description
from ganlab.storage import write_atomically
from ganlab.types import Extractor


class Statistics:
    """Mean and covariance of features (``mu``, ``sigma``), or features themselves (``feats``), for images.

    Ours say as well of how many images, by which extractor and weights, and how resized; of others' nobody knows.

    Raises:
        UserError: arrays that are none.
    """

    def __init__(self, path: Path, arrays: Mapping[str, np.ndarray]) -> None:
        self.path, self.title = path, f"the statistics {path}"
        self.about = {
            name: str(arrays[name]) for name in ("extractor", "weights", "resize") if name in arrays
        }
        self.n = int(arrays["n"]) if "n" in arrays else None
        self.title += "" if self.n is None else f", of {self.n:,} images"
        try:
            self.features = torch.from_numpy(np.asarray(arrays.get("feats", np.zeros((0, 0))), np.float32))
            self.gaussian = gaussian_of(self.features) if "mu" not in arrays else self._gaussian(arrays)
        except (ValueError, KeyError, TypeError) as error:
            raise UserError(f"{path} holds no statistics of features: {error}") from None

    def _gaussian(self, arrays: Mapping[str, np.ndarray]) -> Gaussian:
        mean, covariance = (
            torch.from_numpy(np.asarray(arrays[name], np.float64)) for name in ("mu", "sigma")
        )
        if mean.dim() != 1:
            raise ValueError(f"mu of shape {tuple(mean.shape)}, where a vector is expected")
        return Gaussian(self.n or len(mean) + 1, mean, covariance)  # so many have a covariance of full rank

    def description(self, extractor: Extractor) -> Description:
        """As if ``extractor`` had seen images.

        Raises:
            UserError: it cannot have: another size, or another extractor by what the file says.
        """
        size = len(self.gaussian.mean)
        if size != extractor.size:
            raise UserError(
                f"{self.path} is of {size} features, and {extractor.name} has {extractor.size}: use one extractor"
            )
        own = {"extractor": extractor.name, "weights": extractor.weights, "resize": extractor.resize}
        for key, value in self.about.items():
            if value != own[key]:
                raise UserError(
                    f"{self.path} was made with {key}={value}, and these scores are by {own[key]}: use one "
                    "protocol for both sides"
                )
        return Description(self.gaussian, self.features, torch.zeros(0, len(extractor.classes)))


def save_statistics(path: Path, description: Description, extractor: Extractor) -> None:
    """Write what pytorch-fid and clean-fid also read, and what they would like to know besides."""
    import io

    file = io.BytesIO()
    np.savez_compressed(
        file,
        mu=description.gaussian.mean.numpy(),
        sigma=description.gaussian.covariance.numpy(),
        n=np.array(description.n),
        extractor=np.array(extractor.name),
        weights=np.array(extractor.weights),
        resize=np.array(extractor.resize),
    )
    write_atomically(path, file.getvalue())
