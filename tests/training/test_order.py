"""When callbacks act: by what they say of themselves, under any name and in any place of a configuration."""

import pytest
import yaml
from lightning.pytorch import Callback

from ganlab.callbacks.checkpoints import Checkpoints
from ganlab.callbacks.log import MetricsLog
from ganlab.config import compose, instantiate
from ganlab.errors import UserError
from ganlab.training.checkpoints import newest_valid, read_checkpoint
from ganlab.training.order import Order, in_order
from ganlab.training.run import train

HERE = "tests.training.test_order"
QUICK = ["model=mlp_gan", "data.image_size=8", "data.batch_size=8", "trainer=cpu", "metrics=none"]


class Wishes(Callback):
    """A callback of a user's own: publishes a number, and wishes to stop after the third step."""

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
        pl_module.publish({"mine/steps": float(pl_module.steps)})
        trainer.should_stop |= pl_module.steps == 3


class Late(Callback):
    order = Order.SHOW + 1


class Between(Callback):
    order = 65.5


class Unclear(Callback):
    order = "first"


class Clips(Callback):
    def on_after_backward(self, trainer, pl_module):
        raise AssertionError("never called")


def names(callbacks):
    return [type(callback).__name__ for callback in callbacks]


def test_the_usual_callbacks_act_as_they_rely_on_each_other():
    callbacks = instantiate(compose(["model=dcgan", "model/augment=ada"]).callbacks)
    usual = ["AdaptAugmentation", "MetricsLog", "Samples", "Quality", "Health"]
    usual += ["Preemption", "Checkpoints", "Report", "Progress"]
    assert names(in_order(callbacks)) == usual
    assert names(in_order(dict(reversed(callbacks.items())))) != names(reversed(callbacks.values()))


@pytest.mark.parametrize("name", ["a", "zz", "checkpoint", "progress2"])
def test_a_user_s_own_stands_between_what_is_logged_and_what_is_saved(name):
    cfg = compose([*QUICK, f"+callbacks.{name}._target_={HERE}.Wishes"])
    found = names(in_order({name: instantiate(cfg.callbacks[name]), **instantiate(cfg.callbacks)}))
    assert found.index("Health") < found.index("Wishes") < found.index("Preemption")


def test_an_order_of_its_own_is_heeded_and_equals_stay_as_they_were():
    late, between, first, second, log = Late(), Between(), Wishes(), Wishes(), MetricsLog()
    checkpoints = Checkpoints()
    callbacks = {"l": late, "c": checkpoints, "b": between, "2": second, "none": None, "1": first, "m": log}
    assert in_order(callbacks) == [log, second, first, between, checkpoints, late]


def test_an_order_that_is_no_number_is_refused():
    with pytest.raises(
        UserError, match=r"callbacks\.mine: the order of Unclear is 'first'; expected a number"
    ):
        in_order({"mine": Unclear()})


def test_what_is_no_callback_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"callbacks\.mine: (dict|Counter) is no callback"):
        train(compose([*QUICK, "+callbacks.mine._target_=collections.Counter"]), tmp_path / "run")


def test_what_a_user_s_callback_does_is_saved_in_the_same_step_whatever_anything_is_called(tmp_path):
    """Checkpoints bear another name, and her own comes last: her wish is granted and saved all the same."""
    folder = tmp_path / "hers"
    (folder / "callbacks").mkdir(parents=True)
    callbacks = {
        "defaults": ["default", "_self_"],
        "checkpoints": None,
        "a_file": {
            "_target_": "ganlab.callbacks.checkpoints.Checkpoints",
            "monitor": "mine/steps",
            "mode": "max",
        },
        "what_i_want": {"_target_": f"{HERE}.Wishes"},
    }
    (folder / "callbacks" / "hers.yaml").write_text(yaml.safe_dump(callbacks, sort_keys=False))
    words = [*QUICK, "callbacks=hers", "callbacks.samples.n=4", "trainer.max_steps=9"]
    train(compose(words, config_dirs=[folder]), tmp_path / "run")
    saved = read_checkpoint(newest_valid(tmp_path / "run" / "checkpoints")[0])
    assert saved["ganlab"]["steps"] == 3
    assert saved["published"]["values"]["mine/steps"] == 3.0
    assert (tmp_path / "run" / "checkpoints" / "best.ckpt").resolve().name == "step-00000003.ckpt"


def test_a_hook_that_is_never_called_is_refused():
    with pytest.raises(UserError, match=r"callbacks.clips: Clips.on_after_backward would never be called"):
        in_order({"clips": Clips()})
