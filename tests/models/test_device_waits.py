"""No training step waits for the device: it reads no value from it, and copies nothing to it.

No GPU is needed to see that. A tensor on PyTorch's device "meta" has no values, so reading one raises; and what a step
puts there is counted. The very first step may look at its data, and the first steps put there what stays there.
"""

import pytest
import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from ganlab.config import compose
from tests.support.meta import on_meta, to_meta
from tests.support.runs import build
from tests.support.variants import TRANSLATORS, VARIANTS, translator, words_for

MAKERS = (torch.tensor, torch.as_tensor, torch.asarray, Tensor.new_tensor)
MOVERS = (Tensor.to, Tensor.cuda, Tensor.copy_)
FIRST, STEPS = 2, 4
TECHNIQUES = {
    "ada": ["model=dcgan", "model/augment=ada"],
    "diffaugment": ["model=dcgan", "model/augment=diffaugment"],
    "ada of captions": [*words_for("gan_cls"), "model/augment=ada"],
    "replay": ["model=dcgan", "model/replay=experience"],
    "r1_lazy": ["model=r1gan", "model/penalty=r1_lazy"],
    "gradient_penalty": [
        "model=dcgan",
        "model/discriminator=dcgan_no_norm",
        "model/penalty=gradient_penalty",
    ],
    "dragan": ["model=dcgan", "model/discriminator=dcgan_no_norm", "model/penalty=dragan"],
    "apa": ["model=dcgan", "model/augment=apa"],
    "lecam": ["model=dcgan", "model/regularizer=lecam", "model.regularizer.start=2"],
    "zcr": ["model=cgan_dcgan", "model/regularizer=zcr"],
    "top_k": ["model=dcgan", "model/selection=top_k"],
    "bcr": ["model=sngan", "model/penalty=bcr"],
    "linear_decay": ["model=dcgan", "model/schedules=linear_decay"],
    "gradient_clip": ["model=dcgan", "model.gradient_clip=1"],
}
# with which the layers that stand there once more at each size do so once or twice
STYLED_OR_R3GAN = ("stylegan2", "stylegan2_ada", "stylegan2_conditional", "r3gan", "r3gan_conditional")
FEWER = {"sagan": "data.image_size=16"} | dict.fromkeys(STYLED_OR_R3GAN, "data.image_size=8")


class Copies(TorchFunctionMode):
    """Notes what comes from the processor to the device."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def __torch_function__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        there = isinstance(result, Tensor) and result.is_meta
        here = any(isinstance(value, Tensor) and not value.is_meta for value in args)
        if there and (func in MAKERS or (func in MOVERS and here)):
            self.found.append(func.__name__)
        return result


@pytest.fixture
def there():
    """What a test puts on the device, as long as it runs."""
    with on_meta():
        yield


def moved(cfg):
    """The model there, and the batches of its first steps."""
    data, module = build(cfg)
    batches = data._batches()
    batches = [next(batches) for _ in range(FIRST + STEPS)]
    to_meta(module)
    for parameters in module.parameters_of().values():
        assert all(parameter.is_meta for parameter in parameters)
    for optimizer in module.optimizers_by_player().values():
        assert all(parameter.is_meta for group in optimizer.param_groups for parameter in group["params"])
    return module, [{key: value.to("meta") for key, value in batch.items()} for batch in batches]


def steps(module, batches) -> list[list[str]]:
    """Takes a step on each batch; the copies of each."""
    found = []
    for number, batch in enumerate(batches):
        with Copies() as copies:
            module.on_train_batch_start(batch, number)
            module.training_step(batch, number)
        found.append(copies.found)
    return found[FIRST:]


@pytest.mark.parametrize("name", [*VARIANTS, *TRANSLATORS, *TECHNIQUES])
def test_a_step_waits_for_nothing(name, there):
    words = [*(TECHNIQUES.get(name) or words_for(name)), "trainer=cpu", "data.batch_size=4"]
    words += [FEWER[name]] if name in FEWER else []
    cfg = translator(name) if name in TRANSLATORS else compose(words)
    module, batches = moved(cfg)
    assert steps(module, batches) == [[]] * STEPS


def test_what_waits_is_noticed(there):
    module, batches = moved(compose(["model=mlp_gan", "data.image_size=8", "data.batch_size=4"]))
    module.after_update = lambda player: module.track("game/number", torch.tensor(1.0, device=module.device))
    assert steps(module, batches) == [["tensor", "tensor"]] * STEPS
    module.after_update = lambda player: float(module.generator(module.prior(module.draws, 2)).sum())
    with pytest.raises(RuntimeError, match="meta"):
        steps(module, batches)
