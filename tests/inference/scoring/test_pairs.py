"""Pictures that belong together: found by name, and as near as the distances say."""

import numpy as np
import pytest
import torch

from ganlab.errors import UserError
from ganlab.inference.scoring.kinds.arrays import Array
from ganlab.inference.scoring.kinds.pictures import Folder
from ganlab.inference.scoring.pairs import score_pairs
from ganlab.metrics.distances.similarity import mean_absolute, mean_square, psnr, ssim
from tests.support.extractors import Squared
from tests.support.scoring import noise, write_images


def folder(path, images, suffix=".png", **options):
    return Folder(write_images(path, images, suffix), workers=1, **options)


@pytest.fixture
def images():
    real = noise(9, 1, side=24)
    return (real.float() * 0.9).to(torch.uint8), real


def test_numbers_are_those_of_the_distances_whatever_the_batches(images, tmp_path):
    sides = folder(tmp_path / "fake", images[0], ".bmp"), folder(tmp_path / "real", images[1])
    one, other = (part.double() / 255 for part in images)
    for batch_size in (2, 100):
        result = score_pairs(*sides, perceptual=Squared(), batch_size=batch_size, bootstrap=20)
        found = result.scores["pairs"]
        assert found["l1"].value == pytest.approx(float(mean_absolute(one, other).mean()))
        assert found["psnr"].value == pytest.approx(psnr(float(mean_square(one, other).mean())))
        assert found["ssim"].value == pytest.approx(float(ssim(one, other).mean()))
        assert found["lpips"].value == pytest.approx(float((one - other).square().flatten(1).sum(1).mean()))
        low, high = found["l1"].interval
        assert low < found["l1"].value < high
    same = score_pairs(sides[1], sides[1], perceptual=Squared()).scores["pairs"]
    assert (same["l1"].value, same["psnr"].value) == (0, None)
    assert same["ms_ssim"].value == pytest.approx(1)


def test_a_file_that_is_left_out_takes_its_partner_with_it(images, tmp_path):
    fake = folder(tmp_path / "fake", images[0], on_corrupt="skip")
    (tmp_path / "fake" / "0004.png").write_bytes(b"nothing")
    (tmp_path / "fake" / "0008.png").unlink()
    fake = Folder(tmp_path / "fake", on_corrupt="skip", workers=1)
    result = score_pairs(fake, folder(tmp_path / "real", images[1]), perceptual=Squared())
    rows = [place for place in range(8) if place != 4]
    one, other = (part[rows].double() / 255 for part in images)
    assert result.scores["pairs"]["l1"].value == pytest.approx(float(mean_absolute(one, other).mean()))
    assert result.scores["pairs"]["l1"].protocol["n"] == 7
    assert "1 pictures of the folder" in result.notes[0]


def test_transparent_pictures_are_compared_without_their_alpha_and_a_note_says_so(tmp_path):
    real = noise(3, channels=4, side=24)
    fake = real.clone()
    fake[:, 3] = 0
    sides = folder(tmp_path / "fake", fake), folder(tmp_path / "real", real[:, :3])
    result = score_pairs(*sides, perceptual=Squared())
    assert result.scores["pairs"]["l1"].value == 0
    [note] = result.notes
    assert note.endswith("3 of 3 images are transparent, and taken as if they were not")


def test_small_pictures_leave_out_what_looks_through_a_window(tmp_path):
    sides = [Array(tmp_path / name, noise(5, seed, side=8).numpy()) for seed, name in enumerate("ab")]
    result = score_pairs(*sides, perceptual=Squared())
    assert set(result.scores["pairs"]) == {"l1", "psnr", "lpips"}
    assert result.absent["ssim"] == "it needs pictures of 11 pixels and more, and one has 8"


def test_sides_that_do_not_match_are_named(images, tmp_path):
    real = folder(tmp_path / "real", images[1])
    write_images(tmp_path / "more", noise(10, 1, side=24))
    with pytest.raises(
        UserError, match=r"1 of the 10 files of .*more have no file of their name .* 0009\.png"
    ):
        score_pairs(Folder(tmp_path / "more", workers=1), real, perceptual=Squared())
    write_images(tmp_path / "more", noise(1, 1, side=24), ".bmp")
    with pytest.raises(UserError, match=r"has both 0000\.bmp and 0000\.png"):
        score_pairs(Folder(tmp_path / "more", workers=1), real, perceptual=Squared())
    with pytest.raises(UserError, match=r"has 3 pictures and the folder .* 9;"):
        score_pairs(Array(tmp_path / "x", np.zeros((3, 8, 8), np.uint8)), real, perceptual=Squared())
    with pytest.raises(UserError, match=r"picture 0 is 20 x 20 in .* and 24 x 24 in"):
        score_pairs(folder(tmp_path / "small", noise(9, side=20)), real, perceptual=Squared())
