"""Networks that read a caption, trained together with the GAN that draws it."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ganlab.bounds import Size
from ganlab.network_types import TextEncoder

# the authors': "-" twice
ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789-,;.!?:'\"/\\|_@#$%^&*~`+-=<>()[]{} "


class WordGRU(TextEncoder):
    """Ids of words (B, L), 0 after the end, to (B, size): the mean over the words of a gated recurrent unit's state.

    It is standardised over the batch: captions share most of their words, and what sets them apart is small beside it.

    words: how many words are known at most, beside the one id for all others. width: of a word's vector.
    """

    reads = "words"

    def __init__(self, *, words: Size = 10_000, width: Size = 64, size: Size = 128) -> None:
        super().__init__()
        self.size, self.words = size, words
        self.embedding = nn.Embedding(words + 2, width, padding_idx=0)
        self.gru = nn.GRU(width, size, batch_first=True)
        self.norm = nn.BatchNorm1d(size, affine=False)

    def forward(self, caption: Tensor) -> Tensor:
        # (B, L, size); what follows the end changes nothing before it
        states, _ = self.gru(self.embedding(caption))
        inside = (caption != 0).unsqueeze(2).to(states.dtype)
        return self.norm((states * inside).sum(1) / inside.sum(1).clamp_min(1))


class CharCNNRNN(TextEncoder):
    """Letters (B, L) by code point to (B, size): the encoder of Reed, Akata, Schiele, Lee 2016, "char-CNN-RNN".

    Three convolutions over ``length`` letters, each with ReLU and pooling, then eight steps of a recurrent network
    with ReLU, whose mean is projected. Capitals are read as small letters; letters outside of ``ALPHABET`` as nothing.
    Code of the authors: 201 letters, size 1024, recurrent_size 256.
    """

    reads = "letters"
    letter: Tensor

    def __init__(self, *, size: Size = 1024, recurrent_size: Size = 256, length: Size = 201) -> None:
        super().__init__()
        self.size, self.length = size, length
        self.register_buffer("letter", _letters(), persistent=False)
        self.convolutions = nn.Sequential(
            nn.Conv1d(len(ALPHABET), 384, 4),
            nn.ReLU(inplace=True),
            nn.MaxPool1d(3, 3),
            nn.Conv1d(384, 512, 4),
            nn.ReLU(inplace=True),
            nn.MaxPool1d(3, 3),
            nn.Conv1d(512, recurrent_size, 4),
            nn.ReLU(inplace=True),
            nn.MaxPool1d(3, 2),
        )
        self.inward = nn.Linear(recurrent_size, recurrent_size)
        self.onward = nn.Linear(recurrent_size, recurrent_size)
        self.project = nn.Linear(recurrent_size, size)

    def forward(self, caption: Tensor) -> Tensor:
        caption = F.pad(caption[:, : self.length], (0, max(0, self.length - caption.shape[1])))
        letters = self.letter[caption.clamp(max=len(self.letter) - 1)]  # (B, length), 0 for none
        one_hot = F.one_hot(letters, len(ALPHABET) + 1)[:, :, 1:].transpose(1, 2)
        steps = self.inward(self.convolutions(one_hot.to(self.project.weight.dtype)).transpose(1, 2))
        state = steps[:, 0].relu()
        states = [state]
        for step in steps[:, 1:].unbind(1):
            state = (step + self.onward(state)).relu()
            states.append(state)
        return self.project(torch.stack(states).mean(0))


def _letters() -> Tensor:
    """(128,) int64: the place in ``ALPHABET`` of each ASCII character, from 1 on; 0 for one that is not in it."""
    table = torch.zeros(128, dtype=torch.int64)
    for place, letter in enumerate(ALPHABET, 1):
        table[ord(letter)] = table[ord(letter.upper())] = place
    return table
