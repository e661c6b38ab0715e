"""Weights in the layout of the widely used PyTorch code: networks with those names, and what becomes of them."""

from functools import partial
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from ganlab.errors import UserError
from ganlab.inference.foreign.import_weights import converted, read
from ganlab.inference.load import load
from ganlab.layers.labels import OneHot
from ganlab.networks.translation.coarse_to_fine import CoarseToFineTranslator
from ganlab.networks.translation.esrgan import RRDBNet
from ganlab.networks.translation.multiscale import MultiScale
from ganlab.networks.translation.patch import PatchGAN
from ganlab.networks.translation.residual import ResNetTranslator
from ganlab.networks.translation.spade import SPADEGenerator
from ganlab.networks.translation.unet import UNet
from tests.support.known_layouts import (
    RRDB,
    CUTProjection,
    Enhancer,
    cut_patch,
    cut_resnet,
    patch,
    resnet,
    unet,
)
from tests.support.runs import fit
from tests.support.variants import translator

CASES = {
    "unet": (unet, partial(UNet, in_channels=1, out_channels=3, image_size=32, width=4, dropout=0.0)),
    "resnet": (
        resnet,
        partial(ResNetTranslator, in_channels=1, out_channels=3, image_size=32, width=4, blocks=6),
    ),
    "patch": (patch, partial(PatchGAN, channels=2, image_size=32, width=4, layers=2)),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_a_network_of_theirs_gives_the_same_pictures_here(name, suffix, tmp_path):
    make, own = CASES[name]
    torch.manual_seed(0)
    theirs, path = make(), tmp_path / f"latest_net{suffix}"
    images = torch.randn(2, 2 if name == "patch" else 1, 32, 32)
    expected = theirs["model"](images)  # in train mode, which also moves the stale statistics
    state = {f"module.{key}": value for key, value in theirs.state_dict().items()}
    (torch.save if suffix == ".pth" else save_file)(state, path)
    network = own().eval() if name != "patch" else own()
    network.load_state_dict(converted(read(path), network, path))
    torch.testing.assert_close(network(images), expected)


@pytest.mark.parametrize("old", [False, True])
def test_basicsr_s_network_gives_the_same_pictures_here(old, tmp_path):
    """Its pictures are in [0, 1]; a file may hold an average beside the weights."""
    torch.manual_seed(0)
    theirs, path = RRDB(old=old), tmp_path / "RRDB_ESRGAN_x4.pth"
    state = theirs.state_dict()
    other = {key: torch.zeros_like(value) for key, value in state.items()}
    torch.save(state if old else {"params": other, "params_ema": state}, path)
    network = RRDBNet(channels=3, width=4, growth=2, blocks=2)
    network.load_state_dict(converted(read(path), network, path))
    low = torch.rand(1, 3, 5, 7)
    with torch.no_grad():
        torch.testing.assert_close((network(2 * low - 1) + 1) / 2, theirs(low))
    wider = RRDBNet(channels=3, width=8, growth=2, blocks=2)
    with pytest.raises(
        UserError,
        match=r"conv_first\.weight is \(4, 3, 3, 3\), and first\.weight here is \(8, 3, 3, 3\); choose",
    ):
        converted(read(path), wider, path)
    deeper = RRDBNet(channels=3, width=4, growth=2, blocks=3)
    with pytest.raises(UserError, match=r"blocks\.2\.dense1\.conv1\.weight is absent"):
        converted(read(path), deeper, path)


def test_pix2pixhd_s_enhancer_gives_the_same_pictures_here_by_its_names():
    torch.manual_seed(0)
    theirs, path = Enhancer(), Path("latest_net_G.pth")
    state = dict(reversed(theirs.state_dict().items()))  # the order in the file does not matter
    network = CoarseToFineTranslator(in_channels=1, out_channels=3, image_size=32, width=4, blocks=2)
    network.load_state_dict(converted(state, network, path))
    images = torch.randn(2, 1, 32, 48)
    torch.testing.assert_close(network(images), theirs(images))
    whole = resnet((1, 3), 4, 2).state_dict()
    with pytest.raises(UserError, match=r"enter\.1\.weight is absent, and enter\.1\.weight here is \(2, 1"):
        converted(whole, network, path)


def of_spade(blocks: list[str]) -> dict[str, torch.Tensor]:
    """The names in SPADE's latest_net_G.pth, with the shapes of a generator of width 2 that doubles twice."""
    shapes = {"fc": (4, 4, 3), "conv_img": (3, 2, 3)}
    for name, before, after in zip(blocks, (4, 4, 4, 4), (4, 4, 4, 2), strict=True):
        middle = min(before, after)
        convolutions = {"0": (middle, before, 3), "1": (after, middle, 3)}
        convolutions |= {"s": (after, before, 1)} if before != after else {}
        for part, shape in convolutions.items():
            shapes[f"{name}.conv_{part}"] = shape
            wide = middle if part == "1" else before
            norm = f"{name}.norm_{part}"
            shapes |= {f"{norm}.mlp_shared.0": (5, 4, 3), f"{norm}.mlp_gamma": (wide, 5, 3)}
            shapes |= {f"{norm}.mlp_beta": (wide, 5, 3), f"{norm}.param_free_norm": (wide,)}
    state = {}
    for name, shape in shapes.items():
        if name.endswith("norm"):
            state |= {f"{name}.running_mean": torch.randn(shape), f"{name}.running_var": torch.rand(shape)}
            state[f"{name}.num_batches_tracked"] = torch.tensor(7)
            continue
        normal = ".conv_" in name
        out, entering, kernel = shape
        state[f"{name}.weight_orig" if normal else f"{name}.weight"] = torch.randn(
            out, entering, kernel, kernel
        )
        state |= {f"{name}.weight_u": torch.randn(out)} if normal else {}
        state |= {f"{name}.weight_v": torch.randn(entering * kernel**2)} if normal else {}
        state |= {} if name.endswith("conv_s") else {f"{name}.bias": torch.randn(out)}
    return state


def test_names_of_spade_s_generator_and_of_both_multiscale_discriminators():
    torch.manual_seed(0)
    state = of_spade(["head_0", "G_middle_0", "G_middle_1", "up_0"])
    network = SPADEGenerator(labels=OneHot(regions=3), image_size=32, doublings=2, width=2, hidden=5)
    network.load_state_dict(converted(state, network, Path("latest_net_G.pth")))
    convolution = network.blocks[3].conv_s.parametrizations.weight
    assert torch.equal(convolution.original, state["up_0.conv_s.weight_orig"])
    assert torch.equal(convolution[0]._u, state["up_0.conv_s.weight_u"])
    assert torch.equal(network.blocks[2].norm_1.gamma.weight, state["G_middle_1.norm_1.mlp_gamma.weight"])
    assert torch.equal(
        network.blocks[0].norm_0.norm.running_var, state["head_0.norm_0.param_free_norm.running_var"]
    )
    del state["up_0.conv_1.bias"]
    with pytest.raises(UserError, match=r"blocks\.3\.conv_1\.bias is absent, and blocks\.3"):
        converted(state, network, Path("latest_net_G.pth"))
    for spectral in (True, False):
        network = MultiScale(channels=4, width=2, layers=1, spectral=spectral)
        own = {key: torch.randn_like(value) for key, value in network.state_dict().items()}
        theirs = {}
        for key, value in own.items():
            _, scale, layer, inner, rest = key.split(".", 4)
            rest = rest.replace("parametrizations.weight.original", "weight_orig")
            rest = rest.replace("parametrizations.weight.0._", "weight_")
            place = f"{inner}.0" if spectral and layer == "1" else inner  # SPADE wraps what it normalizes
            theirs[
                f"discriminator_{scale}.model{layer}.{place}.{rest}"
                if spectral
                else f"scale{1 - int(scale)}_layer{layer}.{inner}.{rest}"
            ] = value
        found = converted(theirs, network, Path("latest_net_D.pth"))
        assert all(torch.equal(found[key], value) for key, value in own.items())


def test_the_statistics_that_a_layer_has_here_come_along():
    theirs, network = patch(), PatchGAN(channels=2, image_size=32, width=4, layers=2)
    theirs["model"](torch.randn(2, 2, 32, 32))
    network.load_state_dict(converted(theirs.state_dict(), network, Path("latest_net_D.pth")))
    norms = [
        [m.running_mean for m in net.modules() if isinstance(m, nn.BatchNorm2d)] for net in (theirs, network)
    ]
    assert len(norms[0]) == len(norms[1]) == 2
    assert all(torch.equal(a, b) and a.abs().sum() > 0 for a, b in zip(*norms, strict=True))


def test_another_network_and_a_damaged_file_are_told(tmp_path):
    path = tmp_path / "latest_net_G.pth"
    torch.save(resnet(blocks=9).state_dict(), path)
    network = ResNetTranslator(in_channels=1, out_channels=3, image_size=32, width=4, blocks=6)
    with pytest.raises(
        UserError, match=r"has 24 layers with weights, and the network here 18; choose the model/gen"
    ):
        converted(read(path), network, path)
    with pytest.raises(
        UserError, match=r"model\.1\.weight is \(4, 3, 7, 7\), and down\.1\.weight here is \(4, 1, 7, 7\)"
    ):
        converted(resnet((3, 3)).state_dict(), network, path)
    torch.save({"epoch": 3, "G": resnet().state_dict()}, path)
    with pytest.raises(UserError, match="holds no tensors by name"):
        read(path)
    path.write_bytes(path.read_bytes()[:-50])
    with pytest.raises(UserError, match="cannot be read as tensors by name"):
        read(path)
    with pytest.raises(UserError, match="no such file"):
        read(tmp_path / "none.pth")


def test_X1_a_file_that_would_run_code_is_not_read(tmp_path):
    class Payload:
        def __reduce__(self):
            return (open, (str(tmp_path / "marker"), "w"))

    torch.save({"weight": Payload()}, tmp_path / "bad.pth")
    with pytest.raises(UserError, match="cannot be read as tensors by name") as refusal:
        read(tmp_path / "bad.pth")
    assert "likely succeed" not in str(refusal.value)
    assert not (tmp_path / "marker").exists()


def test_an_imported_run_can_be_loaded_and_trained_on(tmp_path):
    from ganlab.inference.foreign.import_weights import import_weights

    torch.manual_seed(0)
    theirs, path, folder = resnet(blocks=3, width=8), tmp_path / "horse2zebra.pth", tmp_path / "run"
    torch.save(theirs.state_dict(), path)
    cfg = translator("cyclegan", "model.identity_weight=0", "trainer.max_steps=2")
    untouched = import_weights(cfg, {"a_to_b": path}, folder, ["model=cyclegan"])
    assert untouched == ["b_to_a", "discriminator_a", "discriminator_b"]
    module, image = load(folder), torch.randn(1, 1, 32, 32)
    torch.testing.assert_close(module.convert(image, "a_to_b"), theirs["model"](image))
    trained = fit(cfg, folder, resume=True)
    assert trained.steps == 2
    moved = (trained.a_to_b.down[1].weight - module.a_to_b.down[1].weight).abs().max()
    assert 0 < moved < 1e-3, "two steps of Adam from the imported weights"
    with pytest.raises(UserError, match="is not empty; choose another output=DIRECTORY"):
        import_weights(cfg, {"a_to_b": path}, folder, [])
    with pytest.raises(UserError, match=r"^generator=.*: this model has the networks a_to_b, b_to_a"):
        import_weights(cfg, {"generator": path}, tmp_path / "other", [])


def test_CUT_s_three_networks_look_at_a_picture_as_theirs_do(tmp_path):
    from ganlab.inference.foreign.import_weights import import_weights

    torch.manual_seed(0)
    theirs = {"": cut_resnet(width=8), "discriminator": cut_patch(), "projection": CUTProjection((3, 16), 8)}
    files = {name: tmp_path / f"{name or 'generator'}.pth" for name in theirs}
    for name, path in files.items():
        torch.save(theirs[name].state_dict(), path)
    words = ["model.generator.blocks=3", "model.taps=[0,1]", "model.discriminator.layers=2"]
    cfg = translator("cut", *words)
    cfg.model.discriminator.width = 4
    assert import_weights(cfg, files, tmp_path / "run", ["model=cut"]) == []
    model, images = load(tmp_path / "run"), torch.randn(2, 3, 32, 32)
    generator, discriminator = (theirs[name]["model"] for name in ("", "discriminator"))
    torch.testing.assert_close(model.generator(images), generator(images))
    torch.testing.assert_close(model.discriminator(images), discriminator(images))
    seen, places = [generator[:1](images), generator[:5](images)], [torch.tensor([3, 900]), torch.tensor([0])]
    made = model.projection(model.generator.encode(images, model.taps), places)
    for own, other in zip(made, theirs["projection"](seen, places), strict=True):
        torch.testing.assert_close(own, other)
