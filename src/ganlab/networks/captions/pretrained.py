"""Text encoders of Hugging Face, such as CLIP's: frozen, their embeddings kept on disk."""

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ganlab.bounds import Size
from ganlab.errors import UserError
from ganlab.lexicon import Letters
from ganlab.network_types import TextEncoder
from ganlab.networks.captions.embedding_cache import EmbeddingCache, default_folder


class PretrainedText(TextEncoder):
    """Letters (B, L) by code point to (B, size): the pooled embedding of a model of Hugging Face, which never learns.

    Each caption is embedded once: the embedding is kept in memory and in ``cache_folder``. The model is neither in
    checkpoints nor on the training device, and with all captions in the cache it is not even loaded.

    name: of the model, as on huggingface.co, or a folder. revision: a branch, tag or commit there. size: numbers of its
    embedding. cache_folder: null is the user's cache directory.

    Raises:
        UserError: transformers is not installed.
    """

    reads = "letters"
    elsewhere = True
    place: Tensor

    def __init__(
        self,
        *,
        name: str = "openai/clip-vit-base-patch32",
        revision: str = "main",
        size: Size = 512,
        cache_folder: str | None = None,
    ) -> None:
        super().__init__()
        require_transformers(f"model.encoder.name={name}")
        self.name, self.revision, self.size = name, revision, size
        folder = Path(cache_folder).expanduser() if cache_folder else default_folder()
        self.cache = EmbeddingCache(folder / f"{identity(name, revision)}.sqlite", size)
        self.register_buffer("place", torch.zeros(()), persistent=False)  # says which device to answer on

    def forward(self, caption: Tensor) -> Tensor:
        texts = [Letters().decode(row) for row in caption.tolist()]
        unknown = [text for text in dict.fromkeys(texts) if text not in self.cache]
        if unknown:
            self.cache.add(unknown, embed_text(self.name, self.revision, unknown, self.size))
        return self.cache.of(texts).to(self.place)

    def __deepcopy__(self, memo: dict) -> "PretrainedText":
        """It never changes: an average over training shares it."""
        return self


@torch.no_grad()
def embed_text(name: str, revision: str, texts: Sequence[str], size: int, batch_size: int = 256) -> Tensor:
    """(n, size) on the CPU: the projected embedding where the model has one, else the pooled one, else the mean.

    Raises:
        UserError: the model cannot be had, or its embeddings have another size.
    """
    tokenizer, model = loaded(name, revision)
    parts = []
    for first in range(0, len(texts), batch_size):
        words = tokenizer(
            list(texts[first : first + batch_size]), padding=True, truncation=True, return_tensors="pt"
        )
        parts.append(_pooled(model(**words), words["attention_mask"]))
    embeddings = torch.cat(parts)
    if embeddings.shape[1] != size:
        raise UserError(
            f"model.encoder.size={size}: the embeddings of {name} have {embeddings.shape[1]} numbers; set it to that"
        )
    return embeddings


def _pooled(output: Any, mask: Tensor) -> Tensor:
    for key in ("text_embeds", "pooler_output"):
        if getattr(output, key, None) is not None:
            return getattr(output, key)
    inside = mask.unsqueeze(2).to(output.last_hidden_state.dtype)
    return (output.last_hidden_state * inside).sum(1) / inside.sum(1)


@lru_cache(maxsize=2)
def loaded(name: str, revision: str) -> tuple[Any, nn.Module]:
    """Tokenizer and text model, on the CPU in eval mode; one of each in a process.

    Raises:
        UserError: they are neither at hand nor to be downloaded.
    """
    from transformers import AutoConfig, AutoModel, AutoTokenizer, CLIPTextModelWithProjection, logging

    logging.set_verbosity_error()  # it tells of every weight of CLIP's other half
    try:
        kind = AutoConfig.from_pretrained(name, revision=revision, trust_remote_code=False).model_type
        make = CLIPTextModelWithProjection if kind == "clip" else AutoModel
        model = make.from_pretrained(name, revision=revision, trust_remote_code=False, use_safetensors=True)
        return AutoTokenizer.from_pretrained(name, revision=revision, trust_remote_code=False), model.eval()
    except (OSError, ValueError) as error:
        raise UserError(
            f"{name} cannot be loaded from huggingface.co or its cache: {str(error).splitlines()[0]}; give a model's "
            "name or the folder that holds it in safetensors"
        ) from None


def identity(name: str, revision: str) -> str:
    """A file name for what embeds: of a folder it changes when a file in it does."""
    if not Path(name).is_dir():
        return f"{name.replace('/', '--')}@{revision.replace('/', '--')}"
    files = sorted(path for path in Path(name).iterdir() if path.is_file())
    facts = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in files]
    return f"{Path(name).name}-{hashlib.sha256(repr(facts).encode()).hexdigest()[:16]}"


def require_transformers(what: str) -> None:
    """Raises UserError unless the package transformers is installed."""
    if find_spec("transformers") is None:
        raise UserError(f"{what} needs the package transformers: pip install 'ganlab[text]'")
