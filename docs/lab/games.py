"""Which games the laboratory has."""

import itertools
from dataclasses import astuple, dataclass

LOSSES = ["non_saturating", "saturating", "least_squares", "hinge", "wasserstein"]
PENALTIES = ["none", "r1", "gradient_penalty"]
USUAL_RATE, RATES = 1e-3, [2e-4, 5e-3]
R3GAN = {"loss": "relativistic", "penalty": "r1_r2", "rate": 2e-3}  # what its YAML means


@dataclass(frozen=True)
class Game:
    """What one run is; its fields are what the page lets one choose, in this order."""

    data: str = "ring"
    model: str = "plane_gan"
    loss: str = "non_saturating"
    penalty: str = "none"
    k: int = 1
    rate: float = USUAL_RATE
    seed: int = 1

    @property
    def name(self) -> str:
        return "-".join(map(str, astuple(self)))

    @property
    def steps(self) -> int:
        """As long as the course's chapter on mode collapse; R3GAN as long as its schedules."""
        return 2_000 if self.model == "plane_r3gan" else 1_000

    def words(self) -> list[str]:
        """As one types them behind ``ganlab``."""
        words = [f"experiment={self.data}", f"model={self.model}", f"trainer.max_steps={self.steps}"]
        words += ["trainer=cpu", "trainer.threads=1", f"seed={self.seed}"]
        if self.model != "plane_gan":
            return words  # as its YAML has it
        words += [
            f"model/loss={self.loss}",
            f"model/penalty={self.penalty}",
            f"model.discriminator_steps={self.k}",
        ]
        return words + [
            f"model.optimizers.{player}.lr={self.rate:g}" for player in ("discriminator", "generator")
        ]


def games() -> list[Game]:
    """Each loss with each penalty on both data sets, and other games; on the ring also other k, seeds and rates."""
    pairs = list(itertools.product(LOSSES, PENALTIES))
    return [
        *(
            Game(data=data, loss=loss, penalty=penalty)
            for data in ("ring", "grid")
            for loss, penalty in pairs
        ),
        *(Game(model=model) for model in ("plane_pacgan", "plane_unrolled")),
        *(Game(loss=loss, k=5) for loss in LOSSES),
        Game(loss="wasserstein", penalty="gradient_penalty", k=5),
        *(Game(loss=loss, rate=rate) for loss in ("non_saturating", "least_squares") for rate in RATES),
        *(Game(loss=loss, seed=2) for loss in ("non_saturating", "least_squares", "hinge")),
        *(Game(data=data, model="plane_r3gan", **R3GAN) for data in ("grid", "ring")),
    ]
