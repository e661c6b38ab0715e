"""Several domains: drawn alike, whatever their size; references are two of one domain; folders of one's own."""

import numpy as np
import pytest
import torch
from PIL import Image

from ganlab.config import compose
from ganlab.data.translation.folders.domains import DomainsFolder
from ganlab.data.translation.fonts import FontsDomains
from ganlab.data.translation.published import AFHQ, CelebAHQ
from ganlab.errors import UserError
from ganlab.metrics.extractors.classifier import EmbeddedFeatures
from ganlab.metrics.translation.domains import DomainScores


@pytest.fixture(scope="module")
def fonts():
    return FontsDomains(characters="digits", batch_size=6, seed=1)


def test_letters_of_three_styles_are_drawn_alike_and_held_out_in_the_middle(fonts):
    train, test = fonts.dataset("train"), fonts.dataset("test")
    assert fonts.classes == ("bold", "italic", "mono")
    assert train.labels.bincount().tolist() == [410] * 3
    assert test.labels.bincount().tolist() == [10] * 3
    assert test.contents == list("0123456789") * 3
    assert train.contents[:42] == ["0"] * 41 + ["1"]
    assert test.names[0] == "DejaVuSans-Bold-U+0030"
    held_out = test.images.images(torch.arange(30)).flatten(1)
    assert len(held_out.unique(dim=0)) == 30
    of_train = {tuple(image.tolist()) for image in train.images.images(torch.arange(1230)).flatten(1)}
    assert not any(tuple(image.tolist()) in of_train for image in held_out)


def test_a_batch_holds_a_picture_and_two_of_one_domain(fonts):
    batch = next(fonts._batches())
    assert list(batch) == ["image", "label", "reference", "wanted", "second"]
    assert batch["image"].shape == batch["second"].shape == (6, 1, 32, 32)
    train = fonts.dataset("train")
    real = train.batch(torch.arange(len(train)))["image"].flatten(1)
    for image, domain in (("image", "label"), ("reference", "wanted"), ("second", "wanted")):
        where = torch.cdist(batch[image].flatten(1), real).argmin(1)
        assert torch.equal(train.labels[where], batch[domain])
    assert not any(
        torch.equal(one, two) for one, two in zip(batch["reference"], batch["second"], strict=True)
    )


def test_two_processes_see_what_one_does_and_domains_come_alike(fonts):
    whole = fonts._order(0, 1)
    half = FontsDomains(characters="digits", batch_size=3, seed=1)
    half.prepare()
    parts = [half._order(rank, 2) for rank in (0, 1)]
    labels = fonts.dataset("train").labels
    seen = []
    for step in range(200):
        for role, order in whole.items():
            both = torch.cat([part[role].indices(step) for part in parts])
            assert torch.equal(both, order.indices(step))
        seen.append(labels[whole["image"].indices(step)])
    shares = torch.cat(seen).bincount().double() / 1200
    assert ((shares - 1 / 3).abs() < 0.05).all()


def test_each_held_out_picture_goes_to_another_domain(fonts):
    test = fonts.dataset("test")
    batch = test.batch(torch.arange(len(test)))
    assert (batch["wanted"] != batch["label"]).all()
    assert {(int(a), int(b)) for a, b in zip(batch["label"], batch["wanted"], strict=True)} == {
        (a, b) for a in range(3) for b in range(3) if a != b
    }
    assert not torch.equal(batch["reference"], batch["second"])


def folder(root, **counts):
    """Pictures of one grey for each domain, by its name: train/cat for train__cat."""
    for number, (name, count) in enumerate(counts.items()):
        where = root / name.replace("__", "/")
        where.mkdir(parents=True)
        for index in range(count):
            Image.fromarray(np.full((20, 16, 3), 40 * number + index, np.uint8)).save(where / f"{index}.png")
    return root


def test_folders_of_unequal_size_as_afhq_has_them(tmp_path, caplog):
    root = folder(tmp_path, train__cat=3, train__dog=20, train__wild=2, val__cat=1, val__dog=2, val__wild=1)
    caplog.set_level("INFO")
    data = DomainsFolder(root=str(root), image_size=8, load_size=10, batch_size=4, workers=0, flip=False)
    data.prepare()
    assert "to train on: 3 cat, 20 dog, 2 wild" in caplog.text
    assert data.classes == ("cat", "dog", "wild")
    orders = data._order(0, 1)
    labels = data.dataset("train").labels
    drawn = (
        torch.cat([labels[orders["image"].indices(step)] for step in range(150)]).bincount().double() / 600
    )
    assert ((drawn - 1 / 3).abs() < 0.07).all(), "as often as any other, whatever its size"
    assert next(data._batches())["image"].shape == (4, 3, 8, 8)
    assert len(data.dataset("test")) == 4
    assert AFHQ.classes == data.classes
    assert compose(["model=starganv2", "data=domains", f"data.root={root}"]).model.domains == [
        "cat",
        "dog",
        "wild",
    ]


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ({"cat": 5, "dog": 1}, r"^the domain dog has 1 of the pictures to train on, .* add some, or remove"),
        ({"cat": 5}, r"^this data has the one domain cat: give each of two or more a folder of its own"),
        ({}, "^a folder is needed for each domain, but 1 images lie in no class folder"),
    ],
)
def test_domains_that_cannot_be_trained_on_are_a_sentence(tmp_path, counts, said):
    folder(tmp_path, **counts)
    if not counts:
        Image.new("RGB", (8, 8)).save(tmp_path / "loose.png")
    data = DomainsFolder(
        root=str(tmp_path), image_size=8, load_size=8, batch_size=2, test_fraction=0, workers=0
    )
    with pytest.raises(UserError, match=said):
        data.prepare()


def test_without_a_held_out_picture_of_a_domain_nothing_is_scored(tmp_path):
    root = folder(tmp_path, train__cat=3, train__dog=3, test__cat=2)
    data = DomainsFolder(root=str(root), image_size=8, load_size=8, batch_size=2, workers=0)
    test = data.dataset("test")
    assert len(test) == 0
    scores = DomainScores(extractor=EmbeddedFeatures(data="glyphs"))
    with pytest.raises(
        UserError, match=r"in the style of one that is held out, and none of dog is: add some"
    ):
        scores.require_kind(test)


def test_afhq_is_fetched_by_hand_and_says_how(tmp_path):
    with pytest.raises(UserError, match=r"afhq is not there: .* bash download\.sh afhq-dataset .*/train/cat"):
        AFHQ(root=str(tmp_path / "afhq")).prepare()
    root = folder(
        tmp_path / "afhq", train__cat=3, train__dog=3, train__wild=3, val__cat=1, val__dog=1, val__wild=1
    )
    data = AFHQ(root=str(root), image_size=8, load_size=8, batch_size=2, workers=0)
    assert len(data.dataset("test")) == 3


def test_celeba_hq_lies_as_its_authors_give_it_out(tmp_path):
    with pytest.raises(
        UserError, match=r"CelebA-HQ is fetched by hand, .* celeba-hq-dataset .*/train/female"
    ):
        CelebAHQ(root=str(tmp_path / "celeba_hq")).prepare()
    root = folder(tmp_path / "celeba_hq", train__female=4, train__male=2, val__female=2, val__male=1)
    data = CelebAHQ(root=str(root), image_size=8, load_size=8, batch_size=2, workers=0)
    assert data.dataset("train").labels.bincount().tolist() == [4, 2]
    batch = data.dataset("test").batch(torch.arange(3))
    assert batch["label"].tolist() == [0, 0, 1]
    assert batch["wanted"].tolist() == [1, 1, 0]
    model = compose(["experiment=starganv2_celeba_hq", f"data.root={root}"]).model
    assert model.domains == ["female", "male"]
    assert model.diversity_weight.start == 1
