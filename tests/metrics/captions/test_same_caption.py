"""The distance between pictures of one caption shows what that between all pictures hides."""

import pytest
import torch

from ganlab.data.captions.shapes import Shapes, draw, everything
from ganlab.data.images.packaged import Digits
from ganlab.errors import UserError
from ganlab.metrics.captions.same_caption import CaptionDiversity
from ganlab.pixels import from_uint8

CPU = torch.device("cpu")
BY_CAPTION = {shape.caption(): shape for shape in everything()}


class Draws:
    """A model whose pictures of a caption differ as real ones do, or are one and the same."""

    def __init__(self, *, ignores_noise: bool) -> None:
        self.ignores_noise = ignores_noise

    def draw(self, captions, *, seed, averaged, batch_size, rank=0, world=1):
        pixels = draw(
            [BY_CAPTION[caption] for caption in captions], 32, 32, torch.Generator().manual_seed(seed)
        )
        if self.ignores_noise:
            first = {caption: row for row, caption in reversed(list(enumerate(captions)))}
            pixels = pixels[[first[caption] for caption in captions]]
        return iter(from_uint8(pixels)[rank::world].split(batch_size))

    def sampled_from(self, averaged):
        return "averaged weights"


def scores(metric, data, model):
    metric.prepare(data.dataset("train"), data.dataset("test"), CPU)
    return metric.evaluate(model)


def test_pictures_like_real_ones_score_1_and_one_picture_for_each_caption_0():
    data = Shapes(images_per_caption=6)
    real = scores(CaptionDiversity(n_fake=300), data, Draws(ignores_noise=False))
    assert list(real) == ["diversity_caption", "diversity_caption_held_out"]
    assert real["diversity_caption"].value == pytest.approx(1, abs=0.1)
    assert real["diversity_caption_held_out"].value == pytest.approx(1, abs=0.2)
    assert real["diversity_caption"].floor == pytest.approx(1, abs=0.2)
    assert (real["diversity_caption"].baseline, real["diversity_caption"].better) == (0, "higher")
    assert real["diversity_caption"].protocol["measured"].endswith("; 30 captions that were trained on")
    ignored = scores(CaptionDiversity(n_fake=300), data, Draws(ignores_noise=True))
    assert ignored["diversity_caption"].value == ignored["diversity_caption_held_out"].value == 0


def test_real_pictures_are_taken_several_of_one_caption():
    data, metric = Shapes(images_per_caption=20), CaptionDiversity(n_fake=40, pictures=4)
    metric.prepare(data.dataset("train"), data.dataset("test"), CPU)
    captions = data.dataset("train").captions(metric.some_of(data.dataset("train")))
    assert [captions.count(caption) for caption in dict.fromkeys(captions)] == [4] * 10
    assert metric.real > 0


def test_it_needs_captions_with_different_pictures():
    digits, alone = Digits(), Shapes(images_per_caption=1)
    with pytest.raises(UserError, match="compares images with their captions, and this data has none"):
        scores(CaptionDiversity(), digits, Draws(ignores_noise=False))
    with pytest.raises(UserError, match="this data has no two different ones of any"):
        scores(CaptionDiversity(), alone, Draws(ignores_noise=False))
    with pytest.raises(UserError, match="pictures=1"):
        CaptionDiversity(pictures=1)
