"""The first StyleGAN's game: ProGAN's stages, R1 in each step, and styles mixed among the layers in use."""

import pytest
import torch

from ganlab.errors import UserError
from ganlab.techniques.growth import Stage
from tests.support.runs import build, tiny_config

GROWTH = ["data.image_size=16", "model.growth.stable_images=8", "model.growth.fade_images=16"]


def test_a_step_at_each_stage(tiny_run):
    seen = []

    def wrap(module):
        generate = module.generate

        def watched(n, *condition):
            image = generate(n, *condition)
            seen.append((module.stage, image.shape[-1]))
            return image

        module.generate = watched

    words = [
        "model=stylegan",
        *GROWTH,
        "model.gamma=10",
        "trainer.max_steps=3",
        "callbacks.log.every_steps=1",
    ]
    module = tiny_run(*words, wrap=wrap)
    stages = [(Stage(0, 1.0), 4), (Stage(1, 0.0), 8), (Stage(1, 0.5), 8)]
    assert seen == [stage for stage in stages for _ in range(2)]  # D's fakes and G's
    assert module.published["discriminator/r1"] > 0
    assert module.generator.w_mean.abs().max() > 0
    assert module.sample(2, truncation=0.0).std(dim=0).max() < 1e-6
    assert module.sample(2).shape == (2, 1, 16, 16)


def test_styles_are_mixed_among_the_layers_that_draw():
    _, module = build(tiny_config("model=stylegan", *GROWTH, "model.mixing=1.0"))
    for level, firsts in ((0, {1}), (1, {1, 2, 3}), (2, {1, 2, 3, 4, 5})):
        module.counts["grown_at"] = module.growth.begin(level) + (16 if level else 0)
        assert module.stage == Stage(level, 1.0)
        found = set()
        for step in range(40):
            module.draws.reseed("step", step)
            styles = module.styles(1)[0]
            (first,) = (styles[1:] != styles[:-1]).any(dim=1).nonzero()
            found.add(int(first) + 1)
        assert found == firsts


def test_the_penalty_is_half_of_gamma_times_the_squared_slope():
    _, module = build(tiny_config("model=stylegan", *GROWTH))
    slope = torch.randn(1, 4, 4)
    module.score = lambda image: (image * slope).sum(dim=(1, 2, 3))
    real = torch.randn(3, 1, 4, 4)
    terms = {}

    class Update:
        def __enter__(self):
            return terms

        def __exit__(self, *_):
            pass

    module.update = lambda player: Update()
    module.gamma = 6.0
    module.training_step({"image": real.repeat_interleave(4, 2).repeat_interleave(4, 3)}, 0)
    assert terms["r1"].item() == pytest.approx(3 * slope.square().sum().item(), rel=1e-5)


def test_samples_are_mixed_among_the_layers_that_draw():
    _, module = build(tiny_config("model=stylegan", *GROWTH))
    module.counts["grown_at"] = module.growth.begin(1) + 16
    plain, mixed = module.sample(8), module.sample(8, mix=3)
    assert plain.shape == mixed.shape == (8, 1, 16, 16)
    assert (plain - mixed).abs().flatten(1).amax(dim=1).min() > 1e-3
    with pytest.raises(UserError, match=r"mix=4: expected the layer .* from 1 to 3"):
        module.sample(1, mix=4)
