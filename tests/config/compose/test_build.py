"""From a node of a configuration to the object that it describes."""

from omegaconf import OmegaConf

from ganlab.config.compose.build import instantiate


def test_a_read_only_configuration_can_be_made_of_with_lists_that_refer_elsewhere():
    cfg = OmegaConf.create(
        {"here": "x", "tags": ["${here}"], "thing": {"_target_": "builtins.dict", "tags": "${tags}"}}
    )
    OmegaConf.set_readonly(cfg, True)
    assert instantiate(cfg.thing) == {"tags": ["x"]}
