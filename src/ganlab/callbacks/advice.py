"""What the warnings of the health callback say to do."""

from ganlab.models.base import GAN
from ganlab.models.images.base import LatentGAN


def alike(module: GAN, diversity: float) -> str:
    return (
        f"the samples are nearly identical (their distances are {diversity:.0%} of the real images'): the generator "
        "may have collapsed. Look at samples/; lower learning rates, a larger batch or more data help"
        + from_noise(module, ", and so does model=wgan_gp")
    )


def ignores_noise(kind: str, diversity: float) -> str:
    one, advice = {
        "captions": (
            "caption",
            "model/mode_seeking=mao_2019 helps, or a larger model.mode_seeking.weight where it is on",
        ),
        "labelled": ("class", "a weaker discriminator, a larger batch or more data help"),
    }[kind]
    return (
        f"pictures of one {one} are nearly identical (their distances are {diversity:.0%} of those of real ones): the "
        f"generator ignores its noise. Look at samples/; {advice}"
    )


def from_noise(module: GAN, advice: str) -> str:
    """The advice, where it is one: to a model that makes images of noise."""
    return advice if isinstance(module, LatentGAN) else ""
