"""Similarity of pairs: 1 for copies, less the more images differ, and the same pairs on any number of processes."""

import pytest
import torch

from ganlab.data.store.memory import MemoryImages
from ganlab.errors import UserError
from ganlab.metrics.images.ms_ssim import WEIGHTS, PairSimilarity, pairs, scales_of
from ganlab.metrics.ranks import Ranks
from ganlab.pixels import from_uint8


@pytest.fixture(autouse=True)
def _seeded():
    torch.manual_seed(0)


def blobs(n: int, variety: float, size: int = 32) -> torch.Tensor:
    """(n, 1, size, size) uint8: one smooth picture, and ``variety`` of another in each."""
    common, own = torch.rand(1, 1, 4, 4), torch.rand(n, 1, 4, 4)
    return torch.nn.functional.interpolate(
        255 * torch.lerp(common, own, variety), size, mode="bilinear"
    ).byte()


class Made:
    """A model whose samples are given."""

    def __init__(self, pixels: torch.Tensor) -> None:
        self.made = from_uint8(pixels)

    def samples(self, n, *, seed, averaged, batch_size, rank=0, world=1):
        return iter(self.made[:n][rank::world].split(batch_size))

    def sampled_from(self, averaged):
        return "averaged weights"


def scored(fake: torch.Tensor, held_out: torch.Tensor):
    metric = PairSimilarity(n_fake=len(fake), batch_size=10)
    metric.prepare(MemoryImages(fake), MemoryImages(held_out), torch.device("cpu"))
    return metric.evaluate(Made(fake))["ms_ssim"]


def test_a_collapsed_generator_has_1_and_a_varied_one_what_real_images_have():
    real = blobs(53, 1.0)
    collapsed, narrow, varied = (scored(blobs(40, variety), real) for variety in (0.0, 0.3, 1.0))
    assert collapsed.value == pytest.approx(1, abs=1e-5)
    assert 1 > narrow.value > varied.value > 0
    assert varied.value == pytest.approx(varied.floor, abs=0.1)
    assert collapsed.better == "lower"
    assert collapsed.protocol["floor_n"] == 50, "whole batches of held-out images"
    assert "20 pairs of images, 2 scales" in collapsed.protocol["measured"]


def test_a_pair_is_half_a_batch_apart_and_has_the_similarity_of_torchmetrics():
    from torchmetrics.functional.image import (
        multiscale_structural_similarity_index_measure as ms_ssim,
    )
    from torchmetrics.functional.image import (
        structural_similarity_index_measure as ssim,
    )

    pixels = blobs(4, 0.5, size=176)
    found = pairs(pixels, 5)
    expected = ms_ssim(pixels[:1].float(), pixels[2:3].float(), data_range=255.0)  # Wang et al.'s own weights
    assert found[0] == found[2] == pytest.approx(expected.item(), rel=1e-5)
    assert found[1] == found[3] != found[0]
    single = ssim(pixels[:1].float(), pixels[2:3].float(), data_range=255.0)
    assert pairs(pixels, 1)[0] == pytest.approx(single.item() ** sum(WEIGHTS), rel=1e-4)


@pytest.mark.parametrize(
    ("pixels", "scales"), [(16, 2), (32, 2), (64, 3), (128, 4), (175, 4), (176, 5), (1024, 5)]
)
def test_small_images_have_fewer_scales(pixels, scales):
    assert scales_of(pixels) == scales
    pairs(torch.zeros(2, 1, min(pixels, 176), min(pixels, 176), dtype=torch.uint8), scales)


def test_two_processes_compare_the_same_pairs():
    pixels = blobs(40, 1.0)
    alone = torch.cat([pairs(batch, 2) for batch in pixels.split(20)])
    halves = []
    for rank in (0, 1):
        metric = PairSimilarity(n_fake=40, batch_size=20)
        gather = Ranks(rank, 2, lambda value: torch.stack([value, value]))
        metric.prepare(MemoryImages(pixels), MemoryImages(pixels), torch.device("cpu"), gather)
        batches = Made(pixels).samples(
            40, seed=0, averaged=True, batch_size=metric.batch_size, rank=rank, world=2
        )
        halves.append(torch.cat([metric.describe(batch) for batch in batches]))
    assert torch.equal(torch.stack(halves, 1).flatten(), alone)


@pytest.mark.parametrize(
    ("n", "batch", "world", "remedy"),
    [
        (40, 15, 1, "batch_size=14 n_fake=28"),
        (50, 20, 1, "batch_size=20 n_fake=40"),
        (40, 20, 3, "batch_size=18 n_fake=36"),
    ],
)
def test_batches_that_do_not_split_into_pairs_are_refused_with_some_that_do(n, batch, world, remedy):
    with pytest.raises(UserError, match=remedy):
        PairSimilarity(n_fake=n, batch_size=batch)._split(world)


def test_images_smaller_than_the_window_are_refused():
    with pytest.raises(UserError, match="window of 11 pixels, and these images have 8"):
        scales_of(8)
