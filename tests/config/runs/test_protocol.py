"""Which settings make scores those of another protocol."""

import pytest

from ganlab.config import compose
from ganlab.config.runs.protocol import protocol_id

WORDS = ["model=vanilla"]


@pytest.mark.parametrize("more", ["seed=3", "data.batch_size=8", "trainer.max_steps=9", "model/loss=hinge"])
def test_runs_that_can_be_compared_share_an_id(more):
    assert protocol_id(compose([*WORDS, more])) == protocol_id(compose(WORDS))


@pytest.mark.parametrize("more", ["data.image_size=16", "metrics.digits.n_fake=9", "data=glyphs"])
def test_other_data_and_other_measures_have_another(more):
    assert protocol_id(compose([*WORDS, more])) != protocol_id(compose(WORDS))
