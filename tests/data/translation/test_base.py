"""What all image-to-image data modules give to training and to scores: crops, mirrors, order, the shorter side."""

import pytest
import torch

from ganlab.data.store.memory import MemoryImages
from ganlab.data.translation.inpainting import InpaintingData
from ganlab.data.translation.paired import PairedData
from ganlab.data.translation.sets import ExampleSplits, Named
from ganlab.data.translation.unpaired import UnpairedData
from ganlab.errors import UserError
from ganlab.pixels import to_uint8
from ganlab.sets import ExampleSet, ImageSet, UnpairedSet
from tests.support.data import attach, first

ROWS, COLUMNS = 12, 16


def plan(n: int, *order: str) -> torch.Tensor:
    """(n, len(order), 12, 16) uint8: channels that hold the row, the column or the number of the picture."""
    grid = {
        "row": torch.arange(ROWS)[:, None].expand(n, ROWS, COLUMNS),
        "column": torch.arange(COLUMNS).expand(n, ROWS, COLUMNS),
        "number": torch.arange(n)[:, None, None].expand(n, ROWS, COLUMNS),
    }
    return torch.stack([grid[name] for name in order], 1).to(torch.uint8)


def named(pixels: torch.Tensor, prefix: str) -> Named:
    return Named(MemoryImages(pixels), [f"{prefix}{i}" for i in range(len(pixels))])


class Pairs(PairedData):
    """20 pairs: the source holds rows, the target rows, columns and numbers."""

    def load(self) -> ExampleSplits:
        pixels = plan(20, "row", "row", "column", "number")
        return ExampleSplits({"pair": named(pixels, "p")}, {"pair": named(pixels[:3], "t")})


class Domains(UnpairedData):
    """7 a and 10 b, each RGB: rows, columns and numbers."""

    def load(self) -> ExampleSplits:
        sides = {
            "a": named(plan(7, "row", "column", "number"), "a"),
            "b": named(plan(10, "row", "column", "number"), "b"),
        }
        return ExampleSplits(sides, {side: Named(*part) for side, part in sides.items()})


class Holes(InpaintingData):
    def load(self) -> ExampleSplits:
        images = {"image": named(plan(9, "row", "column", "number"), "h")}
        return ExampleSplits(images, images)


SIZES = {"image_size": [8, 10], "load_size": [ROWS, COLUMNS], "batch_size": 4, "seed": 3}


def pairs(**changes) -> Pairs:
    return Pairs(**({"source_channels": 1, "target_channels": 3, "flip": 0.5} | SIZES | changes))


def domains(**changes) -> Domains:
    return Domains(**({"a_channels": 3, "b_channels": 3, "flip": 0.5} | SIZES | changes))


def holes(**changes) -> Holes:
    return Holes(**({"mask": "random", "mask_size": 4, "channels": 3, "flip": 0.5} | SIZES | changes))


def crop_of(rows, columns) -> tuple[int, int, bool]:
    """Top, left and mirrored of one crop; it must be one piece of the picture."""
    top, left = rows.min().item(), columns.min().item()
    mirrored = bool(columns[0, 0] > columns[0, 1])
    expected = torch.arange(left, left + columns.shape[1]).expand_as(columns)
    assert torch.equal(columns.long(), expected.flip(1) if mirrored else expected)
    assert torch.equal(rows.long(), torch.arange(top, top + rows.shape[0])[:, None].expand_as(rows))
    return top, left, mirrored


def test_both_sides_of_a_pair_get_the_same_crop_and_mirror_and_all_of_them_occur():
    seen = set()
    for batch in first(pairs(), 100):
        source, target = to_uint8(batch["source"]), to_uint8(batch["target"])
        assert torch.equal(source[:, 0], target[:, 0])
        seen |= {crop_of(rows, columns) for rows, columns in target[:, :2]}
    assert {top for top, _, _ in seen} == set(range(5))
    assert {left for _, left, _ in seen} == set(range(7))
    assert {mirrored for _, _, mirrored in seen} == {True, False}


def test_shapes_range_and_channels_are_as_promised():
    for data in (pairs(), domains(), holes()):
        batch = first(data, 1)[0]
        assert {key: tuple(value.shape[1:]) for key, value in batch.items()} == data.shape
        assert data.classes == ()
        for key, value in batch.items():
            assert value.dtype == torch.float32
            assert value.min() >= (0 if key == "mask" else -1)
            assert value.max() <= 1


def test_domains_are_cropped_each_for_itself_and_seen_once_per_round():
    numbers, crops = {"a": [], "b": []}, {"a": [], "b": []}
    for batch in first(domains(), 35):  # 20 rounds of a, 14 of b
        for side in "ab":
            for picture in to_uint8(batch[side]):
                numbers[side].append(picture[2, 0, 0].item())
                crops[side].append(crop_of(*picture[:2]))
    for side, length in (("a", 7), ("b", 10)):
        for start in range(0, 140, length):
            assert sorted(numbers[side][start : start + length]) == list(range(length))
    assert numbers["a"][:70] != numbers["b"][:70]
    assert sum(a == b for a, b in zip(crops["a"], crops["b"], strict=True)) < 20  # by chance 2 of 140


def test_domains_of_one_length_never_keep_step():
    class Equal(Domains):
        def load(self):
            sides = super().load().train
            return ExampleSplits({"a": sides["b"], "b": sides["b"]}, {})

    data = Equal(a_channels=3, b_channels=3, flip=0, **SIZES)
    met = {
        (a[2, 0, 0].item(), b[2, 0, 0].item())
        for batch in first(data, 100)
        for a, b in zip(to_uint8(batch["a"]), to_uint8(batch["b"]), strict=True)
    }
    assert len(met) > 80  # of 100 combinations


@pytest.mark.parametrize("make", [pairs, domains, holes])
def test_a_batch_depends_on_seed_step_and_place_alone(make):
    straight = first(make(), 9)
    resumed = first(attach(make(), steps=4), 5)
    for one, other in zip(straight[4:], resumed, strict=True):
        assert one.keys() == other.keys()
        assert all(torch.equal(one[key], other[key]) for key in one)
    assert not all(torch.equal(value, first(make(seed=4), 1)[0][key]) for key, value in straight[0].items())


@pytest.mark.parametrize("make", [pairs, domains, holes])
def test_P1_two_ranks_see_what_one_process_at_twice_the_batch_sees(make):
    ranks = [first(attach(make(batch_size=3), rank=rank, world=2), 6) for rank in (0, 1)]
    for both, zero, one in zip(first(make(batch_size=6), 6), *ranks, strict=True):
        for key in both:
            assert torch.equal(both[key], torch.cat((zero[key], one[key])))


def test_examples_are_scored_whole_at_the_centre_in_order_and_unmirrored():
    examples = pairs().dataset("test")
    assert isinstance(examples, ExampleSet)
    assert (len(examples), examples.names) == (3, ["t0", "t1", "t2"])
    batch = examples.batch(torch.tensor([2, 0]))
    target = to_uint8(batch["target"])
    assert target[:, 2, 0, 0].tolist() == [2, 0]
    assert {crop_of(*picture[:2]) for picture in target} == {(2, 3, False)}
    assert torch.equal(to_uint8(batch["source"])[:, 0], target[:, 0])


def test_the_shorter_domain_begins_again_and_sides_can_be_read_alone():
    examples = domains().dataset("test")
    assert isinstance(examples, UnpairedSet)
    assert len(examples) == 10
    assert examples.names[8] == "a1 + b8"
    assert examples.truth is None
    batch = examples.batch(torch.tensor([8]))
    assert [to_uint8(batch[side])[0, 2, 0, 0].item() for side in "ab"] == [1, 8]
    side = examples.side("a")
    assert isinstance(side, ImageSet)
    images = side.images(torch.arange(7))
    assert (len(side), images.shape, images.dtype) == (7, (7, 3, 8, 10), torch.uint8)
    assert side.labels(torch.arange(7)) is None


def test_fingerprints_tell_sets_and_settings_apart():
    sets = [
        pairs().dataset("train"),
        pairs().dataset("test"),
        pairs(image_size=[8, 8]).dataset("test"),
        domains().dataset("test"),
        holes().dataset("test"),
        holes(mask="centre").dataset("test"),
    ]
    assert len({examples.fingerprint() for examples in sets}) == len(sets)
    assert pairs().dataset("test").fingerprint() == pairs(seed=9).dataset("test").fingerprint()


def test_nothing_is_cut_off_without_load_size():
    data = pairs(image_size=[ROWS, COLUMNS], load_size=None, flip=False)
    assert {crop_of(*picture[:2]) for picture in to_uint8(first(data, 1)[0]["target"])} == {(0, 0, False)}


@pytest.mark.parametrize(
    ("make", "changes", "words"),
    [
        (pairs, {"load_size": [8, 9]}, r"data.load_size=\[8, 9\] is smaller than the crops"),
        (pairs, {"load_size": 0}, "data.load_size=0: a positive"),
        (pairs, {"source_channels": 2}, "data.source_channels=2: images have 1 channel"),
        (domains, {"b_channels": 4}, "data.b_channels=4"),
        (domains, {"flip": 2}, "data.flip=2"),
        (holes, {"mask": "left"}, "data.mask=left: centre"),
        (holes, {"mask_size": 8}, "data.mask_size=8: the hole is 1 to 7 pixels wide, smaller than"),
        (holes, {"mask_size": 0}, "data.mask_size=0"),
    ],
)
def test_settings_that_make_no_sense_are_refused(make, changes, words):
    with pytest.raises(UserError, match=words):
        make(**changes)


def test_D11_a_batch_larger_than_the_smaller_domain_stops_before_training():
    with pytest.raises(UserError, match=r"data.batch_size=8 .*7 training images"):
        domains(batch_size=8).prepare()
