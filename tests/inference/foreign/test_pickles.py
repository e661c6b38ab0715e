"""Snapshots as NVIDIA's StyleGAN2 code writes them: read, mapped, and nothing in them run."""

import collections
import pickle
import sys
from types import ModuleType

import numpy as np
import pytest
import torch

from ganlab.errors import UserError
from ganlab.inference.foreign.import_weights import import_weights
from ganlab.inference.foreign.pickles import read_stored
from ganlab.inference.foreign.stylegan2 import renamed
from ganlab.inference.load import load
from tests.support.runs import build, tiny_config

SIDE, WIDE = 16, 8
PLAYERS = ("generator", "discriminator")
WORDS = ["model=stylegan2", f"data.image_size={SIDE}", "model.generator.mapping_layers=2"]
SOURCE = "raise SystemExit('code of the file was run')"


class Snapshot:
    """Pickles itself as their persistent classes do: a function by name, and a dictionary with source code."""

    def __init__(self, kind: str, state: dict) -> None:
        self.kind, self.state = kind, state

    def __reduce__(self):
        meta = {
            "type": "class",
            "version": 6,
            "module_src": SOURCE,
            "class_name": self.kind,
            "state": self.state,
        }
        return sys.modules["torch_utils.persistence"]._reconstruct_persistent_obj, (meta,)


@pytest.fixture
def theirs(monkeypatch):
    """Modules of theirs, for as long as a file is written."""
    for name in ("torch_utils", "torch_utils.persistence", "dnnlib", "dnnlib.util"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))

    def reconstruct(meta):
        raise AssertionError("unpickled")

    class EasyDict(dict):
        pass

    for made, name, home in (
        (reconstruct, "_reconstruct_persistent_obj", "torch_utils.persistence"),
        (EasyDict, "EasyDict", "dnnlib.util"),
    ):
        made.__module__, made.__qualname__, made.__name__ = home, name, name
        setattr(sys.modules[home], name, made)
    return EasyDict


def module(easy, kind: str, tensors: dict[str, torch.Tensor]) -> Snapshot:
    """A network of theirs with tensors by name, each layer an object of its own."""
    own = {name: value for name, value in tensors.items() if "." not in name}
    inner: dict[str, dict] = {}
    for name, value in tensors.items():
        if "." in name:
            layer, _, rest = name.partition(".")
            inner.setdefault(layer, {})[rest] = value
    buffers = {name for name in own if name in ("noise_const", "w_avg", "resample_filter")}
    state = {
        "training": False,
        "_parameters": collections.OrderedDict(
            (name, torch.nn.Parameter(value)) for name, value in own.items() if name not in buffers
        ),
        "_buffers": collections.OrderedDict((name, own[name]) for name in buffers),
        "_non_persistent_buffers_set": set(),
        "_modules": collections.OrderedDict(
            (name, module(easy, "Layer", part)) for name, part in inner.items()
        ),
        "_init_kwargs": easy(z_dim=64, act_gain=np.sqrt(2)),
    }
    return Snapshot(kind, state)


def their_generator() -> dict[str, torch.Tensor]:
    """Random tensors of a generator of 16 pixels, under their names and in their shapes."""
    found = {f"mapping.fc{i}.{part}": torch.randn(*shape) for i in (0, 1) for part, shape in LINEAR.items()}
    found |= {"mapping.w_avg": torch.randn(64), "synthesis.b4.const": torch.randn(WIDE, 4, 4)}
    for side in (4, 8, 16):
        for layer in ("conv0", "conv1")[side == 4 :]:
            found |= {
                f"synthesis.b{side}.{layer}.{name}": value
                for name, value in {
                    **affine(),
                    "weight": torch.randn(WIDE, WIDE, 3, 3),
                    "noise_strength": torch.randn(()),
                    "bias": torch.randn(WIDE),
                    "resample_filter": torch.ones(4, 4),
                    "noise_const": torch.randn(side, side),
                }.items()
            }
        parts = {**affine(), "weight": torch.randn(1, WIDE, 1, 1), "bias": torch.randn(1)}
        found |= {f"synthesis.b{side}.torgb.{name}": value for name, value in parts.items()}
    return found


LINEAR = {"weight": (64, 64), "bias": (64,)}


def affine() -> dict[str, torch.Tensor]:
    return {"affine.weight": torch.randn(WIDE, 64), "affine.bias": torch.randn(WIDE)}


def their_discriminator() -> dict[str, torch.Tensor]:
    found = {"b16.fromrgb.weight": torch.randn(WIDE, 1, 1, 1), "b16.fromrgb.bias": torch.randn(WIDE)}
    for side in (16, 8):
        for layer in ("conv0", "conv1"):
            found[f"b{side}.{layer}.weight"] = torch.randn(WIDE, WIDE, 3, 3)
            found[f"b{side}.{layer}.bias"] = torch.randn(WIDE)
        found[f"b{side}.skip.weight"] = torch.randn(WIDE, WIDE, 1, 1)
    found |= {"b4.conv.weight": torch.randn(WIDE, WIDE + 1, 3, 3), "b4.conv.bias": torch.randn(WIDE)}
    found |= {"b4.fc.weight": torch.randn(WIDE, 16 * WIDE), "b4.fc.bias": torch.randn(WIDE)}
    return found | {"b4.out.weight": torch.randn(1, WIDE), "b4.out.bias": torch.randn(1)}


def write(path, theirs, **networks) -> None:
    content = {"training_set_kwargs": theirs(path="x"), "augment_pipe": None}
    content |= {key: module(theirs, "Network", tensors) for key, tensors in networks.items()}
    path.write_bytes(pickle.dumps(content))


def test_X1_a_snapshot_becomes_a_run_and_its_code_is_not_run(tmp_path, theirs):
    torch.manual_seed(0)
    path, generator, discriminator = tmp_path / "network.pkl", their_generator(), their_discriminator()
    write(path, theirs, G_ema=generator, D=discriminator)
    read = read_stored(path, "generator")
    assert read.keys() == generator.keys()
    assert all(torch.equal(read[name], value) for name, value in generator.items())
    assert import_weights(tiny_config(*WORDS), dict.fromkeys(PLAYERS, path), tmp_path / "run", WORDS) == []
    model = load(tmp_path / "run")
    drawn = model.average.current()
    assert torch.equal(drawn.w_mean, generator["mapping.w_avg"])
    assert torch.equal(drawn.mapping.layers[2].weight, generator["mapping.fc1.weight"])
    assert torch.equal(drawn.synthesis.doubling[1].conv.weight, generator["synthesis.b16.conv0.weight"])
    assert torch.equal(drawn.synthesis.second[0].noise[0, 0], generator["synthesis.b8.conv1.noise_const"])
    assert torch.equal(drawn.synthesis.first.bias.flatten(), generator["synthesis.b4.conv1.bias"])
    assert torch.equal(drawn.synthesis.to_image[2].weight, generator["synthesis.b16.torgb.weight"])
    trunk = model.discriminator.trunk
    assert torch.equal(trunk[2].branch[3].weight, discriminator["b16.conv1.weight"])
    assert torch.equal(trunk[3].shortcut[1].weight, discriminator["b8.skip.weight"])
    assert torch.equal(trunk[5].weight, discriminator["b4.conv.weight"])
    assert torch.equal(model.discriminator.head.bias, discriminator["b4.out.bias"])
    assert model.sample(2, seed=0).isfinite().all()


def test_X1_a_snapshot_that_calls_for_anything_else_is_refused(tmp_path, theirs):
    class Payload:
        def __reduce__(self):
            return open, (str(tmp_path / "marker"), "w")

    for payload in (Payload(), {"G_ema": Payload()}, [Payload()]):
        (tmp_path / "bad.pkl").write_bytes(pickle.dumps(payload))
        with pytest.raises(UserError, match=r"was not read: it calls for .*open, .*; nothing in it was run"):
            read_stored(tmp_path / "bad.pkl", "generator")
    assert not (tmp_path / "marker").exists()
    hidden = pickle.dumps({"G_ema": torch.empty(0)}).replace(b"torch._utils", b"torch._xtils")
    (tmp_path / "bad.pkl").write_bytes(hidden)
    with pytest.raises(UserError, match=r"it calls for torch\._xtils"):
        read_stored(tmp_path / "bad.pkl", "generator")


def test_damage_and_other_networks_are_told(tmp_path, theirs):
    path = tmp_path / "network.pkl"
    write(path, theirs, G_ema=their_generator())
    with pytest.raises(UserError, match="holds no network D"):
        read_stored(path, "discriminator")
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(UserError, match="cannot be read as a pickle of networks"):
        read_stored(path, "generator")
    own = build(tiny_config(*WORDS))[1].generator.state_dict()
    state = their_generator()
    with pytest.raises(
        UserError, match=r"mapping\.fc2\.weight has no place in the network here; choose data\.im"
    ):
        renamed(state | {"mapping.fc2.weight": torch.randn(64, 64)}, own, path)
    with pytest.raises(
        UserError, match=r"synthesis\.b4\.const is \(4, 4, 4\), and synthesis\.basis here is \(8, 4, 4\)"
    ):
        renamed(state | {"synthesis.b4.const": torch.randn(4, 4, 4)}, own, path)
    with pytest.raises(UserError, match="has nothing for w_mean"):
        renamed({name: value for name, value in state.items() if name != "mapping.w_avg"}, own, path)
