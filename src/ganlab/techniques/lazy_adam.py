"""Adam for a player that takes a step more whenever a regularizer is due."""

from collections.abc import Iterable

import torch
from torch import nn

from ganlab.bounds import Momentum, Weight, Whole, bounded


class LazyAdam(torch.optim.Adam):
    """Adam with the numbers that lazy regularization asks for (Karras et al. 2020, StyleGAN2, appendix B).

    In ``every`` training steps the player moves ``every`` + 1 times, once for its regularizer. With
    c = every / (every + 1) a rate of c lr and decays of beta^c make as much of ``every`` training steps as Adam's own
    numbers would without the regularizer's.

    lr, betas, eps: of Adam, as they would be without. every: the steps between two of the regularizer; 0: it has none.
    """

    @bounded
    def __init__(
        self,
        params: Iterable[nn.Parameter],
        *,
        lr: Weight = 2.5e-3,
        betas: tuple[Momentum, Momentum] = (0.0, 0.99),
        eps: Weight = 1e-8,
        every: Whole = 0,
        fused: bool | None = None,
    ) -> None:
        c = every / (every + 1) if every else 1.0
        super().__init__(params, lr=c * lr, betas=(betas[0] ** c, betas[1] ** c), eps=eps, fused=fused)
