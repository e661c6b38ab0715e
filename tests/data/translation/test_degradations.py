"""Small versions of pictures: steps in closed form, and chance that belongs to a picture's place in the batch."""

import pytest
import torch
from PIL import Image

from ganlab.config import compose, instantiate
from ganlab.data.store.decode import channels_first
from ganlab.data.translation.degradations import Bicubic, Photographic, blurred, through_jpeg
from ganlab.errors import UserError
from ganlab.randomness import Draws
from tests.support.translators import noise

PLAIN = {"blur": (0.0, 0.0), "noise": (0.0, 0.0)}


def test_bicubic_is_pillow_s():
    (picture,) = noise(1, 3, 32, 48)
    small = Image.fromarray(picture.permute(1, 2, 0).numpy()).resize((12, 8), Image.Resampling.BICUBIC)
    expected = torch.from_numpy(channels_first(small))
    made = Bicubic()(picture[None], 4, Draws(0))[0]
    assert (made.int() - expected.int()).abs().max() <= 1


def test_a_blur_keeps_the_mean_and_has_its_deviation():
    point = torch.zeros(1, 1, 31, 31)
    point[..., 15, 15] = 1
    spread = blurred(point, 2.0)[0, 0]
    assert spread.sum().item() == pytest.approx(1, abs=1e-5)
    place = torch.arange(31.0) - 15
    assert (spread.sum(0) * place.square()).sum().item() == pytest.approx(4, rel=0.05)
    assert torch.equal(blurred(point, 0.0), point)


@pytest.mark.parametrize("channels", [1, 3])
def test_jpeg_loses_more_at_less_quality(channels):
    smooth = torch.nn.functional.interpolate(noise(1, channels, 6, 6).float(), (24, 40), mode="bilinear")
    near, far = ((through_jpeg(smooth, quality) - smooth).abs().mean() for quality in (95, 5))
    assert near < 6 < far


def test_steps_are_taken_in_their_order_and_those_not_named_are_left_out():
    pictures = noise(2, 3, 16, 16)
    only = Photographic(order=["resize"])(pictures, 2, Draws(0))
    assert only.shape == (2, 3, 8, 8)
    assert torch.equal(only, Photographic(**PLAIN, order=["blur", "resize", "noise"])(pictures, 2, Draws(0)))
    late, early = (
        Photographic(blur=(2.0, 2.0), order=order)(pictures, 2, Draws(0))
        for order in (["resize", "blur"], ["blur", "resize"])
    )
    assert late.float().std() < early.float().std(), "the same blur covers twice as much of a small picture"
    loud = Photographic(noise=(60.0, 60.0), order=["resize", "noise"])(pictures, 2, Draws(0))
    assert 20 < (loud.float() - only.float()).std() < 60  # kept within 0 and 255
    shuffled = Photographic(blur=(2.0, 2.0), order=["resize", "blur"], shuffled=True)(
        noise(64, 3, 16, 16), 2, Draws(0)
    )
    assert not torch.equal(
        shuffled, Photographic(blur=(2.0, 2.0), order=["resize", "blur"])(noise(64, 3, 16, 16), 2, Draws(0))
    )


def test_chance_belongs_to_the_place_in_the_whole_batch():
    pictures, make = noise(4, 3, 16, 16), Photographic()
    whole = make(pictures, 2, Draws(7, "a"))
    halves = [make(pictures[2 * rank :][:2], 2, Draws(7, "a", rank=rank, world=2)) for rank in (0, 1)]
    assert torch.equal(whole, torch.cat(halves))
    assert not torch.equal(whole, make(pictures, 2, Draws(8, "a")))


def test_training_draws_anew_and_scored_examples_never_change():
    cfg = compose(["model=esrgan", "data=photos_sr", "data/degradation=photographic", "data.image_size=32"])
    data, plain = (
        instantiate(cfg.data),
        instantiate(compose(["model=esrgan", "data=photos_sr", "data.image_size=32"]).data),
    )
    test = data.dataset("test")
    one, two = (test.batch(torch.tensor([3, index])) for index in (0, 1))
    assert torch.equal(one["low"][0], two["low"][0])
    assert not torch.equal(one["low"][0], plain.dataset("test").batch(torch.tensor([3]))["low"][0])
    assert test.fingerprint() != plain.dataset("test").fingerprint()
    first, again = (next(iter(data.train_dataloader())) for _ in range(2))
    assert torch.equal(first["low"], again["low"])
    assert first["low"].shape == (16, 3, 8, 8)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"blur": (2.0, 1.0)}, r"^data\.degradation\.blur=\[2\.0, 1\.0\]: a lower and an upper bound"),
        ({"order": ["blur"]}, r"^data\.degradation\.order=\['blur'\]: resize, and of blur, noise, jpeg"),
        ({"order": ["resize", "blur", "blur"]}, "each once"),
        ({"quality": (0, 50)}, r"^quality\.0=0: expected a whole number from 1 to 100"),
    ],
)
def test_bounds_and_orders_that_cannot_be_are_told(options, sentence):
    with pytest.raises(UserError, match=sentence):
        Photographic(**options)
