"""Weights in the layout of the widely used PyTorch code: networks with those names, and what becomes of them."""

from functools import partial
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from ganlab.errors import UserError
from ganlab.inference.import_weights import converted, read
from ganlab.inference.load import load
from ganlab.networks.translation.patch import PatchGAN
from ganlab.networks.translation.residual import ResNetTranslator
from ganlab.networks.translation.unet import UNet
from tests.models.translation.test_variants import config
from tests.support.runs import fit

Conv, Up, Instance = nn.Conv2d, nn.ConvTranspose2d, nn.InstanceNorm2d
stale = partial(Instance, track_running_stats=True)  # as in files of 2017, whose statistics were never used


class Nested(nn.Module):
    """A layer of ``model``; with a skip around it, or without at the outermost level."""

    def __init__(self, *layers: nn.Module, skip: bool = True) -> None:
        super().__init__()
        self.model, self.skip = nn.Sequential(*layers), skip

    def forward(self, maps):
        made = self.model(maps)
        return torch.cat([maps, made], 1) if self.skip else made


def unet(width: int = 4, depth: int = 5) -> nn.Module:
    """Names such as model.model.1.model.3.model.1.weight, one level inside the other."""
    widths = [width * min(2**level, 8) for level in range(depth)]
    down, up = (
        partial(Conv, kernel_size=4, stride=2, padding=1),
        partial(Up, kernel_size=4, stride=2, padding=1),
    )
    low, lower = widths[-1], widths[-2]
    inside = Nested(
        nn.LeakyReLU(0.2),
        down(lower, low, bias=False),
        nn.ReLU(),
        up(low, lower, bias=False),
        nn.BatchNorm2d(lower),
    )
    for outer, inner in zip(widths[-3::-1], widths[-2:0:-1], strict=True):
        inside = Nested(
            nn.LeakyReLU(0.2),
            down(outer, inner, bias=False),
            nn.BatchNorm2d(inner),
            inside,
            nn.ReLU(),
            up(2 * inner, outer, bias=False),
            nn.BatchNorm2d(outer),
        )
    ends = down(1, width, bias=False), inside, nn.ReLU(), up(2 * width, 3), nn.Tanh()
    return nn.ModuleDict({"model": Nested(*ends, skip=False)})


class Block(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        layer = [nn.ReflectionPad2d(1), Conv(width, width, 3), stale(width)]
        again = [nn.ReflectionPad2d(1), Conv(width, width, 3), stale(width)]
        self.conv_block = nn.Sequential(*layer, nn.ReLU(), *again)

    def forward(self, maps):
        return maps + self.conv_block(maps)


def resnet(channels: tuple[int, int] = (1, 3), width: int = 4, blocks: int = 6) -> nn.Module:
    """Names such as model.10.conv_block.1.weight, so that 10 must come after 9; with stale statistics."""
    one, other = channels
    layers = [nn.ReflectionPad2d(3), Conv(one, width, 7), stale(width), nn.ReLU()]
    for wide in (width, 2 * width):
        layers += [Conv(wide, 2 * wide, 3, stride=2, padding=1), stale(2 * wide), nn.ReLU()]
    layers += [Block(4 * width) for _ in range(blocks)]
    for wide in (4 * width, 2 * width):
        layers += [Up(wide, wide // 2, 3, stride=2, padding=1, output_padding=1), stale(wide // 2), nn.ReLU()]
    return nn.ModuleDict(
        {"model": nn.Sequential(*layers, nn.ReflectionPad2d(3), Conv(width, other, 7), nn.Tanh())}
    )


def patch() -> nn.Module:
    layers = [Conv(2, 4, 4, 2, 1), nn.LeakyReLU(0.2)]
    for before, after, stride in ((4, 8, 2), (8, 16, 1)):
        layers += [Conv(before, after, 4, stride, 1, bias=False), nn.BatchNorm2d(after), nn.LeakyReLU(0.2)]
    return nn.ModuleDict({"model": nn.Sequential(*layers, Conv(16, 1, 4, 1, 1))})


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
    from ganlab.inference.import_weights import import_weights

    torch.manual_seed(0)
    theirs, path, folder = resnet(blocks=3, width=8), tmp_path / "horse2zebra.pth", tmp_path / "run"
    torch.save(theirs.state_dict(), path)
    cfg = config("cyclegan", "model.identity_weight=0", "trainer.max_steps=2")
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
