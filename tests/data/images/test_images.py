"""What every image data module gives to training: range, order, flips, place to begin."""

from itertools import islice

import lightning.pytorch as pl
import pytest
import torch

from ganlab.data.base import ImageData, Splits, dequantized, mirrored
from ganlab.data.order import IndexStream
from ganlab.data.store.memory import MemoryImages, resized, with_channels
from ganlab.errors import UserError
from ganlab.pixels import from_uint8
from ganlab.sets import ImageSet
from tests.support.data import attach, first


class Noise(ImageData):
    """40 random images, the first pixel of each its number."""

    loads = 0

    def load(self) -> Splits:
        self.loads += 1
        generator = torch.Generator().manual_seed(0)
        pixels = torch.randint(0, 256, (40, 3, 6, 4), generator=generator, dtype=torch.uint8)
        return Splits(MemoryImages(pixels, torch.arange(40) % 4, tuple("abcd")), MemoryImages(pixels[:0]))


def noise(**changes) -> Noise:
    return Noise(**({"image_size": [6, 4], "batch_size": 8, "seed": 5} | changes))


def test_batches_are_the_images_of_the_stream_between_minus_one_and_one():
    data = noise()
    order = IndexStream(length=40, batch_size=8, seed=5)
    for step, batch in enumerate(first(data, 12)):
        indices = order.indices(step)
        assert torch.equal(batch["image"], from_uint8(data.dataset("train").images(indices)))
        assert torch.equal(batch["label"], indices % 4)
        assert batch["image"].dtype == torch.float32
        assert -1 <= batch["image"].min() < -0.9 < 0.9 < batch["image"].max() <= 1


def test_the_loader_has_no_length_and_begins_at_the_modules_step_when_iterated():
    straight = first(noise(flip=True), 9)
    data = attach(noise(flip=True))
    loader = data.train_dataloader()
    with pytest.raises(TypeError):
        len(loader)
    data.trainer.lightning_module.steps = torch.tensor(4)  # restored after the loader was made
    for resumed, batch in zip(islice(loader, 5), straight[4:], strict=True):
        assert torch.equal(resumed["image"], batch["image"])


def test_flips_mirror_about_half_of_the_images_and_nothing_else():
    plain, flipped = first(noise(), 50), first(noise(flip=True), 50)
    turned = 0
    for straight, batch in zip(plain, flipped, strict=True):
        for before, after in zip(straight["image"], batch["image"], strict=True):
            same, mirror = torch.equal(before, after), torch.equal(before.flip(2), after)
            assert same != mirror
            turned += mirror
    assert 150 < turned < 250  # of 400, standard deviation 10
    always = first(noise(flip=1.0), 1)[0]["image"]
    assert torch.equal(always, plain[0]["image"].flip(3))
    assert torch.equal(noise(flip=True).dataset("train").pixels, noise().dataset("train").pixels)


def test_P1_two_ranks_see_what_one_process_at_twice_the_batch_sees_flips_included():
    whole = first(noise(batch_size=16, flip=0.3), 7)
    ranks = [first(attach(noise(flip=0.3), rank=rank, world=2), 7) for rank in (0, 1)]
    for both, zero, one in zip(whole, *ranks, strict=True):
        assert torch.equal(both["image"], torch.cat((zero["image"], one["image"])))
        assert torch.equal(both["label"], torch.cat((zero["label"], one["label"])))


def test_dequantized_images_are_wgan_gp_s_and_lie_within_their_pixel_s_step():
    """The authors' code: x / 128 - 1 + U(0, 1/128)."""
    plain, noisy = first(noise(), 6), first(noise(dequantize=1.0), 6)
    shares = []
    for before, after in zip(plain, noisy, strict=True):
        pixels = (before["image"] + 1) * 127.5
        added = after["image"] - (pixels / 128 - 1)
        assert -1e-6 <= added.min() < added.max() <= 1 / 128 + 1e-6
        shares.append(added * 128)
        assert -1 <= after["image"].min() < after["image"].max() <= 1
    shares = torch.stack(shares).flatten()
    assert shares.mean().item() == pytest.approx(0.5, abs=0.03)
    assert shares.var().item() == pytest.approx(1 / 12, rel=0.05)
    again = first(attach(noise(dequantize=1.0), steps=4), 2)
    assert torch.equal(again[0]["image"], noisy[4]["image"])
    assert not torch.equal(noisy[0]["image"], noisy[5]["image"])


def test_P1_two_ranks_add_the_noise_of_one_process_at_twice_the_batch():
    whole = first(attach(noise(dequantize=0.5, flip=True, batch_size=8)), 2)
    halves = [
        first(attach(noise(dequantize=0.5, flip=True, batch_size=4), rank=r, world=2), 2) for r in (0, 1)
    ]
    for step in (0, 1):
        assert torch.equal(torch.cat([half[step]["image"] for half in halves]), whole[step]["image"])


def test_dequantized_reaches_both_ends_of_the_range():
    ends = torch.tensor([0, 255], dtype=torch.uint8)
    assert dequantized(ends, torch.tensor([0.0, 0.5]), 0.5).tolist() == pytest.approx([-1, 1])
    assert torch.equal(dequantized(ends, torch.zeros(2), 0.0), torch.tensor([-1.0, 1.0]))


def test_mirrored_turns_only_the_chosen():
    images = torch.arange(24, dtype=torch.uint8).view(3, 1, 2, 4)
    out = mirrored(images, torch.tensor([False, True, False]))
    assert torch.equal(out[[0, 2]], images[[0, 2]])
    assert out[1].tolist() == [[[11, 10, 9, 8], [15, 14, 13, 12]]]


def test_prepare_loads_once_and_sets_are_image_sets():
    data = noise()
    for _ in range(3):
        data.prepare()
        data.prepare_data()
    assert data.loads == 1
    assert isinstance(data.dataset("train"), ImageSet)
    assert data.classes == ("a", "b", "c", "d")
    assert data.dataset("train").labels(torch.tensor([0, 5])).tolist() == [0, 1]


def test_D2_a_batch_larger_than_the_set_stops_before_training():
    with pytest.raises(UserError, match=r"data.batch_size=41 .*40 training images"):
        noise(batch_size=41).prepare()
    data = noise(batch_size=24)
    data.prepare()  # enough for one process
    with pytest.raises(UserError, match="2 processes"):
        attach(data, world=2).setup("fit")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"channels": 2}, "1 channel"),
        ({"batch_size": 0}, "at least 1"),
        ({"flip": 1.5}, "between 0 and 1"),
        ({"image_size": 0}, "positive"),
        ({"image_size": [3, 4, 5]}, r"\[height, width\]"),
    ],
)
def test_settings_that_make_no_sense_are_refused(changes, words):
    with pytest.raises(UserError, match=words):
        noise(**changes)


class Counter(pl.LightningModule):
    """A module that notes what it is given."""

    def __init__(self, steps: int) -> None:
        super().__init__()
        self.steps, self.seen = steps, []
        self.weight = torch.nn.Parameter(torch.zeros(()))
        self.automatic_optimization = False

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), 1)

    def training_step(self, batch, batch_idx):
        self.seen.append(batch["image"])
        self.optimizers().step()


def test_a_plain_trainer_reads_the_stream_from_the_modules_step(tmp_path):
    module = Counter(steps=3)
    trainer = pl.Trainer(
        max_steps=4,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        default_root_dir=tmp_path,
    )
    trainer.fit(module, datamodule=noise(flip=True))
    expected = first(noise(flip=True), 7)[3:]
    assert len(module.seen) == 4
    for seen, batch in zip(module.seen, expected, strict=True):
        assert torch.equal(seen, batch["image"])


def test_transfer_of_a_batch_that_is_there_copies_nothing():
    batch = first(noise(), 1)[0]
    moved = noise().transfer_batch_to_device(batch, torch.device("cpu"), 0)
    assert moved["image"].data_ptr() == batch["image"].data_ptr()


def test_luma_of_tensors_agrees_with_pillow():
    from PIL import Image

    pixels = noise().dataset("train").pixels
    grey = with_channels(pixels, 1)
    assert grey.shape == (40, 1, 6, 4)
    for image, own in zip(pixels, grey, strict=True):
        pillow = Image.fromarray(image.permute(1, 2, 0).numpy()).convert("L")
        assert (torch.tensor(list(pillow.tobytes())).view(6, 4) - own[0].long()).abs().max() <= 1
    assert torch.equal(with_channels(grey, 3), grey.expand(-1, 3, -1, -1))


def test_resized_keeps_constant_images_and_interpolates_between():
    flat = torch.full((2, 1, 8, 8), 200, dtype=torch.uint8)
    assert torch.equal(resized(flat, 32, 20), torch.full((2, 1, 32, 20), 200, dtype=torch.uint8))
    edge = torch.tensor([[[[0, 100]]]], dtype=torch.uint8)
    assert resized(edge, 1, 4).tolist() == [[[[0, 25, 75, 100]]]]  # bilinear, centres of pixels
    assert resized(torch.tensor([[[[0, 100, 50, 250]]]], dtype=torch.uint8), 1, 1).item() == pytest.approx(
        91, abs=10
    )
