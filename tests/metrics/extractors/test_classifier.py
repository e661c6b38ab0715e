"""The classifiers inside ganlab: right about held-out images, and with features that react to what is wrong."""

import hashlib

import pytest
import torch
from torch.nn.functional import avg_pool2d

from ganlab.data.images.packaged import Digits, Glyphs
from ganlab.errors import UserError
from ganlab.metrics.distances.frechet import Moments, frechet_distance
from ganlab.metrics.extractors import classifier
from ganlab.metrics.extractors.classifier import SHA256, WEIGHTS, EmbeddedFeatures, grey_32
from ganlab.metrics.extractors.common import GROUND, as_seen, full_float32, resize_in_words
from ganlab.pixels import from_uint8, to_uint8

DATA = {"digits": Digits, "glyphs": Glyphs}


@pytest.fixture(scope="module", params=DATA)
def seen(request):
    """An extractor and the data that it was made for, at 32 x 32 pixels."""
    return EmbeddedFeatures(data=request.param), DATA[request.param](image_size=32)


def some(n: int, *shape: int) -> torch.Tensor:
    return torch.randint(256, (n, *shape), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)


def test_the_code_names_the_files_that_are_shipped(seen):
    extractor, data = seen
    content = (WEIGHTS / f"{extractor.name}.safetensors").read_bytes()
    assert hashlib.sha256(content).hexdigest() == SHA256[extractor.name] == extractor.weights
    assert extractor.weights in (WEIGHTS / "README.md").read_text()
    assert extractor.classes == data.classes
    assert extractor.suffix == f"_{extractor.name}"


def test_held_out_images_are_recognised(seen):
    extractor, data = seen
    held_out = data.dataset("test")
    right = extractor(held_out.pixels).logits.argmax(1) == held_out.targets
    assert right.float().mean() >= {"digits": 0.99, "glyphs": 0.97}[extractor.name]


def test_no_feature_is_dead_and_all_are_different(seen):
    extractor, data = seen
    features = extractor(data.dataset("train").pixels).features.double()
    assert features.shape[1] == extractor.size == 64
    assert features.std(0).min() > 0.1
    spectrum = torch.linalg.eigvalsh(features.T.cov())
    assert spectrum[0] > 1e-4 * spectrum[-1]


def test_distances_grow_with_every_kind_of_damage(seen):
    extractor, data = seen
    train, held_out = data.dataset("train"), data.dataset("test")
    real, noise = from_uint8(train.pixels), from_uint8(some(*train.pixels.shape))

    def gaussian(pixels):
        moments = Moments(64)
        moments.update(extractor(pixels).features)
        return moments.gaussian()

    reference = gaussian(train.pixels)

    def distance(images):
        return frechet_distance(reference, gaussian(to_uint8(images)))

    floor = frechet_distance(reference, gaussian(held_out.pixels))
    blurred = [avg_pool2d(real, k, 1, k // 2, count_include_pad=False) for k in (3, 5)]
    for mild, strong in (
        [distance(real + strength * noise) for strength in (0.3, 0.6)],
        [distance(images) for images in blurred],
        [distance(real * (1 - strength)) for strength in (0.3, 0.5)],
        [distance(real[train.targets < n]) for n in (len(data.classes) // 2, 1)],
    ):
        assert strong > 1.5 * mild
        assert mild > floor
    assert distance(noise) > 100 * floor


def test_grey_and_the_same_grey_in_three_channels_are_equal(seen):
    extractor, _ = seen
    grey = torch.arange(1024).remainder(256).to(torch.uint8).view(1, 1, 32, 32)
    for one, other in zip(extractor(grey), extractor(grey.expand(-1, 3, -1, -1)), strict=True):
        assert torch.equal(one, other)


def test_a_colour_is_its_luma():
    colours = torch.tensor([[255, 0, 0], [0, 255, 0], [0, 0, 255], [10, 20, 30]], dtype=torch.uint8)
    pixels = colours[:, :, None, None].expand(-1, -1, 32, 32)
    luma = torch.tensor([76, 150, 29, 18], dtype=torch.uint8)
    assert torch.equal(grey_32(pixels)[:, 0, 3, 4], from_uint8(luma))


def test_32_pixels_are_taken_as_they_are_and_other_sizes_are_resized():
    pixels = some(3, 1, 32, 32)
    torch.testing.assert_close(grey_32(pixels), from_uint8(pixels), rtol=0, atol=1e-6)
    ramp = torch.arange(64).mul(4).to(torch.uint8).expand(1, 1, 20, 64)
    narrowed = grey_32(ramp)
    assert narrowed.shape == (1, 1, 32, 32)
    between = (torch.arange(1, 31) * 8 + 2).float() / 127.5 - 1
    torch.testing.assert_close(narrowed[0, 0, 7, 1:31], between, rtol=0, atol=1e-5)


def test_an_image_does_not_depend_on_its_batch(seen):
    extractor, data = seen
    pixels = data.dataset("test").pixels[:7]
    whole = extractor(pixels)
    for n in (1, 3):
        parts = [extractor(part) for part in pixels.split(n)]
        for one, other in zip(whole, map(torch.cat, zip(*parts, strict=True)), strict=True):
            torch.testing.assert_close(one, other, rtol=0, atol=1e-4)


def test_precision_settings_of_a_run_change_nothing(seen):
    extractor, data = seen
    pixels = data.dataset("test").pixels[:5]
    plain = extractor(pixels)
    assert not plain.features.requires_grad
    before = torch.get_float32_matmul_precision()
    try:
        torch.set_float32_matmul_precision("medium")
        with torch.autocast("cpu", torch.bfloat16):
            mixed = extractor(pixels)
        assert torch.get_float32_matmul_precision() == "medium"
    finally:
        torch.set_float32_matmul_precision(before)
    for one, other in zip(plain, mixed, strict=True):
        assert other.dtype == torch.float32
        assert torch.equal(one, other)


def test_full_float32_puts_back_what_it_found_also_after_an_error():
    convolution = torch.backends.cudnn.conv
    before = convolution.fp32_precision

    def fail():
        assert convolution.fp32_precision == "ieee"
        assert not torch.is_grad_enabled()
        return 1 / 0

    with pytest.raises(ZeroDivisionError), full_float32(torch.device("cpu")):
        fail()
    assert convolution.fp32_precision == before
    assert torch.is_grad_enabled()


def test_reading_the_weights_draws_no_random_numbers_and_happens_once():
    extractor = EmbeddedFeatures(data="digits").to(torch.device("cpu"))
    state = torch.get_rng_state()
    extractor.prepare()
    assert torch.equal(torch.get_rng_state(), state)
    network = extractor._network
    extractor.prepare()
    assert extractor._network is network


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.int64])
def test_N11_only_uint8_is_taken(dtype):
    with pytest.raises(TypeError, match="uint8"):
        EmbeddedFeatures(data="digits")(torch.zeros(2, 1, 32, 32, dtype=dtype))


@pytest.mark.parametrize("shape", [(2, 2, 32, 32), (2, 5, 32, 32), (1, 32, 32), (2, 32)])
def test_other_shapes_are_refused(shape):
    with pytest.raises(ValueError, match=r"\(B, 1, 3 or 4, H, W\)"):
        EmbeddedFeatures(data="digits")(torch.zeros(shape, dtype=torch.uint8))


def test_S15_a_damaged_or_missing_file_is_told_in_a_sentence(tmp_path, monkeypatch):
    content = bytearray((WEIGHTS / "digits.safetensors").read_bytes())
    monkeypatch.setattr(classifier, "WEIGHTS", tmp_path)
    with pytest.raises(UserError, match=r"digits\.safetensors cannot be read .* install ganlab again"):
        EmbeddedFeatures(data="digits").prepare()
    content[-1] ^= 1
    (tmp_path / "digits.safetensors").write_bytes(content)
    with pytest.raises(UserError, match=f"damaged.*not with {SHA256['digits'][:8]}; install ganlab again"):
        EmbeddedFeatures(data="digits").prepare()


def test_a_set_without_a_classifier_is_refused():
    with pytest.raises(UserError, match="data=mnist: ganlab has classifiers of digits and of glyphs"):
        EmbeddedFeatures(data="mnist")


def test_transparent_images_lie_on_mid_grey_and_nothing_else_is_seen_of_them():
    image = torch.randint(0, 256, (3, 4, 20, 32), dtype=torch.uint8)
    image[:, 3, :, :16] = 0
    image[:, 3, :, 16:] = 255
    laid = image[:, :3].clone()
    laid[:, :, :, :16] = GROUND
    assert torch.equal(as_seen(image), laid)
    assert torch.equal(as_seen(laid), laid)
    network = EmbeddedFeatures(data="digits")
    assert torch.equal(network(image).features, network(laid).features)
    assert resize_in_words(network, (4, 20, 32)) == (
        "RGBA laid on mid-grey (128), grey, bilinear to 32x32, 20x32 squeezed to a square"
    )
    assert resize_in_words(network, (1, 32, 32)) == network.resize
