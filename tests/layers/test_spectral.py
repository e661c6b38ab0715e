"""After spectral normalization every weight's largest singular value is 1."""

import copy

import pytest
import torch
from torch import nn

from ganlab.layers.spectral import spectrally_normalized
from ganlab.losses.penalties import zero_centred


@pytest.fixture(autouse=True)
def _seeded():
    torch.manual_seed(0)


LAYERS = {
    "linear": (lambda: nn.Linear(30, 20), torch.zeros(2, 30)),
    "conv": (lambda: nn.Conv2d(8, 12, 3), torch.zeros(2, 8, 6, 6)),
    "transposed": (lambda: nn.ConvTranspose2d(8, 12, 3), torch.zeros(2, 8, 6, 6)),
    "embedding": (lambda: nn.Embedding(10, 6), torch.zeros(2, dtype=torch.int64)),
}


def as_matrix(layer: nn.Module) -> torch.Tensor:
    """(out, in * k * k)."""
    weight = layer.weight.detach()
    return (weight.transpose(0, 1) if isinstance(layer, nn.ConvTranspose2d) else weight).flatten(1)


@pytest.mark.parametrize("kind", LAYERS)
def test_the_largest_singular_value_becomes_1(kind):
    make, example = LAYERS[kind]
    layer = make()
    original = as_matrix(layer)
    layer = spectrally_normalized(layer)
    for _ in range(50):
        layer(example)
    layer.eval()
    assert torch.linalg.matrix_norm(as_matrix(layer), 2).item() == pytest.approx(1, rel=1e-3)
    expected = original / torch.linalg.matrix_norm(original, 2)
    torch.testing.assert_close(as_matrix(layer), expected, rtol=2e-3, atol=1e-4)


def network() -> nn.Sequential:
    layers = [nn.Conv2d(1, 4, 3), nn.LeakyReLU(0.2), nn.Flatten(), nn.Linear(64, 1), nn.Flatten(0)]
    return spectrally_normalized(nn.Sequential(*layers))


def test_the_whole_network_is_normalized_once():
    model = network()
    names = {name for name, _ in model.named_parameters()}
    assert names == {f"{i}.{n}" for i in (0, 3) for n in ("bias", "parametrizations.weight.original")}
    again = spectrally_normalized(model)
    assert again is model
    assert {name for name, _ in again.named_parameters()} == names


def test_train_mode_follows_the_weight_and_eval_mode_repeats_itself():
    model, images = network(), torch.randn(2, 1, 6, 6)
    with torch.no_grad():
        model[0].parametrizations.weight.original.mul_(torch.rand(4, 1, 3, 3))
    before = model[0].parametrizations.weight[0]._u.clone()
    model(images)
    assert not torch.equal(model[0].parametrizations.weight[0]._u, before)
    model.eval()
    assert torch.equal(model(images), model(images))


def test_a_loaded_network_needs_no_warming_up():
    model, images = network(), torch.randn(2, 1, 6, 6)
    for _ in range(3):
        model(images)
    other = network()
    other.load_state_dict(copy.deepcopy(model.state_dict()))
    assert torch.equal(other.eval()(images), model.eval()(images))
    assert torch.equal(other.train()(images), model.train()(images))


def test_a_penalty_can_be_differentiated_through_it():
    model, images = network(), torch.randn(2, 1, 6, 6)
    (zero_centred(model, images) + model(images).mean()).backward()
    for parameter in model.parameters():
        if parameter.ndim > 1:
            assert parameter.grad.isfinite().all()
            assert parameter.grad.abs().sum() > 0


def test_it_works_under_autocast():
    model, images = network(), torch.randn(2, 1, 6, 6)
    with torch.autocast("cpu", torch.bfloat16):
        for _ in range(5):
            model(images)
    model.eval()
    assert torch.linalg.matrix_norm(as_matrix(model[0]), 2).item() == pytest.approx(1, rel=0.02)
