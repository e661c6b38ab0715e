"""Two sides compared: the numbers are those of the distances, and what moves them is said."""

from functools import partial

import numpy as np
import pytest
import torch

from ganlab.errors import UserError
from ganlab.inference.scoring.group import ALONE
from ganlab.inference.scoring.kinds.arrays import Array
from ganlab.inference.scoring.kinds.pictures import Folder
from ganlab.inference.scoring.kinds.statistics import Statistics, save_statistics
from ganlab.inference.scoring.result import Settings
from ganlab.inference.scoring.score import score
from ganlab.metrics.distances.frechet import frechet_distance, gaussian_of
from ganlab.metrics.distances.kernel import kernel_distance
from tests.support.extractors import Pooled
from tests.support.ranks import company
from tests.support.scoring import noise, pooled_lens, write_images


def array(tmp_path, name, images, labels=None):
    return Array(tmp_path / name, images.numpy(), labels)


def compared(generated, real, *, lens=None, **options):
    others = {key: options.pop(key) for key in ("held_out", "against") if key in options}
    settings = Settings(cache_folder=None, **options)
    generated = generated if isinstance(generated, list) else [generated]
    return score(generated, real, [lens or pooled_lens()], settings, show=lambda line: None, **others)


@pytest.fixture
def sets(tmp_path):
    return array(tmp_path, "fake.npy", noise(60, 1)), array(tmp_path, "real.npy", noise(80, 2))


def test_numbers_are_those_of_the_distances(sets):
    fake, real = (Pooled()(noise(n, seed)).features for n, seed in ((60, 1), (80, 2)))
    found = compared(*sets).scores["test"]
    assert found["fid_pooled"].value == pytest.approx(frechet_distance(gaussian_of(real), gaussian_of(fake)))
    expected, _ = kernel_distance(real, fake, subsets=4, subset_size=20)
    assert found["kid_pooled"].value == pytest.approx(expected)
    assert found["fid_pooled"].protocol["n_fake"] == 60
    assert set(found) == {"fid_pooled", "kid_pooled"}


def test_each_image_is_looked_at_once_for_all_protocols(sets):
    lenses = [pooled_lens(), pooled_lens(kid_subsets=7)._replace(name="other")]
    result = score([sets[0]], sets[1], lenses, Settings(cache_folder=None), show=lambda line: None)
    looked = sum(lens.extractors["pooled"].images for lens in lenses)
    assert looked == 60 + 80
    assert result.scores["test"]["fid_pooled"].value == result.scores["other"]["fid_pooled"].value
    assert result.scores["test"]["kid_pooled"].value != result.scores["other"]["kid_pooled"].value


def test_real_images_mirrored_as_well_are_twice_as_many(sets):
    found = compared(*sets, lens=pooled_lens(flips=True)).scores["test"]["fid_pooled"]
    real = noise(80, 2)
    both = gaussian_of(Pooled()(torch.cat([real, real.flip(3)])).features)
    assert found.value == pytest.approx(frechet_distance(both, gaussian_of(Pooled()(noise(60, 1)).features)))
    assert found.protocol["n_real"] == 160


def test_all_scores_with_what_is_absent_and_why(sets):
    result = compared(*sets, scores=["all"])
    of_models = {name for name in result.absent if name.startswith("ppl")}
    assert {"intra_fid", "copying", "cas", "class_accuracy", "lpips_diversity"} == set(
        result.absent
    ) - of_models
    assert {"swd", "ms_ssim"} <= set(result.scores["test"])
    assert result.scores["test"]["two_sample_pooled"].value < 0.2
    with pytest.raises(UserError, match=r"scores: copying: it needs held_out=\.\.\."):
        compared(*sets, scores=["copying"])
    with pytest.raises(UserError, match=r"there is no fdi.* did you mean fid"):
        compared(*sets, scores=["fdi"])


def test_scores_of_pixels_see_a_blur_a_collapse_and_sides_that_do_not_fit(tmp_path):
    real = array(tmp_path, "real.npy", noise(60, 1, side=16))
    kinds = {
        "good": noise(60, 2, side=16),
        "blurred": torch.nn.functional.avg_pool2d(noise(60, 2, side=16).float(), 3, 1, 1).to(torch.uint8),
        "collapsed": noise(1, 2, side=16).repeat(60, 1, 1, 1),
    }
    found = {
        name: compared(array(tmp_path, f"{name}.npy", images), real, scores=["swd", "ms_ssim"]).scores["test"]
        for name, images in kinds.items()
    }
    assert found["blurred"]["swd"].value > 1.5 * found["good"]["swd"].value
    assert found["collapsed"]["ms_ssim"].value == pytest.approx(1)
    assert found["good"]["ms_ssim"].value == pytest.approx(found["good"]["ms_ssim"].baseline, abs=0.05)
    larger = compared(array(tmp_path, "larger.npy", noise(60, 2, side=20)), real, scores=["swd"])
    assert "two sides of one size" in larger.absent["swd"]
    assert larger.scores["test"] == {}


def test_a_generator_that_copies_is_caught(tmp_path):
    train, held_out, fresh = (array(tmp_path, f"{seed}.npy", noise(60, seed)) for seed in (3, 4, 5))
    copies = array(tmp_path, "copies.npy", noise(60, 3))
    names = ["copying", "authenticity", "two_sample"]
    caught = compared(copies, train, held_out=held_out, scores=names)
    scores = caught.scores["test"]
    assert scores["copying_pooled"].value < -5
    assert scores["authenticity_pooled"].value == 0
    assert scores["two_sample_pooled"].value == 0.5
    assert "60 of the 60 generated images are among the real ones, to the pixel" in " ".join(caught.notes)
    honest = compared(fresh, train, held_out=held_out, scores=names).scores["test"]
    assert honest["copying_pooled"].value > -3
    assert honest["authenticity_pooled"].value > 0.3
    assert honest["authenticity_pooled"].floor == pytest.approx(honest["authenticity_pooled"].value, abs=0.3)


def test_scores_of_classes_need_every_class(tmp_path):
    labels = np.arange(60) % 3
    real = array(tmp_path, "real.npy", noise(60, 1), labels)
    found = compared(array(tmp_path, "a.npy", noise(60, 2), labels), real, scores=["intra_fid"]).scores[
        "test"
    ]
    classes = found["intra_fid_pooled"].protocol["classes"]
    assert set(classes) == {0, 1, 2}
    parts = [[Pooled()(noise(60, seed)).features[labels == 1] for seed in (1, 2)]][0]
    assert classes[1] == pytest.approx(frechet_distance(*map(gaussian_of, parts)))
    with pytest.raises(UserError, match=r"of 1 classes there are fewer than 2 generated images, .* class 2"):
        compared(array(tmp_path, "b.npy", noise(60, 2), labels % 2), real, scores=["intra_fid"])


def test_too_few_images_for_a_frechet_distance_are_refused_before_any_is_looked_at(tmp_path):
    lens = pooled_lens()
    few, real = array(tmp_path, "few.npy", noise(16)), array(tmp_path, "real.npy", noise(60, 1))
    with pytest.raises(
        UserError, match=r"few\.npy has 16 images.* score by scores=\[kid\].*allow_small=true"
    ):
        compared(few, real, lens=lens)
    assert lens.extractors["pooled"].images == 0
    assert set(compared(few, real, scores=["kid"]).scores["test"]) == {"kid_pooled"}
    assert compared(few, real, allow_small=True).scores["test"]["fid_pooled"].value > 0
    with pytest.raises(UserError, match="has 3 images: these scores need at least 4"):
        compared(array(tmp_path, "three.npy", noise(3)), real, scores=["kid"])


def test_sides_that_are_unlike_are_told_of(tmp_path):
    write_images(tmp_path / "large", noise(30, side=24))
    real = array(tmp_path, "real.npy", noise(40, 2, channels=3))
    notes = " ".join(compared(Folder(tmp_path / "large", on_corrupt="error", workers=1), real).notes)
    assert "generated images are grey, 24 x 24, real ones colour, 12 x 12" in notes
    assert "resized by itself (patch means)" in notes
    assert "generated images are grey and the others are in colour" in notes
    assert "takes 50,000 generated images" in notes
    twice = torch.cat([noise(20), noise(20)])
    assert "20 of the 40 generated images are there already" in " ".join(
        compared(array(tmp_path, "twice.npy", twice), real).notes
    )


def test_a_grey_image_stored_in_colour_is_the_same_image(tmp_path):
    grey = noise(30, 2)
    found = compared(array(tmp_path, "a.npy", grey), array(tmp_path, "b.npy", grey.expand(-1, 3, -1, -1)))
    assert "30 of the 30 generated images are among the real ones" in " ".join(found.notes)


def test_statistics_stand_for_images_where_they_suffice(sets, tmp_path):
    whole = compared(*sets, save=tmp_path / "fake.npz")
    again = np.load(tmp_path / "fake.npz")
    assert (int(again["n"]), str(again["extractor"])) == (60, "pooled")
    kept = Statistics(tmp_path / "fake.npz", again)
    found = compared(kept, sets[1])
    assert found.scores["test"]["fid_pooled"].value == pytest.approx(whole.scores["test"]["fid_pooled"].value)
    assert "mean and covariance only" in found.absent["kid"]
    others = Statistics(tmp_path / "x.npz", {"mu": again["mu"], "sigma": again["sigma"]})
    found = compared(sets[0], others)
    assert found.scores["test"]["fid_pooled"].value == pytest.approx(0, abs=1e-3)
    assert "do not say by which extractor" in " ".join(found.notes)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (
            {"extractor": np.array("inception")},
            "was made with extractor=inception, and these scores are by pooled",
        ),
        ({"resize": np.array("bicubic")}, "was made with resize=bicubic"),
        ({"mu": np.zeros(2048), "sigma": np.eye(2048)}, "is of 2048 features, and pooled has 16"),
    ],
)
def test_statistics_of_another_extractor_are_refused(sets, tmp_path, changed, said):
    compared(*sets, save=tmp_path / "a.npz")
    arrays = {**np.load(tmp_path / "a.npz"), **changed}
    with pytest.raises(UserError, match=said):
        compared(sets[0], Statistics(tmp_path / "a.npz", arrays))


def test_more_images_than_are_kept_count_for_the_frechet_distance_all_the_same(sets):
    few, all_of_them = (compared(*sets, kept=kept).scores["test"] for kept in (30, 1000))
    assert few["fid_pooled"].value == pytest.approx(all_of_them["fid_pooled"].value)
    assert few["kid_pooled"].value != all_of_them["kid_pooled"].value


def test_real_images_are_looked_at_once_and_kept(tmp_path):
    folder = Folder(write_images(tmp_path / "real", noise(40)), on_corrupt="error", workers=1)
    fake = array(tmp_path, "fake.npy", noise(30, 1))
    lenses = [pooled_lens(), pooled_lens()]
    settings = Settings(cache_folder=tmp_path / "cache")
    values = [
        score([fake], folder, [lens], settings, show=lambda line: None).scores["test"] for lens in lenses
    ]
    assert [lens.extractors["pooled"].images for lens in lenses] == [70, 30]
    assert values[0]["kid_pooled"].value == values[1]["kid_pooled"].value


def test_scoring_that_was_stopped_within_a_side_goes_on_from_there(tmp_path):
    fake, real = array(tmp_path, "fake.npy", noise(60, 1)), array(tmp_path, "real.npy", noise(80, 2))
    (tmp_path / "real.npy").touch()
    settings = Settings(cache_folder=tmp_path / "cache", batch_size=16, scores=["fid", "kid", "ms_ssim"])

    def scored(stop_after=1000):
        lens = pooled_lens()

        class Stopping(Pooled):
            def __call__(self, images):
                if self.images >= stop_after:
                    raise KeyboardInterrupt
                return super().__call__(images)

        lens.extractors["pooled"] = stopping = Stopping()
        try:
            return score([fake], real, [lens], settings, show=lambda line: None).scores["test"]
        except KeyboardInterrupt:
            return None
        finally:
            looked.append(stopping.images)

    looked: list[int] = []
    assert scored(stop_after=48) is None  # in the real side
    [part] = (tmp_path / "cache" / "begun").glob("*/*")
    (part.parent / "half.safetensors").write_bytes(part.read_bytes()[:100])
    assert scored(stop_after=48) is None  # in the other
    found = scored()
    assert looked == [48, 48, 44]
    assert not list((tmp_path / "cache" / "begun").rglob("*.*"))
    whole = compared(fake, real, batch_size=16, scores=["fid", "kid", "ms_ssim"]).scores["test"]
    assert {name: one.value for name, one in found.items()} == {
        name: one.value for name, one in whole.items()
    }


@pytest.mark.parametrize("kept", [30, 1000])
def test_processes_that_look_together_score_as_one_does(tmp_path, kept):
    folders = [write_images(tmp_path / name, noise(45, seed, side=16)) for seed, name in enumerate("ab")]
    (tmp_path / "b" / "0017.png").write_bytes(b"no image")
    names = ["fid", "kid", "precision", "swd", "ms_ssim"]
    settings = Settings(cache_folder=None, batch_size=8, scores=names, kept=kept)

    def work(group, on_corrupt="skip"):
        fake, real = (Folder(folder, on_corrupt=on_corrupt, workers=1) for folder in folders)
        return score([fake], real, [pooled_lens(flips=True)], settings, show=lambda line: None, group=group)

    alone, (first, *others) = work(ALONE), company(3, work)
    assert {name: one.value for name, one in first.scores["test"].items()} == {
        name: one.value for name, one in alone.scores["test"].items()
    }
    assert set(first.scores["test"]) >= {"fid_pooled", "swd", "ms_ssim"}
    assert (first.sides, first.notes) == (alone.sides, alone.notes)
    assert "1 left out" in first.sides["real"]
    assert [other.scores for other in others] == [{}, {}]
    faults = company(3, partial(work, on_corrupt="error"))
    assert all(isinstance(fault, UserError) and "0017.png" in str(fault) for fault in faults)


def test_seeds_give_a_mean_and_its_spread(tmp_path):
    real = array(tmp_path, "real.npy", noise(60, 9))
    fakes = [array(tmp_path, f"{seed}.npy", noise(60, seed)) for seed in (1, 2, 3)]
    single = [compared(fake, real).scores["test"]["fid_pooled"].value for fake in fakes]
    found = compared(fakes, real).scores["test"]["fid_pooled"]
    assert found.value == pytest.approx(np.mean(single))
    assert found.spread == pytest.approx(np.std(single, ddof=1))
    assert found.protocol["seeds"] == 3


def test_a_difference_comes_with_its_interval_or_is_within_the_noise(tmp_path):
    real, one, other = (array(tmp_path, f"{seed}.npy", noise(200, seed)) for seed in (1, 2, 3))
    worse = array(tmp_path, "worse.npy", (noise(200, 4).float() * 0.8).to(torch.uint8))
    lines = compared(one, real, against=worse, bootstrap=100).differences["test"]
    assert "generated is lower than against by" in lines[0]
    assert lines[0].endswith("which is better")
    alike = compared(one, real, against=other, bootstrap=100)
    assert "within the noise" in alike.differences["test"][0]
    score_ = alike.scores["test"]["fid_pooled"]
    assert score_.interval[0] < score_.value < score_.interval[1]
    assert score_.to_json()["interval"] == list(score_.interval)


def test_saved_statistics_say_what_they_are_of(sets, tmp_path):
    from ganlab.metrics.real.description import Description

    found = Pooled()(noise(60))
    save_statistics(tmp_path / "own.npz", Description.of(*found), Pooled())
    with np.load(tmp_path / "own.npz", allow_pickle=False) as archive:
        assert set(archive.files) == {"mu", "sigma", "n", "extractor", "weights", "resize"}
        np.testing.assert_allclose(archive["mu"], found.features.double().mean(0).numpy())
