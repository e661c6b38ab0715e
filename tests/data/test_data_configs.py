"""Every conf/data/*.yaml: says what it is, and is its constructor key for key."""

from pathlib import Path

import pytest
from hydra.utils import get_class, instantiate
from omegaconf import OmegaConf

from ganlab.config.compose.catalogue import catalogue
from ganlab.config.compose.signature import parameters_of
from ganlab.data.base import ImageData
from ganlab.data.disk.settings import FolderOptions
from ganlab.data.translation.base import ExampleData
from ganlab.errors import UserError

FOLDER = Path(__file__).parents[2] / "conf" / "data"
NAMES = sorted(path.stem for path in FOLDER.glob("*.yaml"))


DATA = catalogue()["data"]


def kind_of(name: str) -> str:
    return DATA[name].kind


def load(name: str):
    node = OmegaConf.load(FOLDER / f"{name}.yaml")
    for key in ("defaults", "facts"):  # Hydra's: which metrics fit; ganlab's: what the data gives
        node.pop(key, None)
    return OmegaConf.create({"seed": 3, "data": node}).data


def made(cfg):
    """The data module, of pictures that the user would have."""
    if OmegaConf.is_missing(cfg, "root"):
        cfg.root = "pictures"
    if OmegaConf.is_missing(cfg, "regions"):
        cfg.regions = 3
    return instantiate(cfg, _convert_="all")


def defaults_of(target: type) -> dict[str, object]:
    """What a data set takes, with the default of each: its own, else that of the class that it hands it on to."""
    named, open_to_more = parameters_of(target)
    assert not open_to_more
    return {name: parameter.default for name, parameter in named.items()}


def image_data() -> list[str]:
    return [name for name in NAMES if issubclass(get_class(load(name)._target_), ImageData)]


MODELS_TAKE = {  # what models find under ${data...}, by the kind of data
    "paired": {"image_size", "batch_size", "source_channels", "target_channels"},
    "semantic": {"image_size", "batch_size", "regions", "target_channels"},
    "unpaired": {"image_size", "batch_size", "a_channels", "b_channels"},
    "super_resolution": {"image_size", "batch_size", "channels", "scale"},
    "inpainting": {"image_size", "batch_size", "channels", "mask_size"},
    "domains": {"image_size", "batch_size", "channels"},
}


def example_data() -> list[str]:
    return [name for name in NAMES if issubclass(get_class(load(name)._target_), ExampleData)]


def test_the_data_sets_are_there():
    expected = {"digits", "glyphs", "mnist", "fashion_mnist", "cifar10", "celeba", "folder"}
    assert expected <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_header_and_keys(name):
    lines = (FOLDER / f"{name}.yaml").read_text().splitlines()
    assert lines[0].startswith("# ")
    assert sum(line.startswith("# source: ") for line in lines) == 1
    cfg = load(name)
    assert kind_of(name) in ("labelled", "domains") or DATA[name].facts.classes is None
    handed_on = {
        "load_size",
        "resize",  # published pairs are of one size
        "side_by_side",
        "colours",
        "dequantize",
        "degradation",  # a group of its own
        *FolderOptions.__annotations__,
    }
    left_out = set(defaults_of(get_class(cfg._target_))) - set(cfg)
    assert set(cfg) - {"_target_"} <= set(defaults_of(get_class(cfg._target_)))
    assert left_out <= handed_on


@pytest.mark.parametrize("name", image_data())
def test_the_defaults_make_the_module_that_the_facts_promise(name):
    data = made(load(name))
    assert data.kind == kind_of(name)
    assert (data.height, data.width, data.batch_size, data.seed) == (32, 32, 64, 3)


def test_a_folder_without_root_is_a_sentence():
    from ganlab.data.images.folder import Folder

    with pytest.raises(UserError, match="data=folder needs"):
        Folder()


def test_lists_from_yaml_make_oblong_images():
    cfg = load("digits")
    cfg.image_size = [16, 24]
    for convert in ("all", "none"):
        data = instantiate(cfg, _convert_=convert)
        assert next(iter(data.train_dataloader()))["image"].shape == (64, 1, 16, 24)


RECIPES = {"celeba": {"flip"}, "shapes": {"near_mismatches"}}  # found to help, and no property of the class


@pytest.mark.parametrize("name", image_data())
def test_the_yaml_repeats_the_constructors_own_defaults(name):
    """So that the module made in Python is the one that the command line makes."""
    cfg = OmegaConf.to_container(load(name))
    defaults = defaults_of(get_class(cfg.pop("_target_")))
    own = {"seed", "root"} | RECIPES.get(name, set())
    for key in set(cfg) - own:
        assert cfg[key] == defaults[key], key


@pytest.mark.parametrize("name", example_data())
def test_image_to_image_data_is_of_its_kind_and_has_what_models_take(name):
    cfg, kind = load(name), kind_of(name)
    data = made(cfg)
    assert data.kind == kind
    assert set(cfg) >= MODELS_TAKE[kind]
    assert (data.height, data.width, data.batch_size, data.seed) == (*[cfg.image_size] * 2, cfg.batch_size, 3)
    defaults = defaults_of(type(data))
    fixed = {"known", "direction", "nearest", "side_by_side", "load_size", "batch_size", "flip"}
    recipe = fixed if "known" in cfg else set()
    for key in set(cfg) - recipe - {"_target_", "seed", "root", "regions"}:
        assert cfg[key] == defaults[key], key


def test_every_kind_of_image_to_image_data_has_folders_of_ones_own_and_embedded_data():
    kinds = {name: load(name)._target_.split(".")[3] for name in example_data()}
    assert set(MODELS_TAKE) <= set(kinds)
    embedded = {
        "fonts_paired",
        "fonts_unpaired",
        "fonts_domains",
        "photos_edges",
        "photos_gray",
        "photos_regions",
        "photos_sr",
        "photos_inpaint",
    }
    assert {name for name, module in kinds.items() if module in ("fonts", "photos")} == embedded
