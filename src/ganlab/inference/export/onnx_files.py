"""ONNX: a generator as a file that runs in any language, checked against PyTorch through onnxruntime."""

import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from torch.export import ExportedProgram

from ganlab.errors import UserError
from ganlab.inference.export.graphs import Graph, Inputs
from ganlab.inference.export.programs import first_line

SUFFIX = ".onnx"
PACKAGES = ("onnx", "onnxruntime", "onnxscript")
SYMBOL = re.compile(r"\bs\d+\b")  # what PyTorch calls a free axis


def require_onnx() -> None:
    """Raises UserError unless the packages of the extra ``onnx`` are installed."""
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        raise UserError(f"format=onnx needs {' and '.join(missing)}: pip install 'ganlab[onnx]'")


def write_onnx(graph: Graph, program: ExportedProgram, path: Path) -> float:
    """Write the graph's program; returns how far what onnxruntime makes of it is from the network, at most.

    Raises:
        UserError: it has no such form, or answers otherwise.
    """
    import onnx
    import onnxruntime

    try:
        with _quiet():
            written = torch.onnx.export(
                program, dynamo=True, verbose=False, input_names=[*graph.axes], output_names=[graph.output]
            )
        model = written.model_proto  # type: ignore[union-attr]  # with dynamo there is one
    except Exception as error:  # of the exporter, which has dozens of kinds
        raise UserError(
            f"the {graph.name} cannot be written as ONNX: {first_line(error)}; "
            "format=torch and format=safetensors may do"
        ) from error
    name_axes(model, graph)
    onnx.save(model, path)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])

    def run(inputs: Inputs) -> torch.Tensor:
        arrays = {name: values.numpy() for name, values in inputs.items()}
        return torch.from_numpy(session.run(None, arrays)[0])

    return graph.apart(run)


def name_axes(model: Any, graph: Graph) -> None:
    """Give the free axes of a ModelProto the graph's names, and leave out what the exporter noted for itself."""
    names: dict[str, str] = {}
    for value in model.graph.input:
        axes = value.type.tensor_type.shape.dim
        for axis, free in graph.axes[value.name].items():
            for symbol in SYMBOL.findall(axes[axis].dim_param):
                names[symbol] = str(getattr(free, "root", free).__name__)
    known = [*model.graph.input, *model.graph.output, *model.graph.value_info]
    for axis in (axis for value in known for axis in value.type.tensor_type.shape.dim):
        if axis.dim_param:
            axis.dim_param = SYMBOL.sub(lambda found: names.get(found[0], found[0]), axis.dim_param)
    for part in [*known, *model.graph.node, *model.graph.initializer, model.graph, model]:
        del part.metadata_props[:]


@contextmanager
def _quiet() -> Iterator[None]:
    """The exporter without its remarks on versions of operators."""
    talkers = [logging.getLogger(name) for name in ("torch.onnx", "onnxscript", "onnx_ir")]
    levels = [one.level for one in talkers]
    try:
        for one in talkers:
            one.setLevel(logging.ERROR)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for one, level in zip(talkers, levels, strict=True):
            one.setLevel(level)
