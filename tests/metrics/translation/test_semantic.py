"""Regions read off pictures: the drawer's own, and pictures that are wrong by a known share."""

import torch

from ganlab.data.translation.semantic import ShapesSemantic
from ganlab.metrics.translation.semantic import RegionScores, regions_of
from ganlab.pixels import from_uint8, region_ids
from tests.support.translators import Answers


def test_the_reader_reads_what_the_drawer_drew():
    batch = ShapesSemantic(image_size=48, batch_size=4).dataset("test").batch(torch.arange(64))
    ids = region_ids(batch["label_map"])[:, 0]
    assert ids.unique().tolist() == [0, 1, 2, 3, 4]
    assert (regions_of(batch["target"]) == ids).float().mean() > 0.999
    assert (ids == 0).float().mean() < 0.7, "the ground is no answer that would do"


def test_agreement_is_the_share_of_known_pixels():
    examples = ShapesSemantic(image_size=32, batch_size=4).dataset("test")
    scores = RegionScores(n=32)
    scores.prepare(examples, examples, torch.device("cpu"))
    assert list(scores.names()) == ["region_agreement", "l1", "psnr", "ssim"]
    whole = scores.evaluate(Answers(lambda batch: {"target": batch["target"]}))
    assert whole["region_agreement"].value > 0.999
    assert whole["l1"].value == 0

    def upper_half_dark(batch):
        return {
            "target": torch.cat(
                [torch.full_like(batch["target"], -1)[..., :16, :], batch["target"][..., 16:, :]], 2
            )
        }

    half = scores.evaluate(Answers(upper_half_dark))["region_agreement"]
    ground = (region_ids(examples.batch(scores.indices)["label_map"])[..., :16, :] == 0).float().mean().item()
    assert abs(half.value - (0.5 + ground / 2)) < 0.01

    def unknown(batch):
        batch = dict(batch)
        batch["label_map"] = batch["label_map"].clone()
        batch["label_map"][..., :16, :] = from_uint8(torch.tensor(255))
        return batch

    rows = scores.describe(
        unknown(examples.batch(torch.arange(8))), upper_half_dark(examples.batch(torch.arange(8)))
    )
    assert rows["region_agreement"].mean() > 0.999, "the upper half is not looked at"
