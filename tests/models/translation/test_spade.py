"""SPADE's step, term by term; label maps of one's own through it."""

import numpy as np
import pytest
import torch
from PIL import Image

from ganlab.cli import main
from ganlab.config import instantiate, save_config
from ganlab.errors import UserError
from ganlab.pixels import coloured_regions, from_uint8
from tests.support.games import step, still
from tests.support.runs import fit
from tests.support.variants import translator


def test_it_is_the_paper_s_game(tmp_path):
    module, (g, d), calls = step(still(translator("spade")), tmp_path)
    batch = module.trainer.datamodule.batch(0)
    label_map, target = batch["label_map"], batch["target"]
    assert len(calls["generator"]) == 1, "one picture for both players"
    assert [len(pairs) for pairs in calls["discriminator"]] == [4, 4], "real and fake in one batch"
    seen = calls["discriminator"][1]
    labels, fake = module.generator.labels(label_map), seen[2:, 6:]
    assert torch.equal(seen, torch.cat([torch.cat([labels, target], 1), torch.cat([labels, fake], 1)]))
    with torch.no_grad():
        maps = module.eval().discriminator(seen)
    assert len(maps) == 2
    scales = [(scale[-1][:2], scale[-1][2:]) for scale in maps]
    hinges = [((1 - r).clamp_min(0).mean() + (1 + f).clamp_min(0).mean()).item() for r, f in scales]
    # the power iteration of spectral normalization has moved on since
    assert d == {"adversarial": pytest.approx(sum(hinges) / 2, rel=0.05)}
    assert set(g) == {"adversarial", "features", "perceptual_glyphs"}
    assert g["adversarial"] == pytest.approx(-sum(f.mean().item() for _, f in scales) / 2, abs=0.05)
    matching = sum((each[2:] - each[:2]).abs().mean().item() for scale in maps for each in scale[:-1])
    assert g["features"] == pytest.approx(10 * matching / 2, rel=0.05)
    distance = module.perceptual(fake, target).item()
    assert g["perceptual_glyphs"] == pytest.approx(10 * distance, rel=1e-3)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("spade")
    cfg = translator("spade", "trainer.max_steps=1")
    save_config(cfg, folder, ["model=spade"])
    fit(cfg, folder)
    return folder


def test_label_maps_of_one_s_own_are_read_as_ids_in_grey_and_in_palettes(run, tmp_path, caplog):
    ids = np.random.default_rng(0).integers(0, 5, (37, 45)).astype(np.uint8)
    maps, palette = tmp_path / "maps", Image.fromarray(ids)
    maps.mkdir()
    Image.fromarray(ids).save(maps / "grey.png")
    palette.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 9, 9, 200, 200, 0])
    palette.save(maps / "palette.png")
    Image.fromarray(ids + 3).save(maps / "strange.png")
    Image.new("RGB", (20, 20), "red").save(maps / "colours.png")
    assert main(["sample", f"run={run}", f"input={maps}", f"output={tmp_path / 'made'}"]) == 0
    grey, of_palette = (Image.open(tmp_path / "made" / f"{name}.png") for name in ("grey", "palette"))
    assert grey.size == (45, 37)
    assert grey.mode == "RGB"
    assert grey.tobytes() == of_palette.tobytes()
    assert "colours.png holds colours (#ff0000, ...) and no ids of regions: name the colours" in caplog.text
    assert "a label map with the ids 5, 6, 7: this model knows 0 to 4, and 255 for what nobody" in caplog.text
    assert "input" in (tmp_path / "made" / "gallery.html").read_text()


def test_what_nobody_knows_is_no_strange_id():
    model = instantiate(translator("spade").model)
    image = from_uint8(torch.full((1, 1, 32, 32), 255))
    assert model.convert(image, "output").shape == (1, 3, 32, 32)
    with pytest.raises(UserError, match=r"the ids 5: this model knows 0 to 4"):
        model.convert(from_uint8(torch.full((1, 1, 32, 32), 5)), "output")


def test_each_id_has_a_colour_of_its_own_and_255_is_grey():
    colours = coloured_regions(from_uint8(torch.arange(256).view(1, 1, 16, 16)))[0].flatten(1).T
    assert colours.shape == (256, 3)
    assert len({tuple(colour) for colour in colours.tolist()}) == 256
    assert colours[255].tolist() == [0, 0, 0]
    assert colours.abs().max() <= 1
