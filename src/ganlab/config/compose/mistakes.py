"""Words of the command line that cannot be meant as they stand, found before anything is composed."""

import re
import shlex
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

from ganlab.config.compose import paths
from ganlab.config.compose.overrides import key_of
from ganlab.config.compose.schema import Train
from ganlab.errors import UserError
from ganlab.nearest import either, listing

STEPS = "trainer.max_steps (one step is one batch)"
LEARNING_RATE = "model.optimizers.generator.lr and model.optimizers.discriminator.lr"
DEVICES = "trainer.devices, with trainer=ddp for several"
PLACE = "hydra.run.dir=FOLDER"
OWN_PICTURES = "data=folder data.root=PATH"
LATENT = "model.prior.size"
HABITS = {  # what other programs call a key -> what it is called here
    **dict.fromkeys(("epochs", "epoch", "n_epochs", "num_epochs", "max_epochs"), STEPS),
    **dict.fromkeys(("steps", "iterations", "iters", "n_iter", "max_iter", "num_steps"), STEPS),
    **dict.fromkeys(("lr", "learning_rate", "learningrate"), LEARNING_RATE),
    **dict.fromkeys(("batch", "batchsize", "bs"), "data.batch_size"),
    **dict.fromkeys(("gpus", "gpu", "n_gpus", "num_gpus", "ngpu", "world_size"), DEVICES),
    **dict.fromkeys(("device", "cuda", "cpu"), "trainer=gpu, trainer=mps or trainer=cpu"),
    **dict.fromkeys(("num_workers", "workers", "n_workers"), "data.workers, of data that is read from files"),
    **dict.fromkeys(("z_dim", "latent_dim", "latent_size", "nz", "noise_dim", "z_size"), LATENT),
    **dict.fromkeys(("ngf", "ndf"), "model.generator.width and model.discriminator.width"),
    **dict.fromkeys(
        ("output_dir", "out_dir", "outdir", "output", "out", "save_dir", "log_dir", "logdir"), PLACE
    ),
    **dict.fromkeys(
        ("dataroot", "data_dir", "data_root", "data_path", "root", "path", "folder"), OWN_PICTURES
    ),
    **dict.fromkeys(("dataset", "datasets"), "data"),
    **dict.fromkeys(("fp16", "amp", "bf16", "half"), "precision=bf16"),
    **dict.fromkeys(("wandb", "use_wandb"), "logger=wandb"),
    "tensorboard": "logger=tensorboard",
    **dict.fromkeys(("checkpoint", "ckpt", "resume_from", "load", "continue"), "resume=RUN_DIRECTORY"),
    **dict.fromkeys(("pretrained", "finetune", "fine_tune", "init_from", "transfer"), "start=RUN_DIRECTORY"),
    **dict.fromkeys(("freezed", "freeze_d", "freeze_layers"), "freeze"),
    **dict.fromkeys(("optimizer", "optim"), "model/optimizers=NAME"),
    **dict.fromkeys(("image_size", "img_size", "imsize", "size", "resolution"), "data.image_size"),
    **dict.fromkeys(("manual_seed", "random_seed"), "seed"),
    **dict.fromkeys(("generator", "discriminator", "loss", "prior", "augment", "penalty"), "model/{}=NAME"),
    "n_critic": "model.critic_steps, of model=wgan and model=wgan_gp",
    "beta1": "model.optimizers.generator.betas and model.optimizers.discriminator.betas",
}
SHARDED = {"fsdp", "fsdp2", "deepspeed", "zero", "sharded"}  # strategies of other programs
TOP = frozenset(field.name for field in fields(Train))
DASHES = "-\N{EN DASH}\N{EM DASH}\N{MINUS SIGN}"


def habit(key: str) -> str | None:
    """What a key of other programs is called here."""
    last = re.split(r"[./]", key)[-1].lower().replace("-", "_")
    meant = HABITS.get(last)
    return meant and meant.format(last)


def refuse_mistakes(words: Sequence[str], config_dirs: Sequence[Path] = ()) -> None:
    """Raise ``UserError`` for the first of ``words`` that cannot be meant as it stands, with the word that may be."""
    folders = [paths.config_dir(), *map(Path, config_dirs)]
    words = [on_one_line(word) for word in words]
    for position, word in enumerate(words):
        refuse_bare(words, position, folders)
        refuse_removed(word, folders)
        refuse_value(word, folders)


def on_one_line(text: str) -> str:
    """What cannot be printed as it is written in Python: a sentence about a word has no breaks."""
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)


def refuse_bare(words: Sequence[str], position: int, folders: Sequence[Path]) -> None:
    """A word that is no option: ``model dcgan``, ``model = dcgan``, ``dcgan``; half of one that holds a blank."""
    word = words[position]
    before, after = (words[at] if 0 <= at < len(words) else "" for at in (position - 1, position + 1))
    if _is_open(word) and after:
        whole = " ".join(words[position:])
        raise UserError(
            f"{word!r} is half an option: a shell ends a word at a blank, so put it in quotes, as {shlex.quote(whole)}"
        )
    if "=" in word[1:] or word[:1] in ("~", "+"):
        if word.endswith("=") and after and "=" not in after:
            raise UserError(f"{word} {after}: leave no blank around the =, as in {word}{after}")
        return
    if word[:1] == "=" or after[:1] == "=":
        raise UserError("leave no blank around the =, as in model=dcgan seed=3")
    if before.endswith("="):
        raise UserError(f"{before} {word}: leave no blank around the =, as in {before}{word}")
    if word in TOP and after and "=" not in after:
        raise UserError(f"{word} {after}: an option is written with =, as in {word}={after}")
    if word in TOP:
        raise UserError(f"{word}: an option is written with =, as in {word}=...")
    raise UserError(f"{word!r}: {_meant(word, before, folders)}")


def refuse_removed(word: str, folders: Sequence[Path]) -> None:
    """``~seed``: a run needs every key at the top."""
    key = key_of(word)
    if word.startswith("~") and key in TOP:
        none = "none" if "none" in options_of(key, folders) else None
        instead = f"choose {key}={none}" if none else f"leave {word} out"
        raise UserError(f"{word}: a run needs the key {key}; {instead}")


def refuse_value(word: str, folders: Sequence[Path]) -> None:
    """A part that is chosen among files, given as a value, a file or a path: ``model.loss=hinge``, ``data=my/pics``."""
    key, equals, value = word.partition("=")
    key, value = key.lstrip("+~").partition("@")[0], value.strip("'\"")
    if key in ("hydra.run.dir", "hydra.sweep.dir") and equals:
        _refuse_place(word, key, value)
    if key == "trainer" and value.lower() in SHARDED:
        raise UserError(
            f"{word}: no sharded training: the players here fit into the memory of one GPU, and gradient penalties "
            "differentiate whole gradients, which shards do not have; trainer=ddp divides the batch among GPUs, and "
            "trainer.accumulate=4 takes a quarter of it at a time"
        )
    one = "model/optimizer"  # of one player; dotted, it is a habit of other programs
    if key.startswith("model.optimizers.") and value in options_of(one, folders):
        raise UserError(f"{word}: an optimizer is chosen with {one}@{key}={value}")
    group = "model/optimizers" if key == "model.optimizer" else key.replace(".", "/")
    options = options_of(group, folders) if equals else []
    if not options:
        return
    if group in TOP:
        _refuse_no_name(word, group, value, options)
    if word[:1] == "~" or value in ("", "null") or re.search(r"[{\[,($]", value):
        return
    if "." in key:
        meant = value if value in options else "NAME"
        there = "" if value in options else f"; there is {listing(options)}"
        raise UserError(f"{word}: a part of the model is chosen with a slash, as in {group}={meant}{there}")
    if group not in TOP and "/" not in group and habit(group):
        raise UserError(f"{word}: no such key; did you mean {habit(group)}?")
    _refuse_path(word, group, value)


def _refuse_place(word: str, key: str, value: str) -> None:
    """No folder, or one that only a library of some object store could write."""
    if not value:
        raise UserError(f"{word}: a folder is needed, for instance {key}=outputs/mine")
    if scheme := re.match(r"(\w[\w+.-]+):/", value):
        raise UserError(
            f"{word}: a run is written into a folder of this machine, and {scheme[1]}: is none; choose "
            f"{key}=outputs/mine and copy it when the run ends, or mount the store as a file system and name the folder"
        )


def _refuse_no_name(word: str, group: str, value: str, options: Sequence[str]) -> None:
    """A group that every run has, added once more or written out."""
    if word[0] == "+":
        raise UserError(
            f"{word}: a run has a {group} already; choose another without the plus, as in {group}={value}"
        )
    if value[:1] == "{":
        raise UserError(
            f"{word}: a name is needed, as in {group}={options[0]}; single keys are {group}.KEY=VALUE"
        )


def _refuse_path(word: str, group: str, value: str) -> None:
    """A file or a folder in the place of a name."""
    if value.endswith((".yaml", ".yml")):
        raise UserError(
            f"{word}: the name of a file without its ending is needed, as in {group}={Path(value).stem}"
        )
    if group == "data" and ("/" in value or value in (".", "..")):
        raise UserError(
            f"{word}: one name is needed; your own pictures are data=folder data.root={shlex.quote(value)}"
        )


def refuse_flag(words: Sequence[str], position: int) -> None:
    """``--model dcgan`` or ``--epochs=3``: options are written without dashes."""
    flag, equals, value = words[position].partition("=")
    key = flag.strip(DASHES).replace("-", "_")
    after = words[position + 1] if position + 1 < len(words) else ""
    value = value if equals else after if after and "=" not in after and after[0] not in DASHES else ""
    meant = key if key.partition(".")[0] in TOP else habit(key)
    if meant is not None:
        plain = re.fullmatch(r"[\w./]+", meant)
        example = f"{meant}={value or '...'}" if plain else meant
        raise UserError(f"{words[position]}: options are written key=value, without dashes: {example}")


def options_of(group: str, folders: Sequence[Path] = ()) -> list[str]:
    """The names that a group offers, in ``folders`` or ganlab's own; none where ``group`` is no group."""
    folders = folders or [paths.config_dir()]
    if not re.fullmatch(r"\w+(/\w+)*", group):
        return []
    return sorted({path.stem for folder in folders for path in (folder / group).glob("*.yaml")})


def _meant(word: str, before: str, folders: Sequence[Path]) -> str:
    if own := options_of(word, folders):
        return f"options are written key=value, as in {word}={own[0]}"
    groups = ("model", "data", "metrics", "trainer", "logger", "experiment", "debug", "sweep")
    options = [f"{group}={word}" for group in groups if word in options_of(group, folders)]
    if options:
        return f"did you mean {either(options)}?"
    if before.partition("=")[2] and "=" in before:
        whole = shlex.quote(f"{before} {word}")
        return f"options are written key=value; if it belongs to {before}, put both in quotes, as {whole}"
    if habit(word):
        return f"options are written key=value; did you mean {habit(word)}?"
    return "options are written key=value, for instance model=dcgan seed=3"


def _is_open(word: str) -> bool:
    """Does a bracket that opens after the = not close?"""
    value = word.partition("=")[2]
    return "'" not in value and any(
        value.count(one) > value.count(other) for one, other in ("{}", "[]", "()")
    )
