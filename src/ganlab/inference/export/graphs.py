"""What of a trained model goes into files that run without ganlab: one graph for each of its generators."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor, nn
from torch.export import Dim

from ganlab.errors import UserError
from ganlab.lexicon import Tokens
from ganlab.models.captions.drawing import DrawsCaptions, Painter
from ganlab.models.images.base import LatentGAN
from ganlab.models.images.labelled import LabelledGAN
from ganlab.models.translation.base import ImageToImage
from ganlab.models.translation.context_encoder import ContextEncoder, pasted
from ganlab.network_types import Translation, TwoStages
from ganlab.randomness import Draws

Inputs = dict[str, Tensor]
TOLERANCE = 1e-4  # of images in [-1, 1]
CAPTION: dict[Tokens, int] = {
    "words": 16,
    "letters": 201,
}  # how long a caption may be, or longer where the data's are


@dataclass(frozen=True, kw_only=True)
class Graph:
    """A generator as others run it: in eval mode, with averaged weights, and with no noise but what it is given.

    name: of its file, which is also the direction of one of two translators. module: what is written.
    draw: n -> inputs of n rows by name, in the order of the module's; other n, other numbers, and other sizes where
    these are free. axes: by input, which axes are free.
    output: the name of what it makes. silenced: whether a dropout that is the network's only noise was switched off.
    known: how many labels or ids of words there are. stride, least: where height and width are free, they are multiples
    of ``stride``, from ``least`` on.
    """

    name: str
    module: nn.Module
    draw: Callable[[int], Inputs]
    axes: Mapping[str, Mapping[int, Dim]]
    output: str
    silenced: bool = False
    known: int = 0
    stride: int = 1
    least: int = 1

    def apart(self, run: Callable[[Inputs], Tensor]) -> float:
        """How far what ``run`` makes of inputs is from the module's own, at most, over batches of 1, 3 and 4.

        Raises:
            UserError: by more than 1e-4.
        """
        farthest = 0.0
        for n in (1, 3, 4):
            inputs = self.draw(n)
            with torch.no_grad():
                apart = float((run(inputs) - self.module(*inputs.values())).abs().max())
            farthest = farthest if apart <= farthest else apart  # also where it is no number
        if not farthest <= TOLERANCE:
            raise UserError(
                f"{self.name}: what was written answers otherwise than PyTorch, by {farthest:.2g} where {TOLERANCE:g} "
                "was expected; nothing was kept. format=safetensors holds the weights themselves"
            )
        return farthest


def graphs_of(model: LatentGAN | ImageToImage) -> list[Graph]:
    """The graphs of a model in eval mode that is only exported: its networks become parts of them, and are changed.

    Raises:
        UserError: a network that draws noise of its own.
    """
    if isinstance(model, ContextEncoder):
        graphs = [_filling(model)]
    elif isinstance(model, ImageToImage):
        networks = model.networks()
        alone = len(networks) == 1
        graphs = [_translation("generator" if alone else name, one) for name, one in networks.items()]
    else:
        graphs = [_drawing(model)]
    return [silenced(graph) for graph in graphs]


def silenced(graph: Graph) -> Graph:
    """The graph without dropout, where that draws noise in eval mode too.

    Raises:
        UserError: it draws other noise.
    """
    if not draws_noise(graph):
        return graph
    for part in graph.module.modules():
        if isinstance(part, nn.Dropout):
            part.p = 0.0
    if draws_noise(graph):
        raise UserError(
            f"{graph.name} draws noise of its own in each pass, and a file that answers the same to everybody cannot; "
            "format=safetensors can be exported"
        )
    return replace(graph, silenced=True)


def draws_noise(graph: Graph) -> bool:
    """Whether the same inputs make other outputs the next time."""
    inputs, outputs = graph.draw(2), []
    for seed in (0, 1):
        with torch.random.fork_rng([]), torch.no_grad():
            torch.manual_seed(seed)
            outputs.append(graph.module(*inputs.values()))
    return not torch.equal(*outputs)


# -- noise to image ----------------------------------------------------------------------------------------------


class Drawing(nn.Module):
    """z (B, size), and perhaps labels (B,) or captions (B, L), to images or points.

    A label or a token that does not exist raises, where an embedding would and a one-hot vector would be empty.
    """

    known: Tensor

    def __init__(self, model: LatentGAN, network: nn.Module, known: int) -> None:
        super().__init__()
        self.network, self.draw = network, model.drawn
        self.register_buffer("known", torch.arange(known), persistent=False)

    def forward(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        more = () if condition is None else (self.checked(condition),)
        return self.draw(self.network, z, *more).float()

    def checked(self, ids: Tensor) -> Tensor:
        if ids.is_floating_point() or not len(self.known):
            return ids
        places = torch.where(ids < 0, len(self.known), ids)  # ONNX would count from the end
        return self.known.index_select(0, places.flatten()).reshape(ids.shape)


class ByTheseStages(nn.Module):
    """z, text to images by the stages that have begun, without asking again which."""

    def __init__(self, network: TwoStages) -> None:
        super().__init__()
        self.network, self.both = network, bool(network.second_has_begun)

    def forward(self, z: Tensor, text: Tensor) -> Tensor:
        return self.network.draw(z, text, both=self.both)


def _drawing(model: LatentGAN) -> Graph:
    network, known = model.average.current().eval(), 0
    if isinstance(model, LabelledGAN):
        known = model.classes
    if isinstance(model, DrawsCaptions):
        painter = model.average_painter()
        if isinstance(painter.network, TwoStages):
            network = Painter(painter.encoder, ByTheseStages(painter.network)).eval()
        known = painter.encoder.words + 2 if painter.encoder.reads == "words" else 0
    draw = partial(_latent_inputs, model)
    axes = {name: {0: Dim("batch")} for name in draw(2)}
    module = Drawing(model, network, known).eval()
    return Graph(
        name="generator",
        module=module,
        draw=draw,
        axes=axes,
        output="points" if model.data_kind == "points" else "image",
        known=known,
    )


def _latent_inputs(model: LatentGAN, n: int) -> Inputs:
    z, *condition = model.inputs(n, Draws(n, "export"))
    if len(condition) > 1:
        raise UserError(
            f"this model draws from z and {len(condition)} things beside it, and a graph takes one; "
            "format=safetensors can be exported"
        )
    if not isinstance(model, DrawsCaptions):
        return {"z": z, **dict(zip(["label"], condition, strict=False))}
    encoder = model.average_painter().encoder
    if encoder.elsewhere:
        return {"z": z, "text": Draws(n, "export", "text").normal(n, encoder.size)}
    ids, length = condition[0], caption_length(model)
    return {"z": z, "caption": nn.functional.pad(ids, (0, length - ids.shape[1]))}


def caption_length(model: DrawsCaptions) -> int:
    """How many words or letters a caption may have in a graph, whose shapes are fixed but for the batch."""
    longest = model.book.ids([*model.book.captions, *model.book.held_out]).shape[1]
    return max(longest, CAPTION[model.book.lexicon.reads])


# -- picture to picture ------------------------------------------------------------------------------------------


class Filling(nn.Module):
    """image (B, C, S, S), mask (B, 1, S, S) that is 1 where it is missing, to the completed image."""

    def __init__(self, model: ContextEncoder) -> None:
        super().__init__()
        self.network, self.hide = model.generator, model.hide

    def forward(self, image: Tensor, mask: Tensor) -> Tensor:
        return pasted(self.network(self.hide(image, mask)), image, mask)


def _filling(model: ContextEncoder) -> Graph:
    channels, size = model.generator.in_channels, model.generator.image_size

    def draw(n: int) -> Inputs:
        mask = torch.zeros(n, 1, size, size)
        mask[..., size // 4 : size * 3 // 4, size // 4 : size * 3 // 4] = 1
        return {"image": Draws(n, "export").uniform(n, channels, size, size, low=-1.0), "mask": mask}

    axes = {name: {0: Dim("batch")} for name in ("image", "mask")}
    module = Filling(model).eval()
    return Graph(name="generator", module=module, draw=draw, axes=axes, output="output")


def _translation(name: str, network: Translation) -> Graph:
    stride = network.stride
    least = -(-network.minimum // stride)  # multiples of the stride

    def draw(n: int) -> Inputs:
        height, width = ((max(least, 2, -(-16 // stride)) + more) * stride for more in (0, n % 3))
        return {"image": Draws(n, "export").uniform(n, network.in_channels, height, width, low=-1.0)}

    rows, columns = (Dim(axis, min=least) for axis in ("height", "width"))
    free = {0: Dim("batch"), 2: rows if stride == 1 else stride * rows}
    free[3] = columns if stride == 1 else stride * columns
    return Graph(
        name=name,
        module=network.float().eval(),
        draw=draw,
        axes={"image": free},
        output="output",
        stride=stride,
        least=least * stride,
    )
