"""Packs of samples, and a discriminator that scores them as one."""

import torch

from ganlab.layers.minibatch import packed, unpacked
from ganlab.networks.images.dcgan_minibatch import PackedDCGANDiscriminator
from ganlab.networks.points import PackedPointDiscriminator


def test_neighbours_of_the_batch_are_side_by_side_and_each_has_the_score_of_its_pack():
    images = torch.arange(12.0).view(6, 2, 1, 1)
    packs = packed(images, 3)
    assert packs.flatten(1).tolist() == [[0, 1, 2, 3, 4, 5], [6, 7, 8, 9, 10, 11]]
    assert unpacked(torch.tensor([5.0, 7.0]), 6, 3).tolist() == [5, 5, 5, 7, 7, 7]
    assert packed(images[:2], 3).flatten(1).tolist() == [[0, 1, 2, 3, 0, 1]]
    assert len(unpacked(torch.tensor([5.0]), 2, 3)) == 2
    assert packed(images[:5], 3).flatten(1).tolist() == [[0, 1, 2, 3, 4, 5], [6, 7, 8, 9, 0, 1]]
    assert len(unpacked(torch.tensor([5.0, 7.0]), 5, 3)) == 5
    assert packed(images[:1], 3).flatten(1).tolist() == [[0, 1, 0, 1, 0, 1]]


def test_a_packed_discriminator_sees_what_stands_beside_a_sample():
    torch.manual_seed(0)
    points = torch.randn(6, 2)
    discriminator = PackedPointDiscriminator(packing=3, widths=[16])
    score, other = (
        discriminator(points),
        discriminator(points.flip(0).roll(3, 0)),
    )  # in other order, packs alike
    assert score.shape == (6,)
    assert torch.equal(score[0], score[2])
    assert score[0] != score[3]
    assert not torch.allclose(score, other)
    images = torch.randn(4, 1, 16, 16)
    assert PackedDCGANDiscriminator(channels=1, image_size=16, width=4)(images).unique().shape == (2,)


def test_one_in_a_pack_is_a_score_for_each():
    discriminator, points = PackedPointDiscriminator(packing=1, widths=[4]), torch.randn(5, 2)
    torch.testing.assert_close(discriminator(points), discriminator.layers(points).squeeze(1))
