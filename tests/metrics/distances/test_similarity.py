"""Errors, PSNR, SSIM and LPIPS: closed forms, and what other implementations say."""

import math
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ganlab.errors import UserError
from ganlab.metrics.distances.similarity import as_stored, luma, mean_absolute, mean_square, psnr, ssim
from ganlab.metrics.extractors import lpips
from ganlab.metrics.extractors.lpips import Perceptual
from ganlab.metrics.translation.super_resolution import bicubic
from ganlab.pixels import from_uint8
from tests.support.translators import noise


def test_pixels_are_scored_as_a_file_holds_them():
    exact = noise(2, 3, 4, 5)
    assert torch.equal(as_stored(from_uint8(exact)), exact.double() / 255)
    odd = torch.tensor([-7.0, -1.0, 0.001, 0.9, 7.0]).reshape(1, 1, 1, 5)
    assert (as_stored(odd) * 255).flatten().tolist() == [0, 0, 128, 242, 255]


def test_errors_and_psnr_in_closed_form():
    black, grey = torch.zeros(2, 3, 4, 4), torch.full((2, 3, 4, 4), 0.5)
    grey[1] = 0.1
    assert mean_absolute(black, grey).tolist() == pytest.approx([0.5, 0.1])
    assert mean_square(black, grey).tolist() == pytest.approx([0.25, 0.01])
    assert psnr(0.01) == pytest.approx(20.0)
    assert psnr(0.25) == pytest.approx(10 * math.log10(4))
    assert psnr(0.0) is None
    with pytest.raises(ValueError, match="must have one shape"):
        mean_absolute(black, black[:, :1])


def test_luma_is_that_of_matlab():
    """rgb2ycbcr gives 16 for black, 235 for white, 81 for red, 145 for green, 41 for blue."""
    colours = torch.tensor([[0, 0, 0], [1, 1, 1], [1, 0, 0], [0, 1, 0], [0, 0, 1]]).double()[:, :, None, None]
    assert (luma(colours) * 255).round().flatten().tolist() == [16, 235, 81, 145, 41]
    assert torch.equal(luma(colours[:, :1]), colours[:, :1])


@pytest.mark.parametrize("shape", [(3, 1, 11, 11), (2, 3, 33, 20)])
def test_ssim_is_that_of_torchmetrics_without_its_border(shape):
    from torchmetrics.functional.image import structural_similarity_index_measure

    generator = torch.Generator().manual_seed(0)
    one = torch.rand(shape, generator=generator, dtype=torch.float64)
    other = (one + 0.2 * torch.randn(shape, generator=generator, dtype=torch.float64)).clamp(0, 1)
    _, everywhere = structural_similarity_index_measure(one, other, data_range=1.0, return_full_image=True)
    expected = everywhere[..., 5:-5, 5:-5].flatten(1).mean(1)
    torch.testing.assert_close(ssim(one, other), expected, rtol=1e-11, atol=1e-11)
    torch.testing.assert_close(ssim(one, one), torch.ones(len(one), dtype=torch.float64))


def test_ssim_of_flat_pictures_in_closed_form():
    white, grey = torch.ones(1, 1, 12, 14).double(), torch.full((1, 1, 12, 14), 0.5).double()
    assert float(ssim(white, grey)) == pytest.approx((2 * 0.5 + 1e-4) / (1 + 0.25 + 1e-4), abs=1e-12)
    with pytest.raises(ValueError, match=r"10x14: SSIM looks through windows of 11x11"):
        ssim(white[..., :10, :], grey[..., :10, :])


def test_bicubic_is_that_of_pillow():
    pixels = noise(1, 1, 9, 7)
    ours = bicubic(pixels.float(), (36, 28))
    theirs = Image.fromarray(pixels[0, 0].float().numpy()).resize((28, 36), Image.Resampling.BICUBIC)
    torch.testing.assert_close(ours[0, 0], torch.from_numpy(np.array(theirs)), rtol=0, atol=1e-3)


@pytest.fixture
def weights(tmp_path, monkeypatch) -> Path:
    """SqueezeNet's file as torchvision publishes it, with other numbers inside."""
    from torchvision.models import squeezenet1_1

    torch.manual_seed(0)
    path = tmp_path / "squeezenet1_1-b8a52dc0.pth"
    torch.save(squeezenet1_1(weights=None).state_dict(), path)
    monkeypatch.setattr(lpips, "sha256_of", lambda path: "b8a52dc0" + "0" * 56)
    return path


def test_lpips_is_that_of_torchmetrics_with_the_same_backbone(weights, monkeypatch):
    from torchmetrics.functional.image.lpips import learned_perceptual_image_patch_similarity

    folder = weights.parent / "checkpoints"
    folder.mkdir()
    shutil.copy(weights, folder)
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(weights.parent))
    lpips = Perceptual(net="squeeze")
    state = torch.get_rng_state()
    one, other = (noise(3, 3, 40, 33, seed).double() / 255 for seed in (1, 2))
    found = lpips(one, other)
    assert torch.equal(torch.get_rng_state(), state), "the run's random numbers stay as they were"
    expected = learned_perceptual_image_patch_similarity(
        one.float(), other.float(), net_type="squeeze", normalize=True, reduction="none"
    )
    torch.testing.assert_close(found, expected.double())
    assert found.min() > 0.01
    assert lpips(one, one).abs().max() == 0
    grey = one[:, :1]
    torch.testing.assert_close(
        lpips(grey, 1 - grey), lpips(*(images.expand(-1, 3, -1, -1) for images in (grey, 1 - grey)))
    )


def test_lpips_without_its_weights_says_what_to_fetch(tmp_path, monkeypatch):
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    with pytest.raises(
        UserError, match=r"alexnet-owt-7be5be79.pth, which cannot be read .* curl -L --create-dirs"
    ):
        Perceptual().prepare()
    (tmp_path / "other.pth").write_bytes(b"something else")
    with pytest.raises(UserError, match="begins with f41f3fa6, not with 7be5be79") as error:
        Perceptual(weights=tmp_path / "other.pth").prepare()
    assert "other.pth" in str(error.value)
    with pytest.raises(UserError, match="net=resnet: LPIPS is published with alex, vgg, squeeze"):
        Perceptual(net="resnet")
