"""A run that begins with another's generator, and does so once."""

import pytest
import torch

from ganlab.callbacks.start import StartFrom
from ganlab.errors import UserError
from tests.support.runs import fit
from tests.support.variants import translator

SMALL = "model.generator.blocks=1"


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The directory and the generator of a finished SRResNet."""
    folder = tmp_path_factory.mktemp("srresnet")
    return folder, fit(translator("srresnet", SMALL, "trainer.max_steps=1"), folder).generator


def equal(one, other) -> bool:
    other = other.state_dict()
    return all(torch.equal(value, other[key]) for key, value in one.state_dict().items())


def test_srgan_starts_from_a_finished_srresnet_and_resumes_with_its_own_weights(finished, tmp_path):
    folder, generator = finished
    found = []

    def look(module):
        inner = module.on_train_start

        def on_train_start():
            found.append(equal(module.generator, generator))
            inner()

        module.on_train_start = on_train_start

    words = [SMALL, f"callbacks.start.run={folder}"]
    fit(translator("srgan", *words, "trainer.max_steps=1"), tmp_path, wrap=look)
    fit(translator("srgan", *words, "trainer.max_steps=2"), tmp_path, resume=True, wrap=look)
    assert found == [True, False]


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"blocks": 2}, r"another generator \(blocks\.1\.branch\.0\.bias is absent there, and \(8,\) here\)"),
        ({"scale": 4}, r"another generator \(up\.3\.bias is \(3,\) there, and \(32,\) here\)"),
        ({"width": 4}, "give both runs the same model.generator and data"),
    ],
)
def test_another_generator_is_told_before_the_first_step(finished, tmp_path, settings, sentence):
    cfg = translator("srgan", SMALL, f"callbacks.start.run={finished[0]}", "trainer.max_steps=1")
    cfg.model.generator.update(settings)
    with pytest.raises(UserError, match=sentence):
        fit(cfg, tmp_path)


def test_a_run_that_is_not_there_is_told_at_once(finished, tmp_path):
    with pytest.raises(UserError, match=r"^callbacks\.start\.run=.*none: there is no last checkpoint"):
        StartFrom(run=tmp_path / "none")
    with pytest.raises(UserError, match="there is no best checkpoint of a run to start from"):
        StartFrom(run=finished[0], checkpoint="best")
    assert StartFrom().path is None
