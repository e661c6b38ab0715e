"""Tensors out of pickles of NVIDIA's StyleGAN2 code, of which nothing is run.

Such a file holds objects together with the source code of their classes. The code is left alone: each global name that
the file calls for is answered by a stand-in made here, which keeps data and does nothing else, and any other name
refuses the file.
"""

import io
import pickle
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ganlab.errors import UserError
from ganlab.torch_internals import PICKLED
from ganlab.training.checkpoints import require_file, why_unreadable

SNAPSHOT = ".pkl"  # of such a file
STORED_AS = {"generator": "G_ema", "discriminator": "D"}  # our names of networks, and those in a file


class Stored:
    """A network or a layer as it lies in the file: its class's name and what it held."""

    def __init__(self, kind: str, state: Mapping[str, Any]) -> None:
        self.kind, self.state = kind, state

    def tensors(self) -> dict[str, Tensor]:
        """Parameters and buffers by name, those of layers within as ``layer.name``."""
        own = {**self.state.get("_parameters", {}), **self.state.get("_buffers", {})}
        found = {name: value.detach() for name, value in own.items() if isinstance(value, Tensor)}
        for name, inner in self.state.get("_modules", {}).items():
            if isinstance(inner, Stored):
                found |= {f"{name}.{key}": value for key, value in inner.tensors().items()}
        return found


class Refused(pickle.UnpicklingError):
    """The file calls for something that has no stand-in."""


def stand_ins() -> dict[tuple[str, str], Any]:
    """Answers to the names in a file, new ones for each: a file may write on what it is given."""

    class Container(dict[Any, Any]):
        """In the place of dictionaries of any kind."""

    class Unread:
        """In the place of numbers that networks compute with and weights do not need."""

        def __init__(self, *args: Any) -> None:
            pass

        def __setstate__(self, state: Any) -> None:
            pass

    def network(meta: Mapping[str, Any]) -> Stored:
        return Stored(str(meta["class_name"]), dict(meta["state"]))

    def storage(content: bytes) -> Any:
        return torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)

    def tensor(
        storage: Any, offset: int, size: tuple[int, ...], stride: tuple[int, ...], *rest: Any
    ) -> Tensor:
        with warnings.catch_warnings():  # of PyTorch, that storages with a type will go
            warnings.simplefilter("ignore", UserWarning)
            return torch.empty(0, dtype=storage.dtype).set_(storage.untyped(), offset, size, stride)

    def parameter(data: Tensor, requires_grad: bool, hooks: Any) -> nn.Parameter:
        return nn.Parameter(data, requires_grad=False)

    found: dict[tuple[str, str], Any] = {
        ("torch_utils.persistence", "_reconstruct_persistent_obj"): network,
        PICKLED["storage"]: storage,
        PICKLED["tensor"]: tensor,
        PICKLED["parameter"]: parameter,
        ("collections", "OrderedDict"): Container,
        ("dnnlib.util", "EasyDict"): Container,
        ("builtins", "set"): set,
    }
    unread = [("numpy", "dtype"), ("numpy.core.multiarray", "scalar"), ("numpy._core.multiarray", "scalar")]
    return found | dict.fromkeys(unread, Unread)


class Reader(pickle.Unpickler):
    """Reads what has stand-ins."""

    def __init__(self, file: io.BufferedReader) -> None:
        super().__init__(file)
        self.known = stand_ins()

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in self.known:
            raise Refused(f"it calls for {module}.{name}, which is neither a tensor nor a plain container")
        return self.known[module, name]


def read_stored(path: Path, network: str) -> dict[str, Tensor]:
    """The tensors of one network by name: G_ema for the generator, D for the discriminator.

    Raises:
        UserError: the file is missing, damaged, calls for anything but tensors and plain containers, or lacks it.
    """
    require_file(path)
    try:
        with open(path, "rb") as file:
            content = Reader(file).load()
    except Refused as error:
        raise UserError(f"{path} was not read: {error}; nothing in it was run") from None
    except Exception as error:  # a damaged file can raise nearly any
        raise UserError(f"{path} cannot be read as a pickle of networks ({why_unreadable(error)})") from None
    key = STORED_AS.get(network, network)
    if not isinstance(content, Mapping) or not isinstance(content.get(key), Stored):
        raise UserError(f"{path} holds no network {key}; a training snapshot of StyleGAN2 is needed")
    return content[key].tensors()
