"""Every choice in conf/model/{loss,penalty,replay,augment} can be made, with all that it says."""

import pytest
from omegaconf import OmegaConf

from ganlab.config import compose, config_dir, instantiate
from ganlab.config.compose.check import check_node, nodes
from ganlab.config.compose.signature import parameters_of

GROUPS = ("loss", "penalty", "weight_penalty", "regularizer", "selection", "passes", "replay", "augment")
FILES = sorted(path for group in GROUPS for path in (config_dir() / "model" / group).glob("*.yaml"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_each_file_names_every_parameter_and_can_be_made(path):
    node = OmegaConf.load(path)
    node = node.model.augment if "model" in node else node
    for where, inner in nodes(node):
        if "_target_" in inner:
            check_node(where, inner)
    made = instantiate(node)
    named, _ = parameters_of(type(made))
    missing = set(named) - set(node) - {"pipe"}
    assert missing == set(), f"{path} leaves out {missing}"
    assert callable(made) or callable(made.discriminator)


def test_ada_brings_its_callback_which_acts_before_p_is_logged_and_saved():
    plain, ada = compose(["model=dcgan"]), compose(["model=dcgan", "model/augment=ada"])
    assert next(iter(ada.callbacks)) == "adapt_augmentation"
    assert ada.callbacks.adapt_augmentation is not None
    assert plain.callbacks.adapt_augmentation is None
    assert ada.model.augment.target == 0.6
    assert list(plain.model.augment) == ["_target_"]
    assert set(ada.model) == set(plain.model)
