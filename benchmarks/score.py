"""The whole path, images on disk to numbers: ganlab score beside torch-fidelity, pytorch-fid and clean-fid.

    python -m benchmarks.score agreement [--n 250] [--threads 1]
    python -m benchmarks.score speed [--n 250] [--rounds 2] [--threads 1]
    python -m benchmarks.score choices [--n 250] [--threads 1]

All read the same PNGs, and Inception with the same random weights, in each library's format.
agreement: their values. speed: from a folder to the numbers, in turns; processor time, and wall time beside it.
choices: what one choice alone changes, starting from torch-fidelity's. Each writes its section of ``score.md``.
"""

import argparse
import os
import platform
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cleanfid.features
import cleanfid.fid
import cleanfid.inception_pytorch
import cleanfid.inception_torchscript
import pytorch_fid.fid_score
import pytorch_fid.inception
import torch
import torch_fidelity
from threadpoolctl import threadpool_limits
from torch import Tensor

from benchmarks.pages import write
from ganlab.config import compose, instantiate
from ganlab.inference.scoring.kinds.pictures import Folder
from ganlab.inference.scoring.lenses import Lens
from ganlab.inference.scoring.result import Settings
from ganlab.inference.scoring.score import score
from ganlab.metrics.extractors.inception import LAYERS, InceptionFeatures
from ganlab.metrics.protocol import Protocol
from tests.support.inception import random_inception, write_torchscript
from tests.support.scoring import write_images

PAGE = Path(__file__).parent / "score.md"
CPU = torch.device("cpu")
OWN = {  # of each library, by which of ganlab's protocols it is measured
    "torch-fidelity": "torch_fidelity",
    "pytorch-fid": "pytorch_fid",
    "clean-fid, clean": "clean",
    "clean-fid, legacy_pytorch": "clean_legacy_pytorch",
    "clean-fid, legacy_tensorflow": "clean_legacy_tensorflow",
}
Side = Callable[[], dict[str, float]]


def drawn_shapes(n: int, seed: int) -> Tensor:
    """(n, 3, 32, 32) uint8."""
    data = instantiate(compose(["data=shapes", f"data.seed={seed}"]).data)
    data.prepare()
    images = data.dataset("train")
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(seed))
    return images.images(order[:n])


def write_sides(folder: Path, n: int) -> list[str]:
    """Real shapes, and others with noise, as PNGs."""
    real, fake = drawn_shapes(n, 1), drawn_shapes(n, 2)
    noise = 20 * torch.randn(fake.shape, generator=torch.Generator().manual_seed(0))
    fake = (fake + noise).clamp(0, 255).to(torch.uint8)
    return [str(write_images(folder / name, part)) for name, part in (("fake", fake), ("real", real))]


def write_weights(folder: Path) -> Path:
    """Random weights for all three, whose downloads are turned to them."""
    network, path = random_inception(), folder / "random.pth"
    torch.save(network.state_dict(), path)
    write_torchscript(network, folder / "inception-2015-12-05.pt", LAYERS)
    state = torch.load(path, weights_only=True)
    for module in (pytorch_fid.inception, cleanfid.inception_pytorch):
        module.load_state_dict_from_url = lambda *args, **options: state
    cleanfid.inception_torchscript.check_download_inception = lambda fpath: None
    cleanfid.features.platform.system = lambda: (
        "Windows"
    )  # where it reads its network from the present folder
    return path


def torch_fidelity_side(fake: str, real: str, weights: Path, subset: int) -> Side:
    def run() -> dict[str, float]:
        found = torch_fidelity.calculate_metrics(
            input1=fake,
            input2=real,
            isc=True,
            fid=True,
            kid=True,
            kid_subset_size=subset,
            feature_extractor_weights_path=str(weights),
            cuda=False,
            cache=False,
            save_cpu_ram=True,
            verbose=False,
        )
        names = {"fid": "frechet_inception_distance", "kid": "kernel_inception_distance_mean"}
        names["is"] = "inception_score_mean"
        return {name: found[key] for name, key in names.items()}

    return run


def clean_side(fake: str, real: str, mode: str) -> Side:
    def run() -> dict[str, float]:
        network = cleanfid.features.build_feature_extractor(mode, CPU, use_dataparallel=False)
        options = {"num_workers": 0, "device": CPU, "mode": mode, "verbose": False}
        found = [cleanfid.fid.get_folder_features(side, network, **options) for side in (fake, real)]
        return {"fid": cleanfid.fid.fid_from_feats(*found), "kid": cleanfid.fid.kernel_distance(*found[::-1])}

    return run


def lens(name: str, weights: Path, subset: int) -> Lens:
    words = ["generated=x", f"protocol={name}", f"weights={weights}"]
    cfg = compose(words, "score")
    protocol = replace(instantiate(cfg.protocol), kid_subset_size=subset)
    scores = [one for one in protocol.scores if one in ("fid", "kid", "is")]
    return Lens(name, replace(protocol, scores=scores), {"inception": instantiate(cfg.extractors.inception)})


def ganlab_side(fake: str, real: str, names: list[str], weights: Path, subset: int) -> Side:
    def run() -> dict[str, float]:
        sides = [Folder(Path(side), on_corrupt="error", workers=2) for side in (fake, real)]
        lenses = [lens(name, weights, subset) for name in names]
        settings = Settings(allow_small=True, cache_folder=None)
        found = score([sides[0]], sides[1], lenses, settings, show=lambda line: None)
        return {
            f"{protocol}/{called.split('_inception')[0]}": one.value
            for protocol, scores in found.scores.items()
            for called, one in scores.items()
        }

    return run


def measure(
    sides: dict[str, Side], rounds: int
) -> tuple[dict[str, dict[str, float]], dict[str, list[float]]]:
    """What each side said; its least processor time and least wall time in seconds, over rounds in turns."""
    said: dict[str, dict[str, float]] = {}
    times = {name: [float("inf")] * 2 for name in sides}
    for number in range(rounds):
        for name, side in sides.items():
            wall, used = time.perf_counter(), os.times()
            said[name] = side()
            now = os.times()
            processor = sum(now[:4]) - sum(used[:4])
            times[name] = [min(times[name][0], processor), min(times[name][1], time.perf_counter() - wall)]
            print(f"round {number + 1}: {name}: {processor:.1f} s of processor", flush=True)
    return said, times


def libraries(fake: str, real: str, weights: Path, subset: int) -> dict[str, Side]:
    options = {"batch_size": 50, "device": CPU, "dims": 2048, "num_workers": 0}
    modes = ("clean", "legacy_pytorch", "legacy_tensorflow")
    return {
        "torch-fidelity": torch_fidelity_side(fake, real, weights, subset),
        "pytorch-fid": lambda: {
            "fid": pytorch_fid.fid_score.calculate_fid_given_paths([fake, real], **options)
        },
        **{f"clean-fid, {mode}": clean_side(fake, real, mode) for mode in modes},
    }


def agreement(folder: Path, n: int) -> str:
    fake, real = write_sides(folder, n)
    weights, subset = write_weights(folder), min(1000, n)
    together = ganlab_side(fake, real, list(OWN.values()), weights, subset)()
    said, _ = measure(libraries(fake, real, weights, subset), 1)
    lines = ["| library | score | its value | ganlab's | relative difference |", "|---|---|---|---|---|"]
    for name, protocol in OWN.items():
        for called, value in said[name].items():
            own = together[f"{protocol}/{called}"]
            lines.append(f"| {name} | {called} | {value:.7g} | {own:.7g} | {abs(own / value - 1):.0e} |")
    return "\n".join(lines)


def speed(folder: Path, n: int, rounds: int) -> str:
    fake, real = write_sides(folder, n)
    weights, subset = write_weights(folder), min(1000, n)
    sides = {
        name: side for name, side in libraries(fake, real, weights, subset).items() if "legacy" not in name
    }
    for names in (["torch_fidelity"], ["pytorch_fid"], ["clean"], ["torch_fidelity", "pytorch_fid", "clean"]):
        sides[f"ganlab, protocol {' and '.join(names)}"] = ganlab_side(fake, real, names, weights, subset)
    _, times = measure(sides, rounds)
    lines = ["| | processor time, s | wall time, s | images a second of processor |", "|---|---|---|---|"]
    for name, (processor, wall) in times.items():
        lines.append(f"| {name} | {processor:.1f} | {wall:.0f} | {2 * n / processor:.2f} |")
    return "\n".join(lines)


def choices(folder: Path, n: int) -> str:
    """The Fréchet distance of the same images with one thing changed."""
    weights = write_weights(folder)
    write_sides(folder / "png", n)
    for quality in (95, 75):
        for side in ("fake", "real"):
            _as_jpeg(folder / "png" / side, folder / f"jpeg{quality}" / side, quality)
    usual = {"kernel": "tensorflow", "antialias": False, "quantised": False, "middle": 128.0}
    cases: dict[str, tuple[dict, str, str]] = {
        "torch-fidelity's": ({}, "png/fake", "png/real"),
        "PyTorch's bilinear resize": ({"kernel": "bilinear"}, "png/fake", "png/real"),
        "bicubic, antialiased": ({"kernel": "bicubic", "antialias": True}, "png/fake", "png/real"),
        "bicubic, antialiased, rounded to 8 bits": (
            {"kernel": "bicubic", "antialias": True, "quantised": True},
            "png/fake",
            "png/real",
        ),
        "127.5 is 0, and not 128": ({"middle": 127.5}, "png/fake", "png/real"),
        "generated images as JPEG, quality 95": ({}, "jpeg95/fake", "png/real"),
        "generated images as JPEG, quality 75": ({}, "jpeg75/fake", "png/real"),
        "both sides as JPEG, quality 75": ({}, "jpeg75/fake", "jpeg75/real"),
    }
    lines, first = ["| changed | Fréchet distance | against torch-fidelity's |", "|---|---|---|"], 0.0
    for name, (changed, fake, real) in cases.items():
        own = Lens(
            "one",
            Protocol(name="one", differs=""),
            {"x": InceptionFeatures(weights=weights, **usual | changed)},
        )
        sides = [Folder(folder / side, on_corrupt="error", workers=2) for side in (fake, real)]
        settings = Settings(allow_small=True, cache_folder=None)
        found = score([sides[0]], sides[1], [own], settings, show=lambda line: None)
        value = next(iter(found.scores["one"].values())).value
        first = first or value
        print(name, value, flush=True)
        lines.append(f"| {name} | {value:.5g} | {100 * (value / first - 1):+.2f}% |")
    return "\n".join(lines)


def _as_jpeg(source: Path, target: Path, quality: int) -> None:
    from PIL import Image

    target.mkdir(parents=True)
    for path in source.iterdir():
        Image.open(path).save(target / f"{path.stem}.jpg", quality=quality)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("agreement", "speed", "choices"))
    parser.add_argument("--n", type=int, default=250, help="images of each side")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore")
    torch.set_num_threads(arguments.threads)
    with threadpool_limits(arguments.threads), tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        options = f" --n {arguments.n}"
        sides = f"{arguments.n} PNGs of 32 x 32 on each side"
        if arguments.what == "agreement":
            table = agreement(Path(folder), arguments.n)
        elif arguments.what == "speed":
            table = speed(Path(folder), arguments.n, arguments.rounds)
            options += f" --rounds {arguments.rounds}"
        else:
            table = choices(Path(folder), arguments.n)
    head = (
        f"`python -m benchmarks.score {arguments.what}{options} --threads {arguments.threads}`: {sides}; torch "
        f"{torch.__version__}, Python {platform.python_version()}"
    )
    print(table)
    write(PAGE, arguments.what, f"{head}\n\n{table}")


if __name__ == "__main__":
    main()
