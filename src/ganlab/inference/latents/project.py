"""A picture of one's own as a latent vector: what of it the generator can draw."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple, TypedDict, Unpack

import torch
from torch import Tensor
from tqdm import tqdm

from ganlab.data.store.decode import Decoder
from ganlab.errors import UserError
from ganlab.inference.latents.origins import pictures
from ganlab.inference.latents.projected import FILE, Projected, save
from ganlab.inference.latents.show import save_rows, save_steps
from ganlab.inference.latents.source import Source
from ganlab.inference.latents.spaces import Space, space_of
from ganlab.inference.picture_files import find_pictures
from ganlab.metrics.extractors.lpips import Perceptual
from ganlab.models.eval_mode import eval_mode
from ganlab.models.images.base import LatentGAN
from ganlab.pixels import from_uint8
from ganlab.randomness import Draws

Distance = Callable[[Tensor, Tensor], Tensor]  # of pictures (n, C, H, W) in [-1, 1], to (n,)
FRAMES = 40


class Search(TypedDict, total=False):
    """How a latent vector is looked for; see :func:`project`."""

    space: Space
    steps: int
    starts: int
    lr: float
    prior_weight: float
    seed: int


class Projection(NamedTuple):
    """latents: (n, size), in z or w.  pictures: (n, C, H, W) in [-1, 1].  psnr: (n,), in dB, over the range of a pixel.

    frames: (f, n, C, H, W), the best picture so far at even times on the way, the last of them ``pictures``.
    condition: of z, the labels (n,) where the model knows classes; w has them in itself.
    """

    latents: Tensor
    pictures: Tensor
    psnr: Tensor
    frames: Tensor
    condition: tuple[Tensor, ...] = ()


def project(
    model: LatentGAN,
    target: Tensor,
    *,
    label: int | None = None,
    space: Space = "z",
    steps: int = 300,
    starts: int = 10,
    lr: float = 0.05,
    prior_weight: float = 1e-3,
    perceptual: Distance | None = None,
    seed: int = 0,
    progress: Callable[[range], Iterable[int]] = iter,
) -> Projection:
    """The latent vectors whose pictures come nearest to ``target`` (n, C, H, W) in [-1, 1] (Zhu et al. 2016).

    Adam on z from several starts at once, each target keeping its best: the mean squared error of the pixels, plus
    ``perceptual`` where it is given, plus ``prior_weight`` times the mean square of z (Bora et al. 2017, section 3),
    which keeps z where the generator was trained. For a uniform prior z is cut to its range instead.

    space: w looks among the styles of a style generator, the same w for each layer (Karras et al. 2020, appendix D);
    ``prior_weight`` is then of their distance from the mean style, in standard deviations.
    label: the class to draw, for a model that knows classes; None: the starts take classes in turn.

    Raises:
        UserError: pictures of another shape than the generator's, a prior of codes, which are no vector space, or w of
            a generator without styles.
    """
    inputs = model.inputs(starts, Draws(seed, "project"), label)
    place = space_of(model, space, [each_of(values, len(target)).to(model.device) for values in inputs])
    aim, network = target.to(model.device).repeat_interleave(starts, 0), model.average.current()
    z = place.start.requires_grad_()
    optimizer, best, frames = torch.optim.Adam([z], lr=lr), _Best(z, aim, starts), []
    with eval_mode(network), torch.enable_grad():
        for step in progress(range(steps + 1)):
            picture = place.drawn(z)
            error = distance(picture, aim, perceptual)
            best.update(error, z, picture)
            if step % max(1, steps // FRAMES) == 0 or step == steps:
                frames.append(best.of_each(best.pictures))
            (z.grad,) = torch.autograd.grad((error + prior_weight * place.far(z)).sum(), z)
            optimizer.step()
            place.cut(z)
    psnr, condition = _psnr(frames[-1], target.cpu()), tuple(map(best.of_each, place.condition))
    return Projection(best.of_each(best.latents), frames[-1], psnr, torch.stack(frames), condition)


def _psnr(one: Tensor, other: Tensor) -> Tensor:
    return 10 * (4 / (one - other).square().flatten(1).mean(1).clamp_min(1e-12)).log10()


def each_of(values: Tensor, times: int) -> Tensor:
    """All of (n, ...), so many times one after the other."""
    return values.repeat(times, *(1,) * (values.dim() - 1))


def distance(picture: Tensor, aim: Tensor, perceptual: Distance | None) -> Tensor:
    """(n,) mean squared errors of pixels, and what ``perceptual`` adds.

    Raises:
        UserError: for pictures of two shapes.
    """
    if picture.shape != aim.shape:
        raise UserError(f"the picture is {_size(aim)}, and this model draws {_size(picture)}")
    error = (picture - aim).square().flatten(1).mean(1)
    return error if perceptual is None else error + perceptual(picture, aim)


class _Best:
    """The best that each start has reached so far."""

    def __init__(self, z: Tensor, aim: Tensor, starts: int) -> None:
        self.starts, self.error = starts, torch.full((len(z),), torch.inf, device=z.device)
        self.latents, self.pictures = z.detach().clone(), torch.zeros_like(aim)

    @torch.no_grad()
    def update(self, error: Tensor, z: Tensor, picture: Tensor) -> None:
        better = error < self.error
        self.error = torch.where(better, error, self.error)
        self.latents[better], self.pictures[better] = z[better], picture[better]

    def of_each(self, values: Tensor) -> Tensor:
        """(n, ...) on the CPU of (n * starts, ...): for each target that of its best start."""
        places = self.error.unflatten(0, (-1, self.starts)).argmin(1)
        return values[torch.arange(len(places), device=values.device) * self.starts + places].cpu()


def _size(pictures: Tensor) -> str:
    channels, height, width = pictures.shape[1:]
    return f"{width}x{height} pixels in {channels} channel{'s' * (channels != 1)}"


def write(
    source: Source,
    folder: Path,
    *,
    input: Path,
    label: int | str | None = None,
    perceptual_weight: float = 1.0,
    **options: Unpack[Search],
) -> list[str]:
    """``projection.png``: pictures and what was found; ``projection.gif``: the way there; ``latents.safetensors``."""
    channels, height, width = pictures(source.model, *source.model.inputs(1, Draws(0))).shape[1:]
    found = find_pictures("input", input.expanduser())
    decoder = Decoder(height=height, width=width, channels=channels)
    target = from_uint8(torch.stack([torch.tensor(decoder(str(one.path))) for one in found]))
    perceptual = lpips_at_hand(min(height, width), source.model.device, perceptual_weight)
    result = project(
        source.model,
        target,
        label=source.label(label),
        perceptual=perceptual,
        progress=lambda steps: tqdm(steps, desc="projecting", unit="step", disable=None),
        **options,
    )
    pairs = torch.stack([target, result.pictures], dim=1).flatten(0, 1)
    names = [f"{one.path.name}  {psnr:.1f} dB" for one, psnr in zip(found, result.psnr, strict=True)]
    save_rows(pairs, names, folder / "projection.png")
    save_steps(result.frames.transpose(0, 1), folder / "projection.gif")
    space = options.get("space", "z")
    kept = Projected([one.path.name for one in found], target, (result.latents, *result.condition))
    save(kept, space, folder / FILE)
    by = "pixels and LPIPS" if perceptual else "pixels"
    lines = [f"by {by}: {result.psnr.mean():.1f} dB on average"]
    if space == "z":
        lines.append(f"{FILE} there is what ganlab explore edit latents=... moves along a direction")
    return lines


def lpips_at_hand(side: int, device: torch.device, weight: float) -> Distance | None:
    """LPIPS by AlexNet, where its weights lie in torch.hub's folder and pictures are large enough; else None."""
    network = Perceptual()
    if not weight or side < network.smallest:
        return None
    try:
        network.prepare()
    except UserError:
        return None
    network.to(device)
    return lambda one, other: weight * network((one + 1) / 2, (other + 1) / 2).to(one)
