"""Holes: where they are, how large, and that those of scored pictures never change."""

import torch

from ganlab.data.translation.inpainting import centre_hole, random_holes
from ganlab.data.translation.photos import PhotosInpaint
from ganlab.randomness import Draws


def test_the_centre_is_a_square_in_the_middle():
    mask = centre_hole(8, 10, 4)
    assert mask.sum() == 16
    assert mask[0, 0, 2:6, 3:7].all()
    assert centre_hole(7, 7, 4)[0, 0, 1:5, 1:5].all()  # nearer to the top left


def test_random_holes_are_up_to_the_pixels_of_the_square_everywhere_and_all_different():
    masks = random_holes(Draws(0, "test"), 2000, 32, 48, 16 * 16)
    assert masks.shape == (2000, 1, 32, 48)
    assert set(masks.unique().tolist()) == {0.0, 1.0}
    hidden = masks.sum((1, 2, 3))
    assert hidden.max() <= 256
    assert hidden.min() > 0.25 * 256 / 4  # one rectangle at least
    assert 80 < hidden.mean() < 180
    assert len({mask.numpy().tobytes() for mask in masks}) == 2000
    assert (masks.sum(0) > 0).all()  # no place is safe


def test_training_holes_are_drawn_anew_and_those_of_scored_pictures_stay():
    data = PhotosInpaint(mask="random", image_size=32, mask_size=16, batch_size=4)
    stream = iter(data.train_dataloader())
    assert not torch.equal(next(stream)["mask"], next(stream)["mask"])
    examples = data.dataset("test")
    all_at_once = examples.batch(torch.arange(5))["mask"]
    assert torch.equal(all_at_once[3:4], examples.batch(torch.tensor([3]))["mask"])
    assert not torch.equal(all_at_once[3], all_at_once[4])


def test_the_picture_is_whole_and_centre_holes_are_the_models_to_hide():
    data = PhotosInpaint(image_size=32, mask_size=16, batch_size=4, flip=False)
    batch = next(iter(data.train_dataloader()))
    assert batch["mask"].sum().item() == 4 * 16 * 16
    inside = batch["image"][:, :, 8:24, 8:24]
    assert inside.std() > 0.05  # nothing is filled in
