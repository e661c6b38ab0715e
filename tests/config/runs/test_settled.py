"""A configuration that was checked is handed on: once, and as it was then."""

import pytest
from omegaconf import ReadonlyConfigError

from ganlab.config import compose, settled
from ganlab.config.runs import settled as module
from ganlab.errors import UserError
from ganlab.training.run import train

QUICK = ["model=mlp_gan", "data.image_size=8", "data.batch_size=8", "metrics=none", "trainer=cpu"]
QUICK += ["callbacks.samples.n=4", "trainer.max_steps=1"]


@pytest.fixture
def checks(monkeypatch) -> list:
    """The configurations that were checked."""
    found, check = [], module.check
    monkeypatch.setattr(module, "check", lambda cfg: (found.append(cfg), check(cfg)))
    return found


def test_what_is_settled_is_handed_on_as_it_is(checks):
    run = settled(compose(QUICK))
    assert settled(settled(run)) is run
    assert len(checks) == 1


def test_it_says_what_rooms_ask_for_with_the_types_that_they_need():
    cfg = compose([*QUICK, "seed=7", "objective=game/x", "resume=auto", "allow_change=[data,model.loss]"])
    cfg.trainer.max_steps = 1e4  # as a sweep may give it
    run = settled(cfg)
    assert (run.name, run.group, run.seed) == ("mlp_gan-digits-s7", "mlp_gan-digits", 7)
    assert dict(run.chosen) == {"model": "mlp_gan", "data": "digits"}
    assert (run.objective, run.resume, run.allow_change) == ("game/x", True, ["data", "model.loss"])
    assert repr(run.max_steps) == "10000"
    assert settled(compose(QUICK)).resume is False


def test_nobody_changes_it_afterwards():
    cfg = compose(QUICK)
    run = settled(cfg)
    cfg.seed, cfg.model.prior.size = 5, 3
    assert run.seed == 0
    assert run.cfg.model.prior.size != 3
    with pytest.raises(ReadonlyConfigError):
        run.cfg.model.prior.size = 4


def test_training_refuses_what_nobody_has_checked(tmp_path):
    cfg = compose(QUICK)
    cfg.model.prior.size = "many"
    with pytest.raises(UserError, match=r"model\.prior\.size=many: expected a whole number"):
        train(cfg, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_training_checks_once_and_takes_either(tmp_path, checks):
    train(compose(QUICK), tmp_path / "a")
    assert len(checks) == 1
    train(settled(compose(QUICK)), tmp_path / "b")
    assert len(checks) == 2
    assert (tmp_path / "b" / "results.json").exists()
