"""CLIP as a judge of whether an image shows its caption."""

from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ganlab.errors import UserError

# of CLIP's training images
MEAN, SPREAD = ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711))


class ClipMatcher:
    """A :class:`~ganlab.metrics.captions.r_precision.Matcher`: CLIP (Radford et al. 2021), as Hugging Face keeps it.

    Images are enlarged or shrunk to the model's size, bicubically and antialiased.

    model: its name on huggingface.co, or a folder. revision: a branch, tag or commit there.
    """

    suffix = "clip"

    def __init__(self, *, model: str = "openai/clip-vit-base-patch32", revision: str = "main") -> None:
        self.model, self.revision, self.name = model, revision, f"{model}@{revision}"
        self.network: Any = None
        self.device = torch.device("cpu")

    def prepare(self) -> None:
        """Load the model; raises UserError where transformers or the weights are missing."""
        if self.network is not None:
            return
        if find_spec("transformers") is None:
            raise UserError(
                f"metrics: {self.model} needs the package transformers: pip install 'ganlab[text]'"
            )
        from transformers import AutoTokenizer, CLIPModel

        try:
            where = {"pretrained_model_name_or_path": self.model, "revision": self.revision}
            self.network = CLIPModel.from_pretrained(**where, use_safetensors=True).eval()
            self.tokenizer = AutoTokenizer.from_pretrained(**where, trust_remote_code=False)
        except (OSError, ValueError) as error:
            raise UserError(
                f"metrics: {self.model} cannot be loaded from huggingface.co or its cache: {str(error).splitlines()[0]}"
            ) from None

    def to(self, device: torch.device) -> "ClipMatcher":
        self.device = device
        self.network.to(device)
        return self

    @torch.no_grad()
    def images(self, pixels: Tensor) -> Tensor:
        side = self.network.config.vision_config.image_size
        images = pixels.to(self.device).float().div(255).expand(-1, 3, -1, -1)
        images = F.interpolate(images, (side, side), mode="bicubic", antialias=True).clamp(0, 1)
        mean, spread = (torch.tensor(value, device=self.device)[:, None, None] for value in (MEAN, SPREAD))
        return _embedding(self.network.get_image_features(pixel_values=(images - mean) / spread))

    @torch.no_grad()
    def texts(self, captions: Sequence[str]) -> Tensor:
        parts = []
        for first in range(0, len(captions), 256):
            words = self.tokenizer(
                list(captions[first : first + 256]), padding=True, truncation=True, return_tensors="pt"
            )
            parts.append(_embedding(self.network.get_text_features(**words.to(self.device))))
        return torch.cat(parts)


def _embedding(features: Any) -> Tensor:
    """(B, d): older versions of transformers give it as it is, newer ones beside other things."""
    return features if isinstance(features, Tensor) else features.pooler_output
