"""Drawn shapes: their captions, those held out, and the choice of captions that fit and that do not."""

import itertools

import pytest
import torch

from ganlab.data.captions.sets import CaptionedImages, CaptionTable
from ganlab.data.captions.shapes import Shapes, draw, everything, held_out
from ganlab.data.store.memory import MemoryImages
from ganlab.errors import UserError
from ganlab.lexicon import Words
from ganlab.sets import CaptionedSet


@pytest.fixture(scope="module")
def shapes() -> Shapes:
    return Shapes(images_per_caption=2, batch_size=32, seed=5)


def test_twelve_of_96_are_held_out_and_every_pair_of_words_is_still_trained_on():
    shapes, out = everything(), held_out()
    assert (len(set(shapes)), len(set(out))) == (96, 12)
    assert set(out) < set(shapes)
    trained = set(shapes) - set(out)
    pairs = {pair for shape in shapes for pair in itertools.combinations(shape, 2)}
    assert {pair for shape in trained for pair in itertools.combinations(shape, 2)} == pairs
    assert shapes[0].caption() == "a small red circle at the top left"


def test_sets_are_the_same_in_every_run_and_have_captions(shapes):
    train, test = shapes.dataset("train"), shapes.dataset("test")
    assert isinstance(train, CaptionedSet)
    assert (len(train), len(test), len(train.texts), len(test.texts)) == (168, 24, 84, 12)
    assert not set(train.texts) & set(test.texts)
    assert train.fingerprint() == Shapes(images_per_caption=2, seed=9).dataset("train").fingerprint()
    assert train.fingerprint() != test.fingerprint()
    assert train.captions(torch.tensor([0, 1, 2])) == [*2 * train.texts[:1], train.texts[1]]
    assert shapes.texts("test") == test.texts
    assert len(shapes.classes) == 16
    assert train.labels(torch.tensor([0])) is None


def test_drawn_shapes_differ_by_places_colours_and_ground_as_they_say():
    shape = everything()[95]  # a large yellow triangle at the bottom right
    pixels = draw([shape] * 200, 32, 32, torch.Generator().manual_seed(0)).float()
    assert pixels.shape == (200, 3, 32, 32)
    assert 0 <= pixels[:, :, :12, :12].min() < 1
    assert 39 < pixels[:, :, :12, :12].max() <= 40
    middle = pixels[:, :, 25, 24]
    assert (middle - torch.tensor([225.0, 205.0, 50.0])).abs().max() <= 15.5
    rows = (pixels[:, 0] > 120).any(2).float().argmax(1)  # the tip, 6 above a centre at 22 to 26
    assert 15 <= rows.min() < rows.max() <= 21


def test_batches_depend_on_seed_and_step_alone_and_mismatches_never_fit(shapes):
    batches = iter(shapes.train_dataloader())
    first, second = next(batches), next(batches)
    again = next(iter(Shapes(images_per_caption=2, batch_size=32, seed=5).train_dataloader()))
    assert all(torch.equal(first[key], again[key]) for key in ("image", "caption", "mismatch"))
    assert not torch.equal(first["caption"], second["caption"])
    assert first["image"].shape == (32, 3, 32, 32)
    assert first["caption"].dtype == torch.int64
    words = shapes.lexicon
    for right, wrong in zip(first["caption"].tolist(), first["mismatch"].tolist(), strict=True):
        assert words.decode(right) in shapes.dataset("train").texts
        assert words.decode(wrong) in shapes.dataset("train").texts
        assert right != wrong
    ids = shapes._order(0, 1).indices(0)
    assert [words.decode(row) for row in first["caption"].tolist()] == shapes.dataset("train").captions(ids)


def table(groups, captions=None) -> tuple[CaptionTable, Words]:
    captions = captions or [(f"of {group}",) for group in groups]
    pictures = MemoryImages(torch.zeros(len(groups), 3, 4, 4, dtype=torch.uint8))
    words = Words.of([text for texts in captions for text in texts], 100)
    return CaptionTable(CaptionedImages(pictures, captions, groups), words, None), words


def test_a_mismatch_is_any_caption_of_any_other_group_as_often():
    made, words = table(["x", "y", "x", "z", "y", "x"])
    images = torch.arange(6).repeat_interleave(2000)
    chance = torch.rand(12_000, 2, generator=torch.Generator().manual_seed(0))
    wrong = [words.decode(row) for row in made.wrong(images, chance).tolist()]
    for image, others in enumerate((("y", "z"), ("x", "z"), ("y", "z"), ("x", "y"), ("x", "z"), ("y", "z"))):
        got = wrong[2000 * image : 2000 * (image + 1)]
        assert set(got) == {f"of {other}" for other in others}
        share = {"x": 3, "y": 2, "z": 1}
        expected = share[others[0]] / (share[others[0]] + share[others[1]])
        assert got.count(f"of {others[0]}") / 2000 == pytest.approx(expected, abs=0.04)
    made.wrong(torch.arange(6), torch.ones(6, 2))  # a chance rounded up to 1 stays within the set


def test_each_of_several_captions_is_chosen():
    made, words = table(["x", "y"], [("one", "two", "three"), ("four",)])
    chance = (torch.arange(30) + 0.5) / 30
    right = [words.decode(row) for row in made.right(torch.zeros(30, dtype=torch.int64), chance).tolist()]
    assert right == 10 * ["one"] + 10 * ["two"] + 10 * ["three"]


def test_captions_that_are_all_the_same_teach_nothing():
    with pytest.raises(UserError, match="all 3 images have the same captions, 'of x'"):
        table(["x", "x", "x"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"flip": True}, "a mirrored picture would show right what its caption calls left"),
        ({"channels": 1}, "data.channels=1: the colours"),
        ({"images_per_caption": 0}, "data.images_per_caption=0"),
        ({"max_words": 0}, "data.max_words=0"),
    ],
)
def test_options_that_cannot_work(options, message):
    with pytest.raises(UserError, match=message):
        Shapes(**options)


def test_noise_between_pixel_values_is_added_to_captioned_images_too(shapes):
    noisy = Shapes(images_per_caption=2, batch_size=32, seed=5, dequantize=1.0)
    plain, batch = next(iter(shapes.train_dataloader())), next(iter(noisy.train_dataloader()))
    levels = (batch["image"] + 1) * 128 - (plain["image"] + 1) * 127.5
    assert torch.equal(batch["caption"], plain["caption"])
    assert -1e-3 < levels.min() < 0.1
    assert 0.9 < levels.max() < 1 + 1e-3


def test_a_near_mismatch_is_the_wrong_caption_with_the_most_words_of_the_right_one():
    captions = [
        ("a red bird",),
        ("a blue bird",),
        ("two grey cats",),
        ("a red bird",),
        ("a red bird red red",),
    ]
    made, words = table(["r", "b", "c", "same words", "r"], captions)
    images = torch.tensor([0, 2])
    chance = torch.rand(2, 200, 2, generator=torch.Generator().manual_seed(0))
    near = [words.decode(row) for row in made.nearest(images, torch.zeros(2), chance).tolist()]
    assert near[0] == "a blue bird"  # not what says the same in another group, nor what fits
    assert near[1] != "two grey cats"


def words_apart(batch) -> list[int]:
    return (batch["caption"] != batch["mismatch"]).sum(1).tolist()


def test_a_share_of_mismatches_is_near_and_the_others_are_what_they_were():
    def batch(**options):
        data = Shapes(images_per_caption=2, batch_size=64, seed=5, **options)
        found = next(iter(data.train_dataloader()))
        return found, [data.lexicon.decode(row) for row in found["mismatch"].tolist()]

    (plain, _), (half, texts), (every, _) = batch(), batch(near_mismatches=0.5), batch(near_mismatches=1)
    assert all(torch.equal(plain[key], half[key]) for key in ("image", "caption"))
    assert set(words_apart(every)) <= {1, 2}
    assert words_apart(every).count(1) > 50
    same = (plain["mismatch"] == half["mismatch"]).all(1)
    assert 20 < same.sum() < 50
    assert torch.equal(half["mismatch"][~same], every["mismatch"][~same])
    assert batch(near_mismatches=0.5, tokens="letters")[1] == texts, "alike by their words all the same"
