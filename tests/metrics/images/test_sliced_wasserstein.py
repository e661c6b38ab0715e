"""Sliced Wasserstein distance: the pyramid against SciPy, the distance in closed form, the metric on known images."""

import numpy as np
import pytest
import torch
from scipy import ndimage
from scipy.stats import wasserstein_distance

from ganlab.data.store.memory import MemoryImages
from ganlab.errors import UserError
from ganlab.metrics.distances.sliced_wasserstein import (
    cut,
    laplacian_pyramid,
    pyramid_scales,
    sliced_wasserstein,
)
from ganlab.metrics.images.sliced_wasserstein import SlicedWasserstein
from ganlab.metrics.ranks import Ranks
from ganlab.pixels import from_uint8


@pytest.fixture(autouse=True)
def _seeded():
    torch.manual_seed(0)


def stripes(n: int, axis: int, size: int = 32) -> torch.Tensor:
    """(n, 1, size, size) uint8: waves of random phase along one axis, and a little noise."""
    phase, place = 6.28 * torch.rand(n, 1, 1), torch.arange(size)
    wave = (place / 2.0 + phase).sin().expand(n, size, size)
    wave = wave if axis == 3 else wave.transpose(1, 2)
    return (127 + 90 * wave + 20 * torch.rand(n, size, size)).to(torch.uint8)[:, None]


class Made:
    """A model whose samples are given."""

    def __init__(self, pixels: torch.Tensor) -> None:
        self.made = from_uint8(pixels)

    def samples(self, n, *, seed, averaged, batch_size, rank=0, world=1):
        return iter(self.made[:n][rank::world].split(batch_size))

    def sampled_from(self, averaged):
        return "averaged weights"


def prepared(real: torch.Tensor, ranks: Ranks | None = None, **options) -> SlicedWasserstein:
    metric = SlicedWasserstein(patches=16, directions=64, **options)
    held_out = MemoryImages(stripes(40, 3))
    metric.prepare(MemoryImages(real), held_out, torch.device("cpu"), *([ranks] if ranks else []))
    return metric


def test_the_pyramid_is_that_of_the_authors_and_adds_up_again():
    """Blurred with the binomial kernel, mirrored at the border, every second pixel: as SciPy does it."""
    images = torch.rand(2, 3, 32, 24, dtype=torch.float64)
    kernel = np.outer([1, 4, 6, 4, 1], [1, 4, 6, 4, 1])[None, None] / 256
    down = ndimage.convolve(images.numpy(), kernel, mode="mirror")[:, :, ::2, ::2]
    up = np.zeros(images.shape)
    up[:, :, ::2, ::2] = down
    up = ndimage.convolve(up, 4 * kernel, mode="mirror")
    fine, coarse = laplacian_pyramid(images, 2)
    np.testing.assert_allclose(coarse.numpy(), down, atol=1e-12)
    np.testing.assert_allclose((images - fine).numpy(), up, atol=1e-12)
    assert torch.equal(laplacian_pyramid(images, 1)[0], images)
    flat = laplacian_pyramid(torch.full((1, 1, 32, 32), 5.0), 2)[0][..., 2:-2, 2:-2]
    assert flat.abs().max() < 1e-5, "a flat image has no detail"


@pytest.mark.parametrize(("pixels", "scales"), [(64, [64, 32, 16]), (31, [31]), (28, [28]), (8, [8])])
def test_scales_halve_down_to_16_pixels(pixels, scales):
    assert pyramid_scales(pixels) == scales


def test_patches_are_windows_at_their_places():
    images = torch.arange(2 * 3 * 10 * 12.0).view(2, 3, 10, 12)
    places = torch.tensor([[[0.0, 0.0], [0.999, 0.999]], [[0.5, 0.2], [0.0, 0.999]]])
    patches = cut(images, places)
    assert patches.shape == (2, 2, 3, 7, 7)
    assert torch.equal(patches[0, 0], images[0, :, :7, :7])
    assert torch.equal(patches[0, 1], images[0, :, 3:, 5:])
    assert torch.equal(patches[1, 0], images[1, :, 2:9, 1:8])


def test_the_distance_is_the_mean_of_one_dimensional_ones():
    one, other = torch.randn(50, 4), 2 * torch.randn(50, 4) + 1
    directions = torch.nn.functional.normalize(torch.randn(4, 200), dim=0)
    expected = np.mean([wasserstein_distance((one @ d).numpy(), (other @ d).numpy()) for d in directions.T])
    assert sliced_wasserstein(one, other, directions) == pytest.approx(expected, rel=1e-5)
    shift = torch.tensor([3.0, 0, 0, 0])
    assert sliced_wasserstein(one, one + shift, torch.eye(4)) == pytest.approx(3 / 4)
    assert sliced_wasserstein(one, one[torch.randperm(50)], directions) == pytest.approx(0, abs=1e-6)


def test_equal_distributions_are_near_and_turned_ones_far_at_every_scale():
    metric = prepared(stripes(80, 3))
    near, far = (metric.evaluate(Made(stripes(80, axis))) for axis in (3, 2))
    assert list(near) == metric.names() == ["swd", "swd_32", "swd_16"]
    for name in near:
        assert near[name].better == metric.better()[name] == "lower"
        assert far[name].value > 2 * near[name].value, name
    assert near["swd"].value == pytest.approx((near["swd_32"].value + near["swd_16"].value) / 2)
    assert near["swd"].floor < far["swd"].value / 2
    protocol = near["swd"].protocol
    assert (protocol["n_fake"], protocol["floor_n"]) == (80, 40)
    assert "80 images" in protocol["measured"]


def test_the_training_images_themselves_are_at_0_and_two_processes_find_what_one_does():
    real, fake = stripes(48, 3), stripes(48, 2)
    alone = prepared(real, batch_size=16)
    assert alone.distances(alone.real, alone.real)["swd"] == 0
    assert alone.evaluate(Made(fake))["swd"].value > 0
    shared: list[torch.Tensor] = []  # what the other process sends, first computed by itself
    others = prepared(real, Ranks(1, 2, lambda value: torch.stack([value, value])), batch_size=16)
    own = [
        others.describe(batch)
        for batch in Made(fake).samples(48, seed=0, averaged=True, batch_size=8, rank=1, world=2)
    ]
    whole = torch.cat(
        [alone.describe(batch) for batch in Made(fake).samples(48, seed=0, averaged=True, batch_size=16)]
    )
    shared.append(torch.cat(own))
    assert torch.equal(shared[0], whole[1::2])


@pytest.mark.parametrize("options", [{"patches": 0}, {"directions": 0}, {"n_fake": 0}])
def test_numbers_below_one_are_refused(options):
    with pytest.raises(UserError, match="expected"):
        SlicedWasserstein(**options)


def test_images_smaller_than_a_patch_are_refused():
    with pytest.raises(UserError, match="patches of 7 pixels, and these images have 4"):
        pyramid_scales(4)
