"""Letters in two styles: partners, what is held out, and truth that training cannot see."""

import pytest
import torch

from ganlab.data.store.glyphs import CHARACTERS
from ganlab.data.translation import fonts
from ganlab.data.translation.fonts import BOLD, FontsPaired, FontsUnpaired
from ganlab.errors import UserError
from ganlab.pixels import to_uint8


@pytest.fixture(scope="module")
def paired():
    data = FontsPaired()
    data.prepare()
    return data


@pytest.fixture(scope="module")
def unpaired():
    data = FontsUnpaired()
    data.prepare()
    return data


def rows(pixels) -> set[bytes]:
    return {image.numpy().tobytes() for image in pixels}


def whole(examples) -> dict:
    return examples.batch(torch.arange(len(examples)))


def test_558_pairs_of_which_two_fonts_of_every_letter_are_held_out(paired):
    train, test = paired.dataset("train"), paired.dataset("test")
    assert (len(train), len(test)) == (434, 124)
    assert not set(train.names) & set(test.names)
    assert len({name.rpartition("-")[2] for name in test.names}) == 62
    assert {name.rpartition("-")[0] for name in test.names} == set(BOLD)
    assert FontsPaired(seed=8).dataset("test").names == test.names
    train, test = whole(train), whole(test)
    assert len(rows(train["target"]) | rows(test["target"])) > 550  # I and l agree in one font


def test_bold_letters_have_more_ink_in_the_same_place(paired):
    batch = whole(paired.dataset("test"))
    source, target = (batch[key].add(1).div(2) for key in ("source", "target"))
    heavier = target.mean((1, 2, 3)) > 1.1 * source.mean((1, 2, 3))
    assert heavier.float().mean() > 0.95
    assert (source - target).abs().mean() == pytest.approx(0.043, abs=0.003)  # what copying the input scores
    assert (source - target.flip(0)).abs().mean() > 0.09  # another letter is farther away


def test_no_letter_touches_the_border_where_crops_could_cut_it(paired):
    for batch, _ in zip(paired.train_dataloader(), range(20), strict=False):
        assert batch["target"].shape[2:] == (32, 32)
    canvas = paired._splits.train["pair"].images.pixels  # 36 x 36, of which any 32 are kept
    assert canvas.shape[2:] == (36, 36)
    for edge in (canvas[:, :, :4], canvas[:, :, -4:], canvas[..., :4], canvas[..., -4:]):
        assert (edge > 128).float().mean() < 0.001


def test_domains_hold_every_letter_as_often(unpaired):
    train = unpaired.dataset("train")
    a, b = train.side("a"), train.side("b")
    assert (len(a), len(b), len(train)) == (1860, 1860, 1860)
    assert train.truth is None
    for side in (a, b):
        labels = side.labels(torch.arange(len(side)))
        assert torch.equal(torch.bincount(labels), torch.full((62,), 30))


def test_domains_share_no_jitter(monkeypatch):
    monkeypatch.setattr(fonts, "DOMAINS", {"a": "DejaVuSans", "b": "DejaVuSans"})
    train = FontsUnpaired(characters="digits").load().train
    a, b = (rows(train[side].images.pixels) for side in "ab")
    # of 600: drawn in one font, the domains would still have next to no picture in common
    assert len(a | b) > 590


def test_held_out_letters_are_the_plain_ones_shuffled_with_the_truth_apart(unpaired):
    test = unpaired.dataset("test")
    a, b = test.side("a"), test.side("b")
    assert (len(a), len(b), len(test)) == (62, 62, 62)
    labels = b.labels(torch.arange(62))
    assert torch.equal(labels[test.truth], a.labels(torch.arange(62)))
    assert (labels != torch.arange(62)).sum() > 50
    assert a.classes == tuple(CHARACTERS["all"])
    for side in ("a", "b"):
        train = unpaired.dataset("train").side(side)
        assert not rows(train.images(torch.arange(len(train)))) & rows(
            test.side(side).images(torch.arange(62))
        )
    batch = whole(test)
    error = (batch["a"] - batch["b"][test.truth]).abs().mean().item() / 2
    assert error == pytest.approx(0.038, abs=0.003)  # what copying the input scores
    assert (batch["a"] - batch["b"]).abs().mean().item() / 2 > 0.09  # another letter is farther away


def test_training_batches_hold_no_labels_and_no_partners(unpaired):
    batch = next(iter(unpaired.train_dataloader()))
    assert set(batch) == {"a", "b"}
    assert not rows(to_uint8(batch["a"])) & rows(to_uint8(batch["b"]))


def test_other_sizes_channels_and_characters():
    data = FontsUnpaired(characters="digits", image_size=[40, 48], a_channels=3, batch_size=4)
    batch = next(iter(data.train_dataloader()))
    assert {key: tuple(value.shape) for key, value in batch.items()} == {
        "a": (4, 3, 40, 48),
        "b": (4, 1, 40, 48),
    }
    data = FontsPaired(characters="upper", image_size=64, load_size=None, target_channels=3, batch_size=4)
    assert (len(data.dataset("train")), len(data.dataset("test"))) == (182, 52)
    assert next(iter(data.train_dataloader()))["target"].shape == (4, 3, 64, 64)
    for cls in (FontsPaired, FontsUnpaired):
        with pytest.raises(UserError, match=r"data\.characters=greek"):
            cls(characters="greek")
