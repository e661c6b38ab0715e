"""What each process of a distributed run has for itself."""

from torch import nn


class PerProcess(nn.Module):
    """A module whose state differs between the processes of a distributed run and is saved for each of them.

    The state is not in buffers, which follow rank 0, but in ``get_extra_state`` and ``set_extra_state``, as a dict of
    tensors and plain values.
    """
