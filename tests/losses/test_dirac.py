"""The Dirac-GAN (Mescheder et al. 2018, section 2): the simplest game that does not converge without a regularizer.

Real data are the point 0, the generator's the point theta, the discriminator is D(x) = psi x.
"""

from itertools import pairwise

import pytest
import torch
from torch import Tensor

from ganlab.losses.adversarial import NonSaturating, Saturating
from ganlab.losses.penalties import R1, R1R2, NoPenalty
from ganlab.randomness import Draws

LOSSES = [NonSaturating(), Saturating()]


def directions(players: Tensor, loss, penalty) -> Tensor:
    """Minus the gradient of each player's loss: where (psi, theta) go."""
    psi, theta = players.unbind()
    real, fake = torch.zeros(1, 1, dtype=players.dtype), theta.reshape(1, 1)

    def score(points: Tensor) -> Tensor:
        return psi * points[:, 0]

    of_discriminator = loss.discriminator(score(real), score(fake))
    of_discriminator = of_discriminator + sum(penalty(score, real, fake, draws=Draws(0), step=1).values())
    of_generator = loss.generator(score(fake))
    (down_psi,) = torch.autograd.grad(of_discriminator, psi, create_graph=True)
    (down_theta,) = torch.autograd.grad(of_generator, theta, create_graph=True)
    return -torch.stack([down_psi, down_theta])


def distances(loss, penalty, steps: int = 300, rate: float = 0.1) -> list[float]:
    """From the equilibrium (0, 0), with both players moving at once."""
    players = torch.tensor([0.5, 0.5], dtype=torch.float64)
    seen = []
    for _ in range(steps):
        players = players + rate * directions(players.requires_grad_(), loss, penalty)
        players = players.detach()
        seen.append(players.norm().item())
    return seen


def test_without_a_penalty_the_players_spiral_outwards():
    """In the minimax game; the non-saturating loss curls inwards, though too slowly to be of use."""
    seen = distances(Saturating(), NoPenalty())
    assert all(later > earlier for earlier, later in pairwise(seen))
    assert seen[-1] > 1.2 * seen[0]
    assert distances(NonSaturating(), NoPenalty())[-1] > 0.3


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("penalty", [R1(gamma=1.0), R1R2(gamma=0.5)])
def test_with_gamma_1_they_converge(loss, penalty):
    seen = distances(loss, penalty)
    assert seen[-1] < 1e-4 < 0.5 < seen[0]


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize(("gamma", "expected"), [(0.0, 0.5j), (1.0, -0.5), (0.6, -0.3 + 0.4j)])
def test_eigenvalues_at_the_equilibrium(loss, gamma, expected):
    """-gamma / 2 +- sqrt(gamma^2 - 1) / 2: a circle without a penalty, critical damping at gamma 1.

    So gamma is multiplied by one half; with the authors' code, which has none, gamma 0.5 would be critical.
    """
    at = torch.zeros(2, dtype=torch.float64)
    jacobian = torch.autograd.functional.jacobian(lambda x: directions(x, loss, R1(gamma=gamma)), at)
    found = torch.linalg.eigvals(jacobian)
    wanted = torch.tensor([expected, complex(expected).conjugate()], dtype=found.dtype)
    found = found[found.imag.argsort(descending=True)]
    torch.testing.assert_close(found, wanted, atol=1e-7, rtol=0)
