"""Scores of translations: closed forms, the trivial answer beside them, and the same numbers from several processes."""

import logging
import math

import pytest
import torch

from ganlab.data.store.memory import MemoryImages
from ganlab.errors import UserError
from ganlab.metrics.extractors.lpips import Perceptual
from ganlab.metrics.translation.base import spread, with_channels
from ganlab.metrics.translation.inpainting import InpaintingScores
from ganlab.metrics.translation.paired import PairScores
from ganlab.metrics.translation.super_resolution import SuperResolutionScores
from tests.support.ranks import together
from tests.support.translators import Answers, Examples, noise, pictures

CPU = torch.device("cpu")


def scored(metric, examples, answer, **batch):
    metric.prepare(examples, examples, CPU)
    return metric.evaluate(Answers(answer))


def values(scores):
    return {name: score.value for name, score in scores.items()}


def test_pairs_in_closed_form_and_the_identity_map_beside_them():
    target = torch.full((4, 1, 12, 14), -0.2)
    examples = Examples(source=target + 0.8, target=target)
    offsets = torch.tensor([0.4, 0.4, 0.4, 0.8]).reshape(4, 1, 1, 1)  # of 2: 51, 51, 51 and 102 of 255
    found = scored(PairScores(batch_size=4), examples, lambda batch: {"target": batch["target"] + offsets})
    assert found["l1"].value == pytest.approx(0.25)
    assert found["psnr"].value == pytest.approx(-10 * math.log10((3 * 0.04 + 0.16) / 4)), (
        "errors pooled, then dB"
    )
    assert (found["l1"].baseline, found["psnr"].baseline) == pytest.approx((0.4, -10 * math.log10(0.16)))
    assert [(name, score.better) for name, score in found.items()] == [
        ("l1", "lower"),
        ("psnr", "higher"),
        ("ssim", "higher"),
    ]
    protocol = found["psnr"].protocol
    assert (protocol["n_fake"], protocol["baseline"], protocol["split"]) == (4, "identity map", "test")
    assert "pooled over all images" in protocol["measured"]


def test_a_perfect_answer_has_no_finite_psnr():
    examples = Examples(source=pictures(3), target=pictures(3, seed=1))
    found = scored(PairScores(), examples, lambda batch: {"target": batch["target"]})
    assert values(found) == {"l1": 0.0, "psnr": None, "ssim": pytest.approx(1.0)}
    assert found["psnr"].baseline < 10


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [(1, 3, torch.full((1, 3), 0.5)), (3, 1, torch.tensor([[0.299]])), (2, 3, None)],
)
def test_the_identity_map_of_other_channels(source, target, expected):
    image = torch.zeros(1, source, 1, 1)
    image[:, 0] = 0.5 if source == 1 else 1.0
    found = with_channels(image, target)
    assert found is None if expected is None else torch.allclose(found[..., 0, 0], expected)
    metric = PairScores()
    metric.prepare(None, Examples(source=pictures(2, source), target=pictures(2, target)), CPU)
    assert ("l1" in metric.baselines) == (expected is not None)
    assert metric.protocol("l1")["baseline"] == ("identity map" if expected is not None else None)


def test_several_processes_score_what_one_does_bit_for_bit():
    """Also where a translator looks at its batch as a whole, and where a process has nothing to do."""
    examples = Examples(source=pictures(11), target=pictures(11, seed=1))

    def of_the_batch(batch):
        return {"target": batch["source"] - batch["source"].mean() + batch["target"].flip(0)}

    def work(ranks):
        model, metric = Answers(of_the_batch), PairScores(batch_size=2)
        metric.prepare(examples, examples, CPU, ranks)
        return metric.evaluate(model, ranks), model.asked, metric.baselines

    (alone, asked, baselines), *_ = together(1, work)
    assert [size for _, size in asked] == [2, 2, 2, 2, 2, 1]
    for world in (2, 7):
        answers = together(world, work)
        assert values(answers[0][0]) == values(alone)
        assert all(other[2] == baselines for other in answers)
        shared = [entry for _, asked_of_one, _ in answers[:6] for entry in asked_of_one]
        assert sorted(shared) == sorted(asked), "each batch once, drawn from its own seed"


def test_what_is_drawn_depends_on_the_seed():
    examples = Examples(source=pictures(5), target=pictures(5))
    seeds = []
    for seed in (0, 0, 1):
        model, metric = (
            Answers(lambda batch: {"target": batch["source"]}),
            PairScores(batch_size=2, seed=seed),
        )
        metric.prepare(examples, examples, CPU)
        metric.evaluate(model)
        seeds.append([drawn for drawn, _ in model.asked])
    assert seeds[0] == seeds[1]
    assert len(set(seeds[0] + seeds[2])) == 6


def test_a_part_of_the_examples_is_spread_over_all():
    assert spread(10, 4).tolist() == [0, 2, 5, 7]
    assert spread(3, 8).tolist() == spread(3, None).tolist() == [0, 1, 2]
    examples = Examples(source=pictures(10), target=pictures(10))
    found = scored(PairScores(n=4), examples, lambda batch: {"target": batch["source"]})
    assert found["l1"].protocol["n_fake"] == 4


def test_images_that_are_not_finite_have_no_scores(caplog):
    examples = Examples(source=pictures(4), target=pictures(4))

    def broken(batch):
        made = batch["source"].clone()
        made[-1, 0, 0, 0] = float("nan")
        return {"target": made}

    found = scored(PairScores(batch_size=3), examples, broken)
    assert set(values(found).values()) == {None}
    assert "translations of 2 of 4 examples are not finite: no scores" in caplog.text


def test_super_resolution_is_scored_on_y_without_the_border_beside_bicubic():
    high = noise(3, 3, 32, 24).float() / 127.5 - 1
    low = torch.nn.functional.avg_pool2d(high, 4)
    examples = Examples(low=low, high=high)

    def wrong_at_the_border(batch):
        made = batch["high"].clone()
        made[..., :4, :] = made[..., -4:, :] = made[..., :, :4] = made[..., :, -4:] = 1.0
        return {"high": made}

    found = scored(SuperResolutionScores(), examples, wrong_at_the_border)
    assert found["psnr_y"].value is None
    assert found["ssim_y"].value == pytest.approx(1.0)
    assert found["psnr_y"].protocol["baseline"] == "bicubic"
    assert "border of 4 left out" in found["psnr_y"].protocol["measured"]
    offset = scored(
        SuperResolutionScores(), examples, lambda batch: {"high": (batch["high"] + 0.4).clamp(-1, 1)}
    )
    assert 0 < offset["psnr_y"].baseline < offset["psnr_y"].value
    smooth = Examples(low=torch.full_like(low, 0.2), high=torch.full_like(high, 0.2))
    grey = scored(SuperResolutionScores(), smooth, lambda batch: {"high": batch["high"] + 0.4})
    # 0.4 of 2 is 51 of 255, and white is 219 above black
    expected = 51 / 255 * (65.481 + 128.553 + 24.966) / 255
    assert grey["psnr_y"].value == pytest.approx(-20 * math.log10(expected), abs=1e-9)
    assert grey["psnr_y"].baseline is None, "bicubic is perfect here"


def test_details_count_by_their_shape_and_not_by_their_strength():
    stripes = torch.sin(torch.arange(32) * 2.5) * torch.ones(32, 1)
    blurred = torch.nn.functional.avg_pool2d(noise(16, 1, 32, 32).float() / 127.5 - 1, 4)
    coarse = torch.nn.functional.interpolate(blurred, (32, 32), mode="bilinear")
    high = (0.5 * coarse + 0.3 * stripes).clamp(-1, 1)
    examples = Examples(low=torch.nn.functional.avg_pool2d(high, 4), high=high)
    answers = {
        "own": lambda batch: {"high": batch["high"]},
        "weaker": lambda batch: {"high": batch["high"] / 2},
        "elsewhere": lambda batch: {"high": batch["high"].roll(1, 0)},
        "upright": lambda batch: {"high": batch["high"].transpose(2, 3)},
        "flat": lambda batch: {"high": torch.zeros_like(batch["high"])},
    }
    found = {
        name: scored(SuperResolutionScores(), examples, answer)["swd_detail"]
        for name, answer in answers.items()
    }
    values = {name: score.value for name, score in found.items()}
    assert values["own"] == 0
    assert values["weaker"] < 20
    assert values["elsewhere"] < 20
    assert values["upright"] > 200
    assert values["flat"] > 200
    assert found["own"].baseline > 100
    assert "finest level" in found["own"].protocol["measured"]
    two = scored(SuperResolutionScores(batch_size=5), examples, answers["upright"])["swd_detail"].value
    assert two == pytest.approx(values["upright"], rel=0.1)


def test_lpips_stands_beside_the_scores_of_super_resolution():
    class Distance:
        smallest = 31

        def prepare(self): ...

        def to(self, device): ...

        def __call__(self, one, other):
            return (one - other).abs().flatten(1).mean(1)

        def measured(self):
            return "LPIPS of a test"

    def whole(size):
        given = Examples(low=pictures(2, 3, size // 4, size // 4), high=pictures(2, 3, size, size))
        return scored(
            SuperResolutionScores(perceptual=Distance()), given, lambda batch: {"high": -batch["high"]}
        )

    found = whole(32)
    assert found["lpips"].value > 0
    assert found["lpips"].protocol["measured"] == "LPIPS of a test"
    assert "lpips" not in whole(24)
    assert "psnr_y" in whole(24)


def test_holes_alone_count_when_they_are_filled():
    image = torch.full((2, 3, 8, 8), -1.0)
    image[:, :, 2:6, 2:6] = 0.6
    mask = torch.zeros(2, 1, 8, 8)
    mask[0, :, 2:6, 2:6] = 1  # 16 pixels
    mask[1, :, 2:4, 2:4] = 1  # 4 pixels

    def answer(batch):
        return {
            "image": torch.where(batch["mask"].bool(), batch["image"] + 0.4, torch.full_like(image, 0.77))
        }

    found = scored(InpaintingScores(), Examples(image=image, mask=mask), answer)
    assert found["l1_hole"].value == pytest.approx(0.2)
    assert found["psnr_hole"].value == pytest.approx(-20 * math.log10(0.2))
    known = [0, round(255 * 12 * 0.8 / 60) / 255]  # of the second picture 12 of 60 known pixels are 0.8
    errors = [0.8 - known[0], 0.8 - known[1]]
    assert found["l1_hole"].baseline == pytest.approx((16 * errors[0] + 4 * errors[1]) / 20, abs=1e-6)
    mean_square = (16 * errors[0] ** 2 + 4 * errors[1] ** 2) / 20
    assert found["psnr_hole"].baseline == pytest.approx(-10 * math.log10(mean_square), abs=1e-6)
    assert found["psnr_hole"].protocol["baseline"] == "mean fill"
    whole = scored(InpaintingScores(), Examples(image=image, mask=0 * mask), answer)
    assert values(whole) == {"psnr_hole": None, "l1_hole": None}


def test_scores_that_cannot_be_computed_are_absent_with_one_sentence(caplog, tmp_path, monkeypatch):
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    caplog.set_level(logging.WARNING, logger="ganlab")
    metric = PairScores(perceptual=Perceptual())
    assert metric.names() == ["l1", "psnr", "ssim"]
    small = Examples(source=pictures(2, 1, 8, 30), target=pictures(2, 1, 8, 30))
    found = scored(metric, small, lambda batch: {"target": batch["source"]})
    assert list(found) == ["l1", "psnr"]
    assert [record.getMessage().split(":")[0] for record in caplog.records] == [
        "lpips will be absent",
        "ssim will be absent",
    ]
    with pytest.raises(UserError, match=r"alexnet-owt-7be5be79\.pth"):
        PairScores(perceptual=Perceptual(), on_missing="error")


@pytest.mark.parametrize(
    ("metric", "data", "sentence"),
    [
        (
            PairScores(),
            MemoryImages(noise(2, 1, 4, 4)),
            "need source and target, and this data has no such examples",
        ),
        (
            PairScores(),
            Examples(low=pictures(2), high=pictures(2)),
            "without source; try metrics=super_resolution",
        ),
        (
            InpaintingScores(),
            Examples(source=pictures(2), target=pictures(2)),
            "without image; try metrics=pairs",
        ),
        (InpaintingScores(), Examples(image=pictures(0), mask=pictures(0)), "this data holds out no example"),
        (
            SuperResolutionScores(),
            Examples(low=pictures(1, 1, 2, 2), high=pictures(1, 1, 4, 4)),
            "nothing but the border",
        ),
    ],
)
def test_data_of_another_kind_is_refused(metric, data, sentence):
    with pytest.raises(UserError, match=sentence):
        metric.prepare(data, data, CPU)


def test_numbers_below_one_are_refused():
    for options in ({"n": 0}, {"batch_size": 0}):
        with pytest.raises(UserError, match="=0: expected a whole number"):
            PairScores(**options)
