"""The lines that use an export: graphs without ganlab, weights with it."""

from typing import Literal, NamedTuple

from torch import Tensor

from ganlab.inference.export.graphs import Graph, Inputs
from ganlab.models.images.base import LatentGAN
from ganlab.models.translation.base import ImageToImage
from ganlab.techniques.priors import Codes, Normal, Uniform
from ganlab.types import Prior

N = 16  # samples that the lines draw
MODES = {1: "L", 3: "RGB", 4: "RGBA"}  # Pillow's words for so many channels
LEXICON = "lexicon.json"
Runner = Literal["onnx", "torch"]
PIXELS = "((output + 1) * 127.5).round().clip(0, 255).astype(np.uint8)"


class Runs(NamedTuple):
    """How a file is run: what is imported, how it is opened, and what gives an array of arrays."""

    library: str
    opened: str
    answer: str


def runs(graph: Graph, runner: Runner) -> Runs:
    if runner == "onnx":
        given = ", ".join(f'"{name}": {name}' for name in graph.axes)
        opened = f'session = onnxruntime.InferenceSession("{graph.name}.onnx")'
        return Runs("onnxruntime", opened, f"session.run(None, {{{given}}})[0]")
    given = ", ".join(f"torch.from_numpy({name})" for name in graph.axes)
    opened = f'program = torch.export.load("{graph.name}.pt2").module()'
    return Runs("torch", opened, f"program({given}).detach().numpy()")


def lines_without_ganlab(model: LatentGAN | ImageToImage, graph: Graph, runner: Runner) -> list[str]:
    """Python that uses one file with numpy, Pillow, and onnxruntime or PyTorch."""
    how, inputs = runs(graph, runner), graph.draw(N)
    picture = [] if graph.output == "points" else ["from PIL import Image"]
    imports = ["import numpy as np", f"import {how.library}", *picture]
    if isinstance(model, ImageToImage):
        given, output = _picture(graph, inputs), f"output = {how.answer}[0]"
        shown = [
            f"pixels = {PIXELS}.transpose(1, 2, 0).squeeze()",
            'Image.fromarray(pixels).save("output.png")',
        ]
        return [*imports, "", how.opened, *given, output, *shown]
    given = [f"z = {_latent(model.prior)}.astype(np.float32)", *_condition(graph, inputs)]
    if graph.output == "points":
        return [*imports, "", how.opened, *given, f"points = {how.answer}  # ({N}, 2)", "print(points)"]
    first = ["import json"] * ("caption" in inputs) + ["import re"] * reads_words(graph)
    channels, *size = graph.module(*inputs.values()).shape[1:]
    one = "" if channels in (1, 3, 4) else "[:, :1]"
    shown = [
        f"pixels = {PIXELS}{one}",
        "sheet = np.concatenate(list(pixels), axis=2).transpose(1, 2, 0).squeeze()  # side by side",
        'Image.fromarray(sheet).save("drawn.png")',
    ]
    output = f"output = {how.answer}  # {(N, channels, *size)} in [-1, 1]"
    return [*first, *imports, "", how.opened, *given, output, *shown]


def lines_with_ganlab(model: LatentGAN | ImageToImage, address: str) -> list[str]:
    """Three lines of Python that use weights."""
    load = ["import ganlab", f"model = ganlab.load({address!r})"]
    if isinstance(model, ImageToImage):
        mask = ", mask=mask" if model.data_kind == "inpainting" else ""
        call = f'model.convert(image, "{model.directions[0]}"{mask})'
        return [*load, f"output = {call}  # image: (1, C, H, W) in [-1, 1]"]
    shape = "(16, 2)" if model.data_kind == "points" else "(16, C, H, W) in [-1, 1]"
    return [*load, f"samples = model.sample({N}, seed=0)  # {shape}"]


def reads_words(graph: Graph) -> bool:
    return "caption" in graph.axes and graph.known > 0


def _latent(prior: Prior) -> str:
    """numpy's words for ``N`` draws of a prior."""
    rng = "np.random.default_rng(0)"
    match prior:
        case Codes():
            noise = f"{rng}.uniform(-1, 1, ({N}, {prior.noise}))"
            category = f"np.eye({prior.categories})[np.arange({N}) % {prior.categories}]"
            return f"np.concatenate([{noise}, {category}, np.zeros(({N}, {prior.continuous}))], axis=1)"
        case Uniform():
            return f"{rng}.uniform({prior.low}, {prior.high}, ({N}, {prior.size}))"
        case Normal():
            return f"{rng}.normal(0, {prior.std}, ({N}, {prior.size}))"
    return f"{rng}.normal(0, 1, ({N}, {prior.size}))"


def _condition(graph: Graph, inputs: Inputs) -> list[str]:
    """The lines that say what to draw."""
    if "label" in inputs:
        return [f"label = np.arange({N})" + f" % {graph.known}  # of each class" * (graph.known > 0)]
    if "text" in inputs:
        return [f"text = np.zeros(({N}, {inputs['text'].shape[1]}), np.float32)  # embeddings of captions"]
    if "caption" not in inputs:
        return []
    ids = "[ord(letter) for letter in text]"
    text = 'text = lexicon["example"]'
    if reads_words(graph):
        ids = '[lexicon["ids"].get(word, 1) for word in text]'
        text = 'text = re.findall(lexicon["word"], lexicon["example"].lower())'
    return [
        f'lexicon = json.load(open("{LEXICON}", encoding="utf-8"))',
        text,
        f'caption = np.zeros(({N}, lexicon["length"]), np.int64)',
        f"caption[:, : len(text)] = {ids}",
    ]


def _picture(graph: Graph, inputs: Inputs) -> list[str]:
    """The lines that read a picture, and make a hole in it where one is filled."""
    image: Tensor = inputs["image"]
    channels, height, width = image.shape[1:]
    mask = []
    size = f"[max({graph.least}, side // {graph.stride} * {graph.stride}) for side in picture.size]"
    if "mask" in inputs:
        hole = f"{height // 4} : {height * 3 // 4}"
        mask = [
            f"mask = np.zeros((1, 1, {height}, {width}), np.float32)",
            f"mask[..., {hole}, {hole}] = 1  # what is missing",
        ]
        size = f"({width}, {height})"
    if channels not in MODES:
        return [
            f"image = np.zeros((1, {channels}, {height}, {width}), np.float32)  # yours, in [-1, 1]",
            *mask,
        ]
    resized = f".resize({size})" if graph.stride > 1 or mask else ""
    array = "np.float32(picture).reshape(picture.height, picture.width, -1)"
    return [
        f'picture = Image.open("input.png").convert("{MODES[channels]}")',
        *([f"picture = picture{resized}"] if resized else []),
        f"image = {array}.transpose(2, 0, 1)[None] / 127.5 - 1",
        *mask,
    ]
