from types import SimpleNamespace

import pytest

from ganlab.config import check, compose, config_dir
from ganlab.config.compose.catalogue import catalogue, fits, read_entry, serves
from ganlab.config.compose.check import check_targets
from ganlab.config.compose.facts import Facts
from ganlab.config.compose.schema import Train
from ganlab.errors import UserError


def write(folder, group, name, text):
    path = folder / group / f"{name}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_a_file_says_in_comments_what_it_is_and_in_keys_what_it_gives(tmp_path):
    text = (
        "# @package _global_\n# Two lines: of\n# description\n# paper: A 2001, B,\n# arXiv:1\n"
        "facts: {kind: images, classes: '${seed}'}\n# kind: no\na: 1\n"
    )
    entry = read_entry(write(tmp_path, "model", "x", text))
    assert entry.description == "Two lines: of description"
    assert entry.notes == {"paper": "A 2001, B, arXiv:1"}
    assert (entry.kind, entry.facts) == ("images", Facts(kind="images"))
    assert read_entry(write(tmp_path, "model", "x", "# kind: images\na: 1")).kind is None
    assert read_entry(write(tmp_path, "model", "x", "a: [")).facts == Facts()  # composing tells what is wrong


def test_a_file_that_builds_on_another_gives_what_that_gives(tmp_path):
    write(tmp_path, "data", "mine", "# m\ndefaults: [digits, {override /x: y}, _self_]\nflip: true\n")
    write(tmp_path, "data", "more", "# m\ndefaults: [mine, more]\n")
    found = catalogue([tmp_path])["data"]
    assert (found["mine"].kind, found["more"].facts.classes) == ("labelled", 10)


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ("5", "facts=5: a mapping is needed"),
        ("{knid: images}", "facts.knid: no such key; did you mean kind?"),
        ("{classes: many}", "facts.classes=many: expected a whole number or a list of text"),
        ("{classes: 0}", "facts.classes=0: at least one class"),
        ("{classes: []}", "at least one class"),
        ("{kind: [images]}", "expected text"),
    ],
)
def test_facts_that_are_none_are_refused_in_a_sentence(tmp_path, facts, said):
    write(tmp_path, "data", "mine", f"defaults: [digits, _self_]\nfacts: {facts}\n".replace("digits", "ring"))
    with pytest.raises(UserError) as listed:
        catalogue([tmp_path])
    assert said in str(listed.value)
    assert "mine.yaml" in str(listed.value)


def test_every_shipped_file_says_what_it_is():
    data = catalogue()["data"].values()
    served = {kind for entry in data for kind in serves(entry.kind)}
    for group, entries in catalogue().items():
        assert set(entries) == {path.stem for path in (config_dir() / group).glob("*.yaml")}
        for entry in entries.values():
            assert entry.description, entry.path
            assert entry.kind in served, entry.path
            assert entry.notes.get("paper" if group == "model" else "source"), entry.path


def settled(model, needs, data, gives):
    kinds = {group: kind for group, kind in (("model", needs), ("data", gives)) if kind}
    return SimpleNamespace(chosen=SimpleNamespace(model=model, data=data), kinds=kinds)


def test_data_with_labels_serves_models_that_need_images_and_not_the_reverse(tmp_path):
    write(tmp_path, "data", "pictures", "# p\nfacts: {kind: images}\n")
    write(tmp_path, "data", "numbers", "# n\nfacts: {kind: labelled}\n")
    folders = [tmp_path]
    assert serves("labelled") == ("labelled", "images")
    for needs, gives in (
        ("images", "images"),
        ("images", "labelled"),
        ("labelled", "labelled"),
        (None, "images"),
        ("films", None),
    ):
        fits(settled("m", needs, "d", gives), folders)
    with pytest.raises(UserError) as refusal:
        fits(settled("classes", "labelled", "pictures", "images"), folders)
    assert "model=classes needs labelled data, and data=pictures gives images; data sets that fit: " in str(
        refusal.value
    )
    assert "numbers" in str(refusal.value)
    assert "pictures" not in str(refusal.value).partition("fit:")[2]
    with pytest.raises(UserError, match="data sets that fit: none"):
        fits(settled("films", "films", "numbers", "labelled"), folders)
    with pytest.raises(
        UserError, match=r"data=folder gives images; set data\.labels=true, or data sets that fit"
    ):
        fits(compose(["model=cgan", "data=folder"]))


# A user's own labelled data


LABELLED = [
    "acgan",
    "biggan",
    "cgan",
    "cgan_2014",
    "cgan_dcgan",
    "cgan_projection",
    "progan_conditional",
    "r3gan_conditional",
    "sagan",
    "stylegan2_conditional",
]


@pytest.fixture
def classes(tmp_path):
    """Three class folders, without any image."""
    for name in ("eel", "dog", "c a,t", ".git", "__MACOSX"):
        (tmp_path / "own" / name).mkdir(parents=True)
    return [f"data.root={tmp_path / 'own'}", "data=folder", "data.labels=true"]


def test_the_labelled_models_are_these():
    assert (
        sorted(name for name, entry in catalogue()["model"].items() if entry.kind == "labelled") == LABELLED
    )


@pytest.mark.parametrize("model", [*LABELLED, "infogan", "dcgan"])
def test_the_classes_of_a_labelled_folder_are_counted_before_any_image_is_read(model, classes):
    cfg = compose([f"model={model}", *classes])
    assert (cfg.classes, list(cfg.class_names)) == (3, ["c a,t", "dog", "eel"])
    assert cfg.kinds.data == "labelled"
    assert "facts" not in cfg.data
    fits(cfg)
    check(cfg, Train)
    if model in LABELLED:
        assert cfg.model.classes == cfg.model.generator.classes == 3


def test_classes_that_are_given_must_be_those_of_the_data(classes):
    assert compose(["model=cgan", "classes=3", *classes]).classes == 3
    with pytest.raises(UserError, match=r"classes=4: data=folder has 3 classes \(c a,t, dog, eel\); leave"):
        compose(["model=cgan", "classes=4", *classes])
    with pytest.raises(UserError, match="classes=4: data=digits has 10 classes; leave classes out"):
        compose(["model=cgan", "classes=4"])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["data.root=/nowhere/at/all"], "there is no /nowhere"),
        (["data.root=???"], "data.root has no value yet"),
        (["data.labels=7"], "data.labels=7: expected true or false"),
        (["+data.labells=true"], "data.labells"),
        (["data.image_size=0"], "data.image_size=0"),
    ],
)
def test_a_labelled_folder_that_cannot_be_asked_is_a_sentence(words, said, classes):
    with pytest.raises(UserError) as refusal:
        compose(["model=cgan", *classes, *words])
    assert said in str(refusal.value)


def test_a_folder_without_class_folders_is_a_sentence(tmp_path):
    with pytest.raises(UserError, match="holds no folders; expected"):
        compose(["model=cgan", "data=folder", "data.labels=true", f"data.root={tmp_path}"])


def test_glyphs_are_as_many_classes_as_their_characters():
    assert compose(["model=cgan", "data=glyphs"]).classes == 62
    assert compose(["model=cgan", "data=glyphs", "data.characters=upper"]).classes == 26


class Own:
    """Data of a user's, which knows its labels."""

    def __init__(self, *, image_size: int = 28, seed: int = 0) -> None:
        self.classes = ("left", "right")


@pytest.mark.parametrize(
    ("facts", "classes", "names"),
    [
        ("facts: {kind: labelled, classes: 5}", 5, []),
        ("facts: {kind: labelled, classes: [one, two, 3]}", 3, ["one", "two", "3"]),
        ("facts: {kind: labelled, classes: '${data.seed}'}", 4, []),
        ("facts: {kind: labelled}", 2, ["left", "right"]),
        ("", 2, ["left", "right"]),  # a model that needs labels asks
    ],
)
def test_own_data_say_how_many_classes_they_have_or_are_asked(tmp_path, facts, classes, names):
    write(tmp_path, "data", "mine", f"# m\n{facts}\n_target_: {__name__}.Own\nseed: 4\n")
    cfg = compose(["model=cgan", "data=mine"], config_dirs=[tmp_path])
    fits(cfg, [tmp_path])
    assert (cfg.classes, list(cfg.class_names)) == (classes, names)
    check_targets(cfg.data, "data")  # nothing is left in the node but what its constructor takes


def test_published_sets_say_the_names_of_their_classes_in_the_order_of_their_labels():
    from torchvision.datasets import FashionMNIST

    cfg = compose(["model=cgan", "data=fashion_mnist"])
    assert (cfg.classes, list(cfg.class_names)) == (10, FashionMNIST.classes)
    assert list(compose(["model=acgan", "data=cifar10"]).class_names)[:3] == [
        "airplane",
        "automobile",
        "bird",
    ]
