"""Models as ONNX and as programs of torch.export: each answers as the model does, whatever else it is given."""

import math
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from PIL import Image
from torch import nn

from ganlab.config.compose.catalogue import catalogue
from ganlab.errors import UserError
from ganlab.inference.export import graphs as room
from ganlab.inference.export.formats import write_lexicon
from ganlab.inference.export.graphs import graphs_of
from ganlab.inference.export.onnx_files import write_onnx
from ganlab.inference.export.programs import program_of, write_program
from ganlab.inference.export.usage import lines_without_ganlab
from tests.support.runs import build, kind_of, tiny_config
from tests.support.variants import TRANSLATORS, translator, words_for

SIZE = {"conv_gan": "28", "fastgan": "64"}  # of the smallest images that it makes, where that is not 16
WRITTEN = [  # models that have every kind of layer between them
    *("dcgan", "cgan_projection", "r3gan_conditional", "progan", "plane_gan", "stackgan"),
    *("pix2pix", "cyclegan_small", "srgan", "context_encoder"),
]
SMALL = {
    "cyclegan_small": ["model.generator.blocks=1"],
    "pix2pix": ["model.generator.depth=3"],
    "srgan": ["model.generator.skip={_target_: ganlab.networks.translation.srresnet.Bicubic, scale: 2}"],
    "stackgan": ["model.generator.residual_blocks=1"],
}
SOURCE = str(Path(room.__file__).parents[2]).encode()
TRACED: set[type] = set()  # networks: of each one model stands for all


def model_of(name: str):
    """A tiny model whose weights are large enough for its pictures to differ."""
    if name in TRANSLATORS:
        cfg = translator(name, *SMALL.get(name, []))
    else:
        size = [] if kind_of(name) == "points" else [f"data.image_size={SIZE.get(name, '16')}"]
        cfg = tiny_config(*words_for(name), *size, *SMALL.get(name, []))
    data, model = build(cfg)
    if kind_of(name) == "captions":
        model.book.fill(data.lexicon, data.texts("train"), data.texts("test"))
    generator = torch.Generator().manual_seed(0)
    for weights in model.state_dict(keep_vars=True).values():
        if isinstance(weights, nn.Parameter) and weights.dim() > 1:
            deviation = math.sqrt(1 / weights[0].numel())
            weights.data = torch.randn(weights.shape, generator=generator) * deviation
    return model.eval()


@pytest.fixture(autouse=True)
def short_captions(monkeypatch):
    """A recurrent network is written out for each word."""
    monkeypatch.setitem(room.CAPTION, "words", 4)


@pytest.mark.parametrize("name", catalogue()["model"])
def test_every_model_has_graphs_that_can_be_traced(name):
    """Of models that share a network, one is traced."""
    for graph in graphs_of(model_of(name)):
        inputs = graph.draw(4)
        assert graph.module(*inputs.values()).std() > 1e-3
        kind = type(getattr(graph.module, "network", graph.module))
        if name in WRITTEN or kind in TRACED:
            continue
        TRACED.add(kind)
        module = program_of(graph).module()
        assert graph.apart(lambda inputs, module=module: module(*inputs.values())) < 1e-6


@pytest.mark.parametrize("name", WRITTEN)
def test_what_is_written_answers_as_the_model_does(name, tmp_path, monkeypatch):
    """So do the lines of its README, which know nothing of ganlab."""
    model = model_of(name)
    graph = graphs_of(model)[0]
    program = program_of(graph)
    assert write_program(graph, program, tmp_path / f"{graph.name}.pt2") < 1e-6
    assert write_onnx(graph, program, tmp_path / f"{graph.name}.onnx") < 1e-4
    for path in tmp_path.iterdir():  # nothing in them says on which machine they were written
        assert SOURCE not in path.read_bytes()
    pixels = np.random.default_rng(0).integers(0, 255, (39, 45, 3)).astype(np.uint8)
    Image.fromarray(pixels).save(tmp_path / "input.png")
    if "caption" in graph.axes:
        write_lexicon(model, tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "ganlab", None)  # an import of it raises
    outputs = []
    for runner in ("onnx", "torch"):
        found: dict = {}
        lines = lines_without_ganlab(model, graph, runner)
        assert len([line for line in lines if line and "import " not in line]) <= 10
        exec("\n".join(lines), found)
        outputs.append(found["points" if name == "plane_gan" else "output"])
        picture = tmp_path / ("output.png" if name in TRANSLATORS else "drawn.png")
        assert picture.is_file() != (name == "plane_gan")
    np.testing.assert_allclose(*outputs, atol=1e-4)


def test_what_does_not_exist_or_fit_is_an_error_of_the_file(tmp_path):
    """A label beyond the last, one below 0, noise of another size."""
    graph = graphs_of(model_of("cgan_2014"))[0]
    program = program_of(graph)
    assert write_onnx(graph, program, tmp_path / "it.onnx") < 1e-4
    session = onnxruntime.InferenceSession(tmp_path / "it.onnx")
    z, label = (values.numpy() for values in graph.draw(2).values())
    session.run(None, {"z": z, "label": label})
    for wrong in (10, -1):
        label[0] = wrong
        with pytest.raises(Exception, match="out of data bounds"):
            session.run(None, {"z": z, "label": label})
        with pytest.raises((IndexError, RuntimeError), match="out of range"):
            program.module()(torch.from_numpy(z), torch.from_numpy(label))
    with pytest.raises(Exception, match="invalid dimensions for input: z"):
        session.run(None, {"z": z[:, 1:], "label": abs(label)})


def test_words_that_do_not_exist_are_an_error_as_well():
    graph = graphs_of(model_of("gan_cls"))[0]
    inputs = graph.draw(2)
    for wrong in (graph.known, -1):
        inputs["caption"][1, 0] = wrong
        with pytest.raises((IndexError, RuntimeError), match="out of range"):
            graph.module(*inputs.values())


class Noisy(nn.Module):
    def forward(self, z):
        return z + torch.randn_like(z)


class Branching(nn.Module):
    def forward(self, z):
        return z if z.sum() > 0 else -z


@pytest.mark.parametrize(
    ("network", "said"),
    [
        (Noisy(), "generator draws noise of its own in each pass.*format=safetensors can be exported"),
        (Branching(), "generator cannot be written as a graph of operators: .*format=safetensors can be"),
    ],
)
def test_a_network_that_has_no_graph_is_a_sentence(network, said):
    model = model_of("mlp_gan")
    model.average.current().layers.insert(0, network)
    with pytest.raises(UserError, match=said):
        program_of(graphs_of(model)[0])


def test_an_answer_that_is_another_is_noticed():
    graph = graphs_of(model_of("mlp_gan"))[0]
    assert graph.apart(lambda inputs: graph.module(inputs["z"]) + 5e-5) > 1e-5
    for wrong in (2e-4, math.nan):
        with pytest.raises(
            UserError, match=r"answers otherwise than PyTorch, by .* where 0\.0001 was expected"
        ):
            graph.apart(lambda inputs, wrong=wrong: graph.module(inputs["z"]) + wrong)


def test_pix2pix_is_written_without_its_dropout():
    """Otherwise the same picture would become another each time."""
    model = model_of("pix2pix")
    image = torch.randn(2, 1, 32, 32)
    assert not torch.equal(model.generator(image), model.generator(image))
    graph = graphs_of(model)[0]
    assert graph.silenced
    assert torch.equal(graph.module(image), graph.module(image))
