"""What an export cannot do, or what nobody knows of it: the last part of its card."""

from collections.abc import Collection, Sequence

from ganlab.inference.export.graphs import Graph
from ganlab.models.images.base import LatentGAN
from ganlab.models.translation.base import ImageToImage

AXES = {0: "any number", 2: "height", 3: "width"}


def limits(
    model: LatentGAN | ImageToImage, graphs: Sequence[Graph], scores: Collection[str], licence: str | None
) -> list[str]:
    """Sentences; graphs: those that were written. scores: their names. licence: of the weights, if one was named."""
    found = [limit for graph in graphs for limit in limits_of(graph)]
    if any("_" in name for name in scores):
        found.append(
            "Scores whose names have an ending are measured in the features of another network than Inception, and "
            "compare with scores of the same name and protocol alone."
        )
    if isinstance(model, LatentGAN):
        found.append(
            "A GAN may leave out kinds of what it was shown, and may copy single training images; "
            "`ganlab explore neighbours` looks for copies, in the run that this comes from."
        )
    else:
        found.append("What it makes of pictures unlike those that it was trained on is anybody's guess.")
    found.append(
        "The data has terms of its own, which the weights may be bound by"
        + ("; and for the weights no licence was named." if licence is None else ".")
    )
    return found


def limits_of(graph: Graph) -> list[str]:
    """What a graph takes, and what it does not do."""
    shapes = []
    for name, values in graph.draw(2).items():
        sides: list[str] = [str(side) for side in values.shape]
        for axis in graph.axes[name]:
            sides[axis] = AXES[axis]
        shapes.append(f"`{name}`: {str(values.dtype).removeprefix('torch.')}, {' x '.join(sides)}")
    found = [f"{graph.name} takes {'; '.join(shapes)}. Images are in [-1, 1]."]
    if graph.stride > 1:
        found.append(f"Height and width are multiples of {graph.stride}, at least {graph.least}.")
    if graph.silenced:
        found.append("The network's only noise, its dropout, is switched off: one answer for each input.")
    if graph.known:
        found.append(f"Labels and ids are those from 0 to {graph.known - 1}; others are an error.")
    if "text" in graph.axes:
        found.append(
            "`text` are embeddings of captions, by the text encoder that the model was trained with."
        )
    return found
