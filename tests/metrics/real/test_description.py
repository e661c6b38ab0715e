"""Sets of images as an extractor sees them, alone and by several processes together."""

import pytest
import torch

from ganlab.data.store.memory import MemoryImages
from ganlab.metrics.ranks import Ranks
from ganlab.metrics.real import description
from ganlab.metrics.real.description import describe, shuffled
from tests.support.extractors import Pooled, pictures
from tests.support.ranks import together


@pytest.mark.parametrize(("n", "world"), [(40, 2), (41, 2), (43, 3), (2, 3)])
def test_P4_several_processes_describe_what_one_does(n, world, monkeypatch):
    monkeypatch.setattr(description, "KEPT", 20)
    images = MemoryImages(pictures(n))
    alone = describe(shuffled(images, Ranks(), 7), n, Pooled())

    def work(ranks):
        return describe(shuffled(images, ranks, 7), n, Pooled(), ranks)

    for other in together(world, work):
        assert other.n == alone.n == n
        assert len(other.features) == len(other.logits) == min(n, 20)
        assert torch.equal(other.features, alone.features)
        torch.testing.assert_close(other.logits, alone.logits)
        torch.testing.assert_close(other.gaussian.mean, alone.gaussian.mean, rtol=1e-12, atol=0)
        torch.testing.assert_close(other.gaussian.covariance, alone.gaussian.covariance, rtol=1e-9, atol=1e-9)


def test_moments_are_of_all_images_and_the_kept_features_of_the_first(monkeypatch):
    monkeypatch.setattr(description, "KEPT", 10)
    batches = pictures(30).split(4)
    found = describe(batches, 30, Pooled())
    features = Pooled()(torch.cat(batches)).features
    assert torch.equal(found.features, features[:10])
    torch.testing.assert_close(found.gaussian.mean, features.double().mean(0))
    torch.testing.assert_close(found.gaussian.covariance, features.double().T.cov())


def test_N10_features_that_are_not_finite_are_refused_by_all_processes():
    class Broken(Pooled):
        def __call__(self, images):
            found = super().__call__(images)
            found.features[images.flatten(1).float().mean(1) < 1] = float("nan")
            return found

    images = pictures(12)
    images[5] = 0  # in the second process's share

    def work(ranks):
        with pytest.raises(ValueError, match="1 of 12 images are not finite"):
            describe(images[ranks.rank :: ranks.world].split(4), 12, Broken(), ranks)
        return True

    assert together(2, work) == [True, True]
