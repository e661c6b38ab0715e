"""Features of networks that Hugging Face keeps: DINOv2 and CLIP."""

import hashlib
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from torch import Tensor, nn

from ganlab.bounds import Side, bounded
from ganlab.errors import UserError
from ganlab.metrics.extractors.common import ReadOnce, as_seen, full_float32
from ganlab.metrics.extractors.resize import Resize
from ganlab.types import Features

# by which the pixels of 0 to 1 are standardised: those of ImageNet, and of CLIP's own images
STANDARD = {
    "dinov2": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "clip": ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)),
}


class PretrainedFeatures(ReadOnce[nn.Module]):
    """An :class:`~ganlab.types.Extractor`: what DINOv2 says of an image as a whole, or CLIP's embedding of it.

    There are no classes: scores of logits cannot be told. Weights are read as safetensors, never as code.

    kind: which of the two. model: its name on huggingface.co, or a folder. revision: a branch, tag or commit there.
    side: pixels that images are resized to, bicubically, antialiased and rounded as Pillow does. download: ask
        huggingface.co for what is not in its cache here.
    """

    classes: tuple[str, ...] = ()

    @bounded
    def __init__(
        self,
        *,
        kind: Literal["dinov2", "clip"] = "dinov2",
        model: str = "facebook/dinov2-large",
        revision: str = "main",
        side: Side = 224,
        download: bool = False,
    ) -> None:
        super().__init__()
        if kind not in STANDARD:
            raise UserError(f"kind={kind}: expected {' or '.join(STANDARD)}")
        self.kind, self.model, self.revision, self.download = kind, model, revision, download
        self.resized = Resize(side=side, kernel="bicubic", antialias=True, quantised=True)
        self.resize, self.weights, self.size = str(self.resized), "", 0
        self.name = Path(model).name
        self.suffix = "_" + re.sub(r"\W+", "_", self.name)

    def read(self) -> nn.Module:
        """The network; raises UserError where transformers or the weights are missing."""
        if find_spec("transformers") is None:
            raise UserError(f"{self.model} needs the package transformers: pip install 'ganlab[text]'")
        from transformers import CLIPVisionModelWithProjection, Dinov2Model

        source: Any = Dinov2Model if self.kind == "dinov2" else CLIPVisionModelWithProjection
        try:
            network = source.from_pretrained(
                self.model, revision=self.revision, use_safetensors=True, local_files_only=not self.download
            )
        except (OSError, ValueError) as error:
            where = "nor on huggingface.co" if self.download else "and download=true would fetch it"
            raise UserError(
                f"{self.model} is neither a folder with weights in safetensors nor in the cache of huggingface.co "
                f"here, {where} ({str(error).splitlines()[0]}): name a folder that holds it, "
                f"extractors.{self.kind}.model=FOLDER"
            ) from None
        config = network.config
        self.size = config.hidden_size if self.kind == "dinov2" else config.projection_dim
        digest = hashlib.sha256()
        for name, tensor in sorted(network.state_dict().items()):
            digest.update(name.encode())
            digest.update(tensor.float().contiguous().numpy().tobytes())
        self.weights = digest.hexdigest()
        return network.float().eval().requires_grad_(False)

    def __call__(self, images: Tensor) -> Features:
        """(B, 1, 3 or 4, H, W) uint8 to (B, size) and (B, 0), float32, on the device of the images."""
        images = as_seen(images)
        network = self.network()
        with full_float32(self._device):
            pixels = self.resized(images.to(self._device)).expand(-1, 3, -1, -1) / 255
            mean, deviation = (pixels.new_tensor(part)[:, None, None] for part in STANDARD[self.kind])
            answer = network(pixel_values=(pixels - mean) / deviation)
        features = answer.pooler_output if self.kind == "dinov2" else answer.image_embeds
        return Features(features.to(images.device), features.new_zeros(len(images), 0).to(images.device))
