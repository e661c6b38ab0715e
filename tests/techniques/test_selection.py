"""The generator learns from the fakes that were chosen, and from no other."""

import torch

from ganlab.losses.adversarial import Hinge, Relativistic
from ganlab.techniques.selection import All, TopK

SCORES = [0.3, -2.0, 1.5, 0.1]


def gradient(selection, images: int) -> list[float]:
    fake = torch.tensor(SCORES, requires_grad=True)
    Hinge().generator(fake[selection(fake, images)]).backward()
    return fake.grad.tolist()


def test_only_the_k_best_pull():
    top = TopK(gamma=0.5, nu=0.5, epoch=100)
    assert gradient(top, 0) == gradient(top, 99) == gradient(All(), 0) == [-0.25] * 4
    assert gradient(top, 100) == gradient(top, 10**6) == [-0.5, 0.0, -0.5, 0.0]


def test_k_falls_with_each_epoch_to_the_least_share():
    top, scores = TopK(), torch.randn(200)
    chosen = [len(top(scores, 50_000 * epoch)) for epoch in (0, 1, 2, 68, 69, 200)]
    assert chosen == [200, 198, 196, 100, 100, 100]
    assert len(TopK(nu=0.001, gamma=0.001, epoch=1)(torch.randn(4), 10)) == 1


def test_a_pair_keeps_its_real_image():
    fake, real = torch.tensor(SCORES), torch.tensor([10.0, 20.0, 30.0, 40.0])
    best = TopK(nu=0.25, gamma=0.25, epoch=1)(fake, 1)
    loss = Relativistic().generator(fake[best], lambda: real[best])
    torch.testing.assert_close(loss, torch.nn.functional.softplus(torch.tensor(30 - 1.5)))
