"""Two translations of one picture differ as far as the noise is used."""

import pytest
import torch

from ganlab.data.translation.fonts import FontsPaired
from ganlab.metrics.translation.noise import NoiseDiversity


class Adds:
    """A translator that adds so much noise to the source."""

    def __init__(self, strength: float) -> None:
        self.strength = strength

    def translate(self, batch, *, seed=0):
        noise = torch.randn(batch["source"].shape, generator=torch.Generator().manual_seed(seed))
        return {"target": batch["source"] + self.strength * noise}


def test_it_grows_with_the_noise_and_is_0_without():
    data, metric = FontsPaired(), NoiseDiversity(n=20, batch_size=8)
    metric.prepare(data.dataset("train"), data.dataset("test"), torch.device("cpu"))
    none, some, more = (metric.evaluate(Adds(strength))["diversity_noise"] for strength in (0.0, 0.1, 0.2))
    assert (none.value, none.baseline, none.better) == (0, 0, "higher")
    assert some.value > 0.1
    assert more.value == pytest.approx(2 * some.value, rel=1e-3)
