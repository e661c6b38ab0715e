"""Generators that are none of ganlab's: ONNX, TorchScript, or a function of one's own."""

import importlib
import re
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from math import prod
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from ganlab.config import own
from ganlab.errors import UserError
from ganlab.inference.scoring.kinds.base import Pictures, Side
from ganlab.pixels import to_uint8

NOISE = re.compile(r"(normal|uniform):(\d+(?:x\d+)*)")
FUNCTION = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")
SCRIPTS = (".pt", ".ts", ".pth")
EXPECTED = "expected images (B, 1 or 3, height, width), uint8 or floats from -1 to 1"
Draw = Callable[[Tensor], Any]


class Foreign(Side):
    """``n`` images that ``draw`` makes of noise with ``seed``.

    z: the noise: normal:128, or uniform:100x1x1, which is from -1 to 1, as one image takes it.

    Raises:
        UserError: another noise, or none.
    """

    lasting: ClassVar[bool] = False

    def __init__(self, title: str, draw: Draw, *, z: str | None, n: int, seed: int) -> None:
        super().__init__()
        noise = NOISE.fullmatch(z or "")
        if noise is None or not prod(map(int, noise[2].split("x"))):
            raise UserError(
                f"z={z}: {title} needs to know its noise: z=normal:128, or uniform:100x1x1 (from -1 to 1)"
            )
        self.title, self.draw, self.n, self.seed = title, draw, n, seed
        self.kind, self.shape = noise[1], [int(size) for size in noise[2].split("x")]

    def __len__(self) -> int:
        return self.n

    def pictures(self, order: Sequence[int], batch_size: int) -> Iterator[Pictures]:
        """Those of ``order``, as they are drawn one after the other: that is a random order already."""
        wanted, draws = set(order), torch.Generator().manual_seed(self.seed)
        for start in range(0, self.n, batch_size):
            stop = min(start + batch_size, self.n)
            size = [stop - start, *self.shape]
            z = (
                torch.randn(size, generator=draws)
                if self.kind == "normal"
                else 2 * torch.rand(size, generator=draws) - 1
            )
            places = [place for place in range(start, stop) if place in wanted]
            if places:
                yield Pictures(self._drawn(z[torch.tensor(places) - start]), places)

    @torch.no_grad()
    def _drawn(self, z: Tensor) -> Tensor:
        try:
            images = torch.as_tensor(self.draw(z)).cpu()
        except Exception as error:  # of somebody else's program
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise UserError(
                f"{self.title} fails for noise of shape {tuple(z.shape)}: {reason}; is z as it takes it?"
            ) from error
        shape = tuple(images.shape)
        if len(shape) != 4 or shape[0] != len(z) or shape[1] not in (1, 3):
            raise UserError(f"{self.title} gives {shape} for {len(z)} vectors: {EXPECTED}")
        if images.dtype == torch.uint8:
            return images
        if not images.is_floating_point() or not images.isfinite().all():
            what = f"{images.dtype}" if not images.is_floating_point() else "values that are NaN or infinite"
            raise UserError(f"{self.title} gives {what}: {EXPECTED}")
        low, high = (float(value) for value in images.aminmax())
        if low < -1.05 or high > 1.05 or (low >= 0 and high > 0.5):
            raise UserError(f"{self.title} gives values from {low:.3g} to {high:.3g}: {EXPECTED}")
        return to_uint8(images)


def onnx_generator(path: Path, **noise: Any) -> Foreign:
    """The generator in an ONNX file, whose first input is the noise and whose first output are the images."""
    if find_spec("onnxruntime") is None:
        raise UserError(f"{path} needs onnxruntime: pip install 'ganlab[onnx]'")
    import onnxruntime

    try:
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    except Exception as error:  # it has a dozen kinds, none of them public
        raise UserError(f"{path} cannot be read as ONNX: {str(error).splitlines()[0]}") from None
    names = [one.name for one in session.get_inputs()]
    if len(names) != 1:
        raise UserError(
            f"{path} takes {', '.join(names) or 'nothing'}: only generators of noise alone can be scored"
        )

    def draw(z: Tensor) -> np.ndarray:
        return session.run(None, {names[0]: z.numpy()})[0]

    return Foreign(f"the generator {path}", draw, **noise)


def script_generator(path: Path, **noise: Any) -> Foreign:
    """The generator in a file of TorchScript, which is a program.

    Raises:
        UserError: GANLAB_TRUST does not name the file; or it is none.
    """
    if not own.is_named(path.name):
        raise UserError(
            f"{path} is a program that would run: if you trust whoever made it, set GANLAB_TRUST={path.name} in the "
            "environment"
        )
    try:
        network = torch.jit.load(str(path), map_location="cpu").eval()
    except (RuntimeError, ValueError, OSError) as error:
        reason = str(error).strip().splitlines()[0]
        raise UserError(
            f"{path} cannot be read as TorchScript ({reason}): weights alone are no generator"
        ) from None
    return Foreign(f"the generator {path}", network, **noise)


def function_generator(word: str, **noise: Any) -> Foreign:
    """``module:function`` of (B, ...) noise, of the user's own code.

    Raises:
        UserError: neither --config-dir nor GANLAB_TRUST names the module, or it has no such function.
    """
    module, _, name = word.partition(":")
    if not (own.is_named(module) or own.is_own(module)):
        raise UserError(
            f"{word} is code that would run: if it is yours, add --config-dir DIR, the folder of {module}, or "
            f"set GANLAB_TRUST={module} in the environment"
        )
    try:
        function = getattr(importlib.import_module(module), name)
    except Exception as error:  # a user's module can fail in any way
        raise UserError(f"{word} cannot be imported: {error}") from error
    if not callable(function):
        raise UserError(f"{word} is a {type(function).__name__}: a function of noise is needed")
    return Foreign(f"the generator {word}", function, **noise)
