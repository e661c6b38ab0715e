"""Mistakes, and what should not be trusted: answered before anything runs."""

import contextlib
import json
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import torch
from PIL import Image

from benchmarks.reliability.figure import Figure
from ganlab.cli import main
from ganlab.config import compose, save_config
from ganlab.errors import GanlabError, UserError
from tests.support.archives import EVIL
from tests.support.payloads import PAYLOADS, WORDS, refused
from tests.support.runs import in_child

MISTAKES = {  # a command, and what its answer must name
    "model=dcgna": "dcgan",
    "data=digit": "digits",
    "modle=dcgan": "model",
    "trian": "train",
    "trainer.max_step=5": "trainer.max_steps",
    "model.generator.widht=8": "model.generator.width",
    "+model.new=1": "model.new",
    "trainer.max_steps=abc": "trainer.max_steps",
    "trainer.max_steps=-1": "trainer.max_steps",
    "seed=first": "seed",
    "data.batch_size=0": "data.batch_size",
    "data.batch_size=-8": "data.batch_size",
    "data.batch_size=100000": "data.batch_size",
    "data.image_size=31": "31",
    "data.image_size=0": "data.image_size",
    "data.image_size=1000000": "image_size=1000000",
    "data.channels=2": "data.channels",
    "model.optimizers.generator.lr=-1": "model.optimizers.generator.lr=-1",
    "model.optimizers.generator.lr=nan": "lr",
    "model.optimizers.generator.lr=inf": "lr",
    "model.optimizers.generator.lr=fast": "lr",
    "model.prior.size=0": "model.prior.size",
    "model.prior.size=9999999999": "9999999999",
    "model.generator.width=0": "width",
    "model/loss=hinged": "hinge",
    "model=wgan_gp model/discriminator=dcgan data.image_size=32": "batch",
    "model=cyclegan data=digits": "unpaired",
    "model=cgan data=folder data.root={images}": "label",
    "model=pix2pix data=paired data.root={nowhere}": "{nowhere}",
    "model=cyclegan data=unpaired data.root={images}": "trainA",
    "model=context_encoder data=photos_inpaint data.mask_size=64": "data.mask_size",
    "model=srgan data=photos_sr data.scale=5": "scale",
    "model=progan data.image_size=24": "24",
    "model=ebgan model.margin=-1": "model.margin",
    "data=folder": "data.root",
    "data=folder data.root={nowhere}": "{nowhere}",
    "data=folder data.root={empty}": "{empty}",
    "data=folder data.root={broken}": "broken.png",
    "data=folder data.root={images} data.batch_size=64": "data.batch_size",
    "data=folder data.root={images} data.labels=true": "holds no folders",
    "metrics=inception": "inception",
    "logger=wandbb": "wandb",
    "callbacks.quality.every_images=-5": "every_images",
    "trainer=gpu": "GPU",
    "precision=8": "precision",
    "resume={nowhere}": "{nowhere}",
    "hydra.run.dir=/proc/run": "/proc/run",
    "sample run={nowhere}": "{nowhere}",
    "sample": "run",
    "evaluate run={empty}": "{empty}",
    "import-weights {nowhere} model=pix2pix data=facades": "{nowhere}",
    "--config-dir {nowhere}": "{nowhere}",
    "~callbacks": "~callbacks",
    "model.loss=hinge": "model/loss=hinge",
    "epochs=3": "trainer.max_steps",
    "num_workers=4": "data.workers",
    "--model dcgan": "model=dcgan",
    "model = dcgan": "model=dcgan",
    "data=./pictures": "data.root=./pictures",
    "objective=nope": "objective=nope",
    "callbacks.log.every_steps=0": "callbacks.log.every_steps",
    "callbacks.samples.n=10000000": "callbacks.samples.n",
    "callbacks.checkpoints.keep=0": "callbacks.checkpoints.keep",
    "metrics.digits.kid_subset_size=1": "metrics.digits.kid_subset_size",
    "model.gradient_clip=0": "model.gradient_clip",
    "logger=wandb logger.wandb.project=a/b": "logger.wandb.project",
    "-m model=glob(zzz*)": "model=glob(zzz*)",
    "-m seed=range(1,1000000000)": "10,000",
}


def measure() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as name:
        places = made(Path(name))
        answers = [answered(words, names, places) for words, names in MISTAKES.items()]
    failed = [words for words, seconds in zip(MISTAKES, answers, strict=True) if seconds is None]
    seconds = [value for value in answers if value is not None]
    yield Figure(
        f"{len(MISTAKES)} mistakes on the command line and in folders of images",
        f"{len(seconds)} answered with exit code 2 and a message that names the culprit, without a traceback; median "
        f"{statistics.median(seconds):.2f} s" + (f" (not: {'; '.join(failed)})" if failed else ""),
        "all, 5 s",
        not failed,
    )
    ran = sum(not harmless(payload) for payload in PAYLOADS)
    yield Figure(
        f"a run directory from elsewhere with {len(PAYLOADS)} kinds of code to run",
        f"{ran} ran",
        "0",
        ran == 0,
    )
    ran = [word for word in WORDS if not refuses_to_resume(word)]
    yield Figure(
        f"the same, resumed, with {len(WORDS)} kinds of words to compose",
        f"{len(ran)} were composed" + (f" ({'; '.join(ran)})" if ran else ""),
        "0",
        not ran,
    )
    read = sum(not unread(payload) for payload in (Pickled(), {"state_dict": {"weight": Pickled()}}))
    yield Figure("a checkpoint with code in its pickle, 2 ways", f"{read} ran", "0", read == 0)
    loose = [name for name in EVIL if not contained(name)]
    yield Figure(
        f"{len(EVIL)} evil or damaged archives", f"{len(loose)} left anything behind", "0", not loose
    )


def made(folder: Path) -> dict[str, str]:
    """Folders of images with faults."""
    for name in ("images", "empty", "broken"):
        (folder / name).mkdir()
    for index in range(12):
        for name in ("images", "broken"):
            Image.new("RGB", (40, 40), (index, 0, 0)).save(folder / name / f"{index}.png")
    (folder / "broken" / "broken.png").write_bytes((folder / "images" / "0.png").read_bytes()[:60])
    return {name: str(folder / name) for name in ("images", "empty", "broken", "nowhere")}


def answered(words: str, names: str, places: dict[str, str]) -> float | None:
    """Seconds until the command refused, naming what it had to; None if it did anything else."""
    command = [word.format(**places) for word in words.split()]
    with tempfile.TemporaryDirectory() as name:
        said = Path(name) / "said"

        def ask() -> None:
            os.chdir(name)
            with said.open("w") as file, contextlib.redirect_stderr(file), contextlib.redirect_stdout(file):
                os._exit(main(command))

        began = time.monotonic()
        code = in_child(ask)
        seconds = time.monotonic() - began
        text = said.read_text()
        good = code == UserError.exit_code and "Traceback" not in text and names.format(**places) in text
        if not good:
            print(f"  {words}: {code}: {text.strip()[:300]}", flush=True)
        return seconds if good else None


def harmless(payload: dict) -> bool:
    """Is it refused, and nothing done?"""
    with tempfile.TemporaryDirectory() as name, contextlib.chdir(name):
        model = {"_target_": "ganlab.models.images.gan.StandardGAN", "generator": payload}
        refused(Path(name) / "run", model=model)
        return [path.name for path in Path(name).iterdir()] == ["run"]


def refuses_to_resume(word: str) -> bool:
    """Does the command answer with a mistake's exit code, and leave everything as it was?"""
    with tempfile.TemporaryDirectory() as name:
        run = Path(name) / "run"
        save_config(compose(["model=vanilla"]), run, [])
        (run / ".hydra" / "overrides.yaml").write_text(json.dumps(["model=vanilla", word]))
        before = sorted(run.rglob("*"))

        def ask() -> None:
            os.chdir(name)
            with contextlib.redirect_stderr(None), contextlib.redirect_stdout(None):
                os._exit(main(["resume=run", "trainer.max_steps=1"]))

        return in_child(ask) == UserError.exit_code and sorted(Path(name).rglob("*")) == [run, *before]


class Pickled:
    """Makes a file when a pickle of it is loaded."""

    def __reduce__(self):
        return os.system, ("touch marker",)


def unread(content: object) -> bool:
    from ganlab.storage import digest
    from ganlab.training.checkpoints import checkpoint_name, checksum_path, read_checkpoint

    with tempfile.TemporaryDirectory() as name, contextlib.chdir(name):
        path = Path(name) / checkpoint_name(1)
        torch.save(content, path)
        checksum_path(path).write_text(digest(path))
        try:
            read_checkpoint(path)
        except GanlabError:
            return not Path("marker").exists()
        return False


def contained(name: str) -> bool:
    from ganlab.data.disk.archives import obtain
    from ganlab.data.disk.downloads import Archive

    with tempfile.TemporaryDirectory() as place:
        root = Path(place) / "root"
        root.mkdir()
        (root / "horses.zip").write_bytes(EVIL[name][0])
        try:
            obtain(root, [Archive("http://127.0.0.1:9/horses.zip", "horses")])
        except UserError:
            return {path.name for path in root.iterdir()} <= {"horses.zip", ".download.lock"} and len(
                list(Path(place).iterdir())
            ) == 1
        return False
