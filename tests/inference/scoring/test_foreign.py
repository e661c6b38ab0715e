"""Generators of other programs: the same images as ganlab's own call of them, and code runs only where it is named."""

import sys

import pytest
import torch
from torch import nn

from ganlab.config import own
from ganlab.errors import UserError
from ganlab.inference.scoring.kinds import find
from ganlab.inference.scoring.kinds.foreign import Foreign
from ganlab.pixels import to_uint8


def side(word, z="normal:6", n=5, seed=0):
    return find.side("generated", str(word), on_corrupt="error", workers=1, z=z, n=n, seed=seed)


def images_of(found, batch_size=2):
    return torch.cat([part.images for part in found.pictures(range(len(found)), batch_size)])


class Tiny(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(6, 64)

    def forward(self, z):
        return torch.tanh(self.layer(z)).view(-1, 1, 8, 8)


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return Tiny().eval()


def expected(network, n=5, seed=0):
    draws = torch.Generator().manual_seed(seed)
    z = torch.cat([torch.randn([size, 6], generator=draws) for size in (2, 2, 1)])
    return to_uint8(network(z[:n]))


def test_onnx_draws_what_the_network_draws(network, tmp_path):
    pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    path = tmp_path / "generator.onnx"
    axes = {"z": {0: torch.export.Dim("batch", min=1, max=1024)}}
    torch.onnx.export(
        network,
        (torch.zeros(2, 6),),
        path,
        dynamo=True,
        verbose=False,
        input_names=["z"],
        dynamic_shapes=axes,
    )
    assert (images_of(side(path)).int() - expected(network).int()).abs().max() <= 1
    assert not torch.equal(images_of(side(path, seed=1)), images_of(side(path)))
    with pytest.raises(UserError, match=r"fails for noise of shape \(2, 7\).*is z as it takes it"):
        images_of(side(path, z="normal:7"))
    (tmp_path / "bad.onnx").write_bytes(b"no graph")
    with pytest.raises(UserError, match=r"bad\.onnx cannot be read as ONNX"):
        side(tmp_path / "bad.onnx")


def test_torchscript_runs_only_where_it_is_named(network, tmp_path, monkeypatch):
    path = tmp_path / "generator.pt"
    torch.jit.trace(network, torch.zeros(1, 6)).save(str(path))
    with pytest.raises(UserError, match=r"is a program that would run.*GANLAB_TRUST=generator\.pt"):
        side(path)
    monkeypatch.setenv("GANLAB_TRUST", "generator.pt,weights.pt")
    assert torch.equal(images_of(side(path)), expected(network))
    torch.save(network.state_dict(), tmp_path / "weights.pt")
    with pytest.raises(UserError, match="weights alone are no generator"):
        side(tmp_path / "weights.pt")


def test_a_function_runs_only_where_it_is_named(tmp_path, monkeypatch):
    (tmp_path / "my_samplers.py").write_text(
        "open('ran', 'w').close()\ndef draw(z):\n    return z.view(-1, 1, 2, 3).clamp(-1, 1)\nnumber = 3\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(UserError, match=r"my_samplers:draw is code that would run.*GANLAB_TRUST=my_samplers"):
        side("my_samplers:draw")
    assert not (tmp_path / "ran").exists()
    own.use([tmp_path])
    assert images_of(side("my_samplers:draw")).shape == (5, 1, 2, 3)
    for word, said in {"my_samplers:paint": "cannot be imported", "my_samplers:number": "is a int"}.items():
        with pytest.raises(UserError, match=said):
            side(word)
    own.use([])
    sys.modules.pop("my_samplers", None)


@pytest.mark.parametrize(
    ("draw", "said"),
    [
        (lambda z: z.new_full((len(z), 3, 4, 4), 200.0), "values from 200 to 200: expected images"),
        (lambda z: torch.rand(len(z), 3, 4, 4), "values from 0.* to 0.9"),
        (lambda z: z.new_full((len(z), 3, 4, 4), torch.nan), "NaN or infinite"),
        (lambda z: z.new_zeros(len(z), 3, 4, 4).long(), "torch.int64: expected"),
        (lambda z: z.new_zeros(len(z), 4, 4, 3), r"gives \(2, 4, 4, 3\) for 2 vectors"),
    ],
)
def test_what_is_no_image_is_named(draw, said):
    with pytest.raises(UserError, match=said):
        images_of(Foreign("mine", draw, z="normal:6", n=5, seed=0))


def test_a_noise_is_read_and_uniform_noise_is_from_minus_one_to_one():
    found = Foreign("mine", lambda z: z, z="uniform:3x8x8", n=5, seed=0)
    assert images_of(found).shape == (5, 3, 8, 8)
    for z in (None, "normal", "normal:0", "poisson:3"):
        with pytest.raises(UserError, match=f"z={z}: mine needs to know its noise"):
            Foreign("mine", lambda z: z, z=z, n=5, seed=0)
