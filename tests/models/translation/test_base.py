"""What every image-to-image model promises: translations that change nothing, pictures of any size, early errors."""

from copy import deepcopy

import pytest
import torch

from ganlab.config import instantiate
from ganlab.errors import UserError
from ganlab.pixels import from_uint8
from tests.support.runs import differences
from tests.support.translation_data import Noise
from tests.support.variants import translator


def made(model: str, *overrides: str, **data):
    """A model of width 8 and a batch for it."""
    cfg = translator(model, *overrides, **data)
    torch.manual_seed(1)
    return instantiate(cfg.model), instantiate(cfg.data)


KEYS = {
    "pix2pix": {"target": 3},
    "pix2pixhd": {"target": 3},
    "pix2pixhd_enhanced": {"target": 3},
    "spade": {"target": 3},
    "cyclegan": {"b": 3, "a": 1, "cycle_a": 1, "cycle_b": 3},
    "discogan": {"b": 3, "a": 1, "cycle_a": 1, "cycle_b": 3},
    "cut": {"b": 3},
    "srresnet": {"high": 3},
    "srgan": {"high": 3},
    "esrgan": {"high": 3},
    "starganv2": {"latent": 3, "reference": 3},
    "context_encoder": {"image": 3},
    "context_encoder_random": {"image": 3},
}


@pytest.mark.parametrize("name", KEYS)
def test_translations_have_their_keys_and_leave_the_model_and_chance_alone(name):
    model, data = made(name)
    model.check(data.shape)
    batch, state = data.batch(0), torch.get_rng_state()
    before = deepcopy(model.state_dict())
    outputs = model.translate(batch, seed=3)
    assert {key: value.shape for key, value in outputs.items()} == {
        key: (2, channels, 32, 32) for key, channels in KEYS[name].items()
    }
    assert all(value.dtype == torch.float32 and not value.requires_grad for value in outputs.values())
    again = model.translate(batch, seed=3)
    assert all(torch.equal(outputs[key], again[key]) for key in outputs)
    panels = model.panels(batch)
    assert {value.shape[2:] for value in panels.values()} == {(32, 32)}
    assert len(panels) == {1: 3, 2: 5, 4: 6}[len(outputs)] + (model.data_kind == "super_resolution")
    assert model.training
    assert differences(before, model.state_dict()) == []
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("name", KEYS)
def test_a_picture_of_any_size_keeps_it(name):
    model, _ = made(name)
    for direction in model.directions:
        channels = model.networks()[direction].in_channels
        image, mask = torch.rand(1, channels, 37, 70) * 2 - 1, None
        if name == "spade":
            image = from_uint8(torch.randint(0, 5, image.shape))
        if name.startswith("context"):
            mask = torch.zeros(1, 1, 37, 70)
            mask[..., 5:15, 60:] = 1
        result = model.convert(image, direction, mask=mask)
        scale = 2 if model.data_kind == "super_resolution" else 1
        assert result.shape == (1, 1 if direction == "b_to_a" else 3, 37 * scale, 70 * scale)
        assert torch.equal(result, model.convert(image, direction, mask=mask))
        if mask is not None:
            assert torch.equal(result[..., :60], image[..., :60])
            assert not torch.equal(result, image)
        else:
            assert model.convert(image, direction, tile=32).shape == result.shape
    with pytest.raises(UserError, match=r"^direction=sideways: this model has "):
        model.convert(image, "sideways", mask=mask)
    with pytest.raises(UserError, match="takes "):
        model.convert(torch.zeros(1, 2, 37, 70), direction, mask=mask)


def test_convert_is_translate_where_nothing_must_be_reflected():
    model, data = made("cyclegan", size=64, batch_size=1)
    batch = data.batch(0)
    assert torch.equal(model.convert(batch["a"], "a_to_b"), model.translate(batch)["b"])
    with pytest.raises(UserError, match=r"^tile=4: this network needs at least 8 pixels"):
        model.convert(batch["a"], "a_to_b", tile=4)
    with pytest.raises(UserError, match=r"^mask: this model translates whole pictures"):
        model.convert(batch["a"], "a_to_b", mask=torch.zeros(1, 1, 64, 64))


@pytest.mark.parametrize(
    ("name", "shapes", "sentence"),
    [
        (
            "pix2pix",
            {"source": (1, 30, 30), "target": (3, 30, 30)},
            "the generator cannot read source of 1 x 30 x 30",
        ),
        ("pix2pix", {"source": (1, 32, 32), "target": (1, 32, 32)}, "it should be target of 1 x 32 x 32"),
        (
            "pix2pix",
            {"image": (3, 32, 32)},
            "needs paired data, whose batches hold 'source'; these hold 'image'",
        ),
        ("cyclegan", {"a": (3, 32, 32), "b": (3, 32, 32)}, "the generator cannot read a of 3 x 32 x 32"),
        ("discogan", {"a": (1, 64, 64), "b": (3, 64, 64)}, "the discriminator cannot read a of 1 x 64 x 64"),
        (
            "srgan",
            {"low": (3, 8, 8), "high": (3, 32, 32)},
            "high of 3 x 16 x 16, and it should be high of 3 x 32 x 32",
        ),
        (
            "context_encoder",
            {"image": (3, 16, 16), "mask": (1, 16, 16)},
            "the generator cannot read image of",
        ),
        (
            "context_encoder",
            {"image": (1, 32, 32), "mask": (1, 32, 32)},
            r"^model.fill=.* 1 channels, or one for all",
        ),
    ],
)
def test_data_that_does_not_fit_is_told_before_training(name, shapes, sentence):
    model, _ = made(name)
    with pytest.raises(UserError, match=sentence):
        model.check(shapes)
    assert model.training


@pytest.mark.parametrize(
    ("name", "shapes"),
    [
        ("pix2pix", {"source": (1, 32, 64), "target": (3, 32, 64)}),
        ("cyclegan", {"a": (1, 32, 64), "b": (3, 32, 64)}),
        ("srgan", {"low": (3, 16, 32), "high": (3, 32, 64)}),
    ],
)
def test_pictures_need_not_be_square(name, shapes):
    cfg = translator(name)
    cfg.data.image_size = [32, 64]
    model = instantiate(cfg.model)
    model.check(shapes)
    batch = {key: torch.randn(2, *shape) for key, shape in shapes.items()}
    assert {tuple(made.shape[2:]) for made in model.translate(batch).values()} == {(32, 64)}


def test_the_data_of_the_tests_is_what_it_says():
    data = Noise(shapes={"image": [3, 16, 8], "mask": [1, 16, 8]}, batch_size=2, seed=0, image_size=16)
    batch = data.batch(5)
    assert batch["image"].shape == (2, 3, 16, 8)
    assert batch["mask"].unique().tolist() == [0, 1]
    assert torch.equal(batch["image"], data.batch(5)["image"])
    assert not torch.equal(batch["image"], data.batch(6)["image"])
