"""StyleGAN3's game beside StyleGAN2's: magnitudes move with the discriminator's fakes alone."""

import pytest

from tests.support.runs import build, tiny_config


def test_magnitudes_move_with_the_discriminators_fakes_by_the_images_of_all_processes():
    _, module = build(tiny_config("model=stylegan3", "data.image_size=16", "model.magnitude_half_life=8"))
    averages = [layer.magnitude for layer in module.generator.synthesis.body]
    module.generate(8)
    assert all(average == 1 for average in averages)
    waves = []
    module.generator.synthesis.input.register_forward_hook(
        lambda *_: waves.append(_[2].square().mean().item())
    )
    module.fakes(8)
    assert averages[0].item() == pytest.approx((1 + waves[0]) / 2)
    assert all(average != 1 for average in averages)
    module.mean_over_ranks = lambda value: value * 0 + 3.0
    before = averages[-1].item()
    module.fakes(8)
    assert averages[-1].item() == pytest.approx((before + 3) / 2)
    assert "generator.synthesis.body.0.magnitude" in module.state_dict()
