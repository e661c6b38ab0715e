"""Embeddings of texts on disk: computed once, by whichever process is first."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ganlab.errors import UserError
from ganlab.storage import cache_folder


class EmbeddingCache:
    """Text to (size,) float32, in a file of SQLite that several processes may use at once."""

    def __init__(self, path: Path, size: int) -> None:
        self.path, self.size = path, size
        self._known: dict[str, Tensor] = {}
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with self._open() as file:
                file.execute("CREATE TABLE IF NOT EXISTS embeddings (text TEXT PRIMARY KEY, numbers BLOB)")
        except (OSError, sqlite3.Error) as error:
            raise UserError(
                f"{path} cannot be used to keep embeddings ({error}); set model.encoder.cache_folder"
            ) from None

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, timeout=60)

    def __contains__(self, text: str) -> bool:
        if text not in self._known:
            with self._open() as file:
                row = file.execute("SELECT numbers FROM embeddings WHERE text = ?", (text,)).fetchone()
            if row is None or len(row[0]) != 4 * self.size:
                return False
            self._known[text] = torch.from_numpy(np.frombuffer(row[0], np.float32).copy())
        return True

    def add(self, texts: Sequence[str], embeddings: Tensor) -> None:
        """Keep embeddings (n, size)."""
        rows = embeddings.float().cpu()
        self._known.update(zip(texts, rows, strict=True))
        with self._open() as file:
            file.executemany(
                "INSERT OR REPLACE INTO embeddings VALUES (?, ?)",
                [(text, row.numpy().tobytes()) for text, row in zip(texts, rows, strict=True)],
            )

    def of(self, texts: Sequence[str]) -> Tensor:
        """(n, size) on the CPU."""
        return torch.stack([self._known[text] for text in texts])


def default_folder() -> Path:
    """``$GANLAB_CACHE``, else ``ganlab`` in the user's cache directory."""
    return cache_folder("texts")
