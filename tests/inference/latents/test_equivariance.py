"""What StyleGAN3 draws moves with its input, and what is measured of it notices when it does not."""

import pytest
import torch
from PIL import Image

from ganlab.errors import UserError
from ganlab.inference.latents.equivariance import equivariance, moved, write
from ganlab.inference.latents.mixing import styles
from ganlab.inference.latents.origins import originals
from ganlab.inference.latents.source import Source
from tests.support.runs import build, tiny_config


@pytest.fixture(scope="module")
def model():
    """Untrained, with magnitudes as they are."""
    cfg = tiny_config("model=stylegan3", "data.image_size=32", "model.generator.margin=10")
    cfg.model.generator.width, cfg.model.generator.layers = 16, 8
    model = build(cfg)[1].eval()
    with model.average.current().synthesis.measured(0.0, lambda value: value):
        model.sample(8)
    return model


def test_pictures_move_with_the_input_by_parts_of_a_pixel_too(model, tmp_path):
    chosen = styles(model, *originals(model, [0, 1]))
    still, half, whole = (moved(model, chosen, right) for right in (0.0, 0.5, 1.0))
    assert torch.allclose(still, model.sample(64)[:2], atol=1e-5)
    assert (whole[..., 1:] - still[..., :-1]).abs().max() < 0.01
    assert (half - still).abs().max() > 0.01
    with model.average.current().synthesis.moved(0.5, 0.0):
        assert torch.allclose(moved(model, chosen, 0.5), whole, atol=1e-5)
    assert torch.equal(moved(model, chosen, 0.0), still)
    assert equivariance(model, [0, 1, 2]) > 70
    lines = write(Source(model, tmp_path, "last", ()), tmp_path, numbers=[0, 1], frames=5)
    assert lines[0].startswith("EQ-T ")
    with Image.open(tmp_path / "equivariance.gif") as animation:
        assert animation.n_frames == 5
    assert (tmp_path / "equivariance.png").is_file()


def test_filters_that_let_everything_pass_are_noticed(model):
    activations = [layer.activation for layer in model.average.current().synthesis.body]
    right = equivariance(model, [0, 1, 2])
    before = [activation.down_taps.clone() for activation in activations]
    for activation in activations:
        activation.down_taps.zero_()[len(activation.down_taps) // 2] = 1.0
    try:
        assert equivariance(model, [0, 1, 2]) < right - 10
    finally:
        for activation, taps in zip(activations, before, strict=True):
            activation.down_taps.copy_(taps)


def test_a_constant_cannot_be_moved(model_of):
    with pytest.raises(UserError, match="this generator begins with a constant"):
        equivariance(model_of("stylegan2"), [0])
    with pytest.raises(UserError, match="has no styles"):
        equivariance(model_of("mlp_gan"), [0])
