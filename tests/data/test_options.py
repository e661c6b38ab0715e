"""The options that data modules share: named once, with the types and defaults of the class that takes them."""

import importlib
import inspect
import pkgutil
import typing

import pytest
from omegaconf import OmegaConf

import ganlab.data
from ganlab.config.compose.check import check_node
from ganlab.data.endless import EndlessData
from ganlab.data.points import PointData
from ganlab.errors import UserError

MODULES = [
    importlib.import_module(module.name)
    for module in pkgutil.walk_packages(ganlab.data.__path__, "ganlab.data.")
]
CLASSES = {
    kind
    for module in MODULES
    for kind in vars(module).values()
    if inspect.isclass(kind) and issubclass(kind, EndlessData | PointData) and "__init__" in vars(kind)
}


def hints_of(kind: type) -> dict[str, object]:
    return typing.get_type_hints(kind.__init__, include_extras=True)


def options_of(kind: type) -> dict[str, object]:
    """The keys of the TypedDict that a class hands on, and their types."""
    for hint in hints_of(kind).values():
        if typing.get_origin(hint) is typing.Unpack:
            return typing.get_type_hints(typing.get_args(hint)[0], include_extras=True)
    return {}


@pytest.mark.parametrize("kind", sorted(CLASSES, key=lambda kind: kind.__qualname__))
def test_what_a_class_hands_on_is_taken_by_another_with_that_type(kind):
    options = options_of(kind)
    assert not options.keys() & hints_of(kind).keys()  # a type checker allows no key twice
    for key, annotation in options.items():
        takers = [base for base in kind.__mro__[1:] if "__init__" in vars(base) and key in hints_of(base)]
        assert takers, f"{kind.__name__}: nobody takes {key}"
        assert hints_of(takers[0])[key] == annotation, key


def complaint(target: str, word: str) -> str:
    """What the check says of ``data.<word>``."""
    node = OmegaConf.from_dotlist([f"_target_=ganlab.data.{target}", word])
    with pytest.raises(UserError) as caught:
        check_node("data", node)
    return str(caught.value)


@pytest.mark.parametrize(
    ("target", "key", "meant"),
    [
        ("images.folder.Folder", "test_fracton", "test_fraction"),
        ("images.folder.Folder", "batchsize", "batch_size"),
        ("images.celeba.CelebA", "memory_limt", "memory_limit"),
        ("images.torchvision_sets.MNIST", "image_sise", "image_size"),
        ("translation.folders.paired.PairedFolder", "directoin", "direction"),
        ("translation.published.Div2K", "worker", "workers"),
        ("captions.published.COCOCaptions", "max_word", "max_words"),
    ],
)
def test_a_misspelt_option_of_any_class_in_the_line_is_met_with_the_nearest(target, key, meant):
    assert f"did you mean {meant}?" in complaint(target, f"{key}=1")


@pytest.mark.parametrize(
    ("target", "key"),
    [
        ("images.celeba.CelebA", "background"),
        ("images.folder.Folder", "load_size"),
        ("translation.photos.PhotosEdges", "load_size"),
        ("translation.photos.PhotosInpaint", "load_size"),
        ("translation.photos.PhotosSR", "load_size"),
        ("translation.fonts.FontsUnpaired", "load_size"),
        ("translation.folders.super_resolution.SuperResolutionFolder", "load_size"),
        ("captions.published.CUB", "on_corrupt"),
    ],
)
def test_what_a_class_cannot_honour_is_unknown_to_it(target, key):
    assert f"has no parameter {key!r}" in complaint(target, f"{key}=4")


@pytest.mark.parametrize(
    ("target", "given", "expected"),
    [
        (
            "translation.folders.paired.PairedFolder",
            "max_pixels=0",
            "a whole number of at least 1; the default is 64000000",
        ),
        (
            "translation.folders.inpainting.InpaintingFolder",
            "test_fraction=2.5",
            "a number from 0 to 1; the default is 0.1",
        ),
        ("images.folder.Folder", "memory_limit=-1", "a whole number of at least 0; the default is 2000"),
        ("images.packaged.Digits", "batch_size=0", "a whole number of at least 1; the default is 64"),
        ("points.Ring", "batch_size=0", "a whole number of at least 1; the default is 256"),
    ],
)
def test_a_number_out_of_range_is_met_with_range_and_default(target, given, expected):
    assert complaint(target, given) == f"data.{given}: expected {expected}"
