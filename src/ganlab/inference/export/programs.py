"""``torch.export``: a generator as a program of PyTorch's own operators, which runs where only PyTorch is."""

import warnings
from pathlib import Path

import torch
from torch.export import ExportedProgram

from ganlab.errors import UserError
from ganlab.inference.export.graphs import Graph

SUFFIX = ".pt2"


def write_program(graph: Graph, program: ExportedProgram, path: Path) -> float:
    """Write the graph's program, and read it again; returns how far what was read is from the network, at most.

    Raises:
        UserError: it answers otherwise.
    """
    torch.export.save(program, path)
    module = torch.export.load(path).module()
    return graph.apart(lambda inputs: module(*inputs.values()))


def program_of(graph: Graph) -> ExportedProgram:
    """The graph as operators, without the paths of source files that PyTorch notes beside each.

    Raises:
        UserError: what the network does depends on the numbers that go through it.
    """
    inputs, shapes = tuple(graph.draw(2).values()), tuple(map(dict, graph.axes.values()))
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            program = torch.export.export(graph.module, inputs, dynamic_shapes=shapes, strict=False)
    except Exception as error:  # of the tracer, which has dozens of kinds
        raise UserError(
            f"the {graph.name} cannot be written as a graph of operators: {first_line(error)}; "
            "format=safetensors can be exported"
        ) from error
    for node in program.graph.nodes:
        node.meta.pop("stack_trace", None)
    return program


def first_line(error: Exception) -> str:
    """What an exporter says of a fault, which may go on for pages."""
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
