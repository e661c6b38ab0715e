"""pix2pixHD's step, term by term."""

import pytest
import torch

from tests.support.games import step, still
from tests.support.variants import translator


def test_it_is_the_paper_s_game(tmp_path):
    module, (g, d), calls = step(still(translator("pix2pixhd")), tmp_path)
    batch = module.trainer.datamodule.batch(0)
    source, target = batch["source"], batch["target"]
    assert len(calls["generator"]) == 1, "one translation for both players"
    with torch.no_grad():
        fake = module.generator(source)
        real_maps = module.discriminator(torch.cat([source, target], 1))
        fake_maps = module.discriminator(torch.cat([source, fake], 1))
    scales = list(zip(real_maps, fake_maps, strict=True))
    assert len(scales) == 2
    squares = [((r[-1] - 1).square().mean() + f[-1].square().mean()).item() for r, f in scales]
    assert d == {"adversarial": pytest.approx(sum(squares) / 2, rel=1e-4)}
    matching = sum(
        (f - r).abs().mean().item() for a, b in scales for r, f in list(zip(a, b, strict=True))[:-1]
    )
    assert g == {
        "adversarial": pytest.approx(sum((f[-1] - 1).square().mean().item() for _, f in scales), rel=1e-4),
        "features": pytest.approx(10 * matching / 2, rel=1e-4),
        "perceptual_glyphs": pytest.approx(10 * module.perceptual(fake, target).item(), rel=1e-4),
    }


def test_a_scale_sees_the_picture_at_half_of_the_size_of_the_one_before():
    """With the same weights in both, the coarse maps of a doubled picture are the fine maps of the picture within."""
    from ganlab.networks.translation.multiscale import MultiScale

    network = MultiScale(channels=1, scales=2, layers=1, width=2)
    network.scales[1].load_state_dict(network.scales[0].state_dict())
    flat = torch.full((1, 1, 16, 16), 0.3)
    coarse, fine = network(flat.repeat_interleave(2, 2).repeat_interleave(2, 3))[1], network(flat)[0]
    for one, other in zip(coarse, fine, strict=True):
        torch.testing.assert_close(one, other)
    seen = []
    network.scales[1].register_forward_pre_hook(lambda _, args: seen.append(args[0]))
    network.scales[1][0].register_forward_pre_hook(lambda _, args: seen.append(args[0]))
    network(torch.ones(1, 1, 8, 8))
    torch.testing.assert_close(
        seen[0], torch.ones(1, 1, 4, 4), msg="what lies beyond the border does not count"
    )
