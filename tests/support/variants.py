"""Each conf/model/*.yaml as a run of seconds: on embedded data, or on random pictures for those that translate."""

import torch

from ganlab.config import compose
from ganlab.config.compose.catalogue import catalogue
from ganlab.config.compose.check import check
from tests.support.runs import DATA, build, kind_of, tiny_config
from tests.support.translation_data import noise

FROM_NOISE = ("images", "labelled", "points", "captions")  # kinds of data; the others are translated
VARIANTS = [name for name, entry in catalogue()["model"].items() if entry.kind in FROM_NOISE]
FEW = "data.images_per_caption=2"
GROWING = ["model.growth.stable_images=8", "model.growth.fade_images=16", "data.image_size=16"]
STYLED = ["model.r1_every=2", "model.path_every=2", "model.mixing=0.5"]
SIXTY_FOUR = ["data=photos", "data.image_size=64", "model.generator.widest=8", "data.limit=64"]
SETTINGS = {  # that make a run of a few steps do what a long one does
    "fastgan": SIXTY_FOUR,
    "gan_cls": [FEW],
    "gan_int": [FEW],
    "stackgan": [FEW, "model.first_stage_images=24"],
    "progan": GROWING,
    "progan_conditional": GROWING,
    "stylegan": [*GROWING, "model.mixing=0.5"],
    "stylegan2": STYLED,
    "stylegan2_ada": STYLED,
    "stylegan3": ["model.r1_every=2", "data.image_size=16"],
    "stylegan2_conditional": STYLED,
}


def words_for(name: str) -> list[str]:
    """The model, and data that it can be tried on."""
    return [f"model={name}", f"data={DATA[kind_of(name)]}", *SETTINGS.get(name, [])]


ONE_WAY = ("cut", "cut_small", "fastcut", "fastcut_small")  # of domains of equal channels
PATCHES = ["model.generator.blocks=1", "model.patches=16", "model.projection.size=8"]
STYLED_DOMAINS = [
    *("model.domains=[one,two]", "model.generator.max_width=8", "model.discriminator.max_width=8"),
    *("model.encoder.width=8", "model.encoder.max_width=8", "model.mapping.width=8"),
]
# the kind of data that a model takes, what makes it small, and the players of four steps by their first letters
TRANSLATORS = {
    "pix2pix": ("paired", [], "dg dg dg dg"),
    "pix2pixhd": ("paired", ["model.generator.blocks=1"], "gd gd gd gd"),
    "pix2pixhd_enhanced": (
        "paired",
        ["model.generator.blocks=1", "model.generator.local_blocks=1", "model.frozen_images=0"],
        "gd gd gd gd",
    ),
    "spade": ("semantic", ["model.generator.doublings=2", "model.generator.hidden=4"], "gd gd gd gd"),
    "cyclegan": ("unpaired", ["model.identity_weight=0"], "gd gd gd gd"),
    "cyclegan_small": ("unpaired", ["model.identity_weight=0"], "gd gd gd gd"),
    "discogan": ("unpaired", [], "g g d g"),
    **dict.fromkeys(ONE_WAY, ("unpaired", PATCHES, "dg dg dg dg")),
    "srresnet": ("super_resolution", ["model.generator.blocks=1", "model.generator.skip=null"], "g g g g"),
    "srgan": (
        "super_resolution",
        ["model.generator.blocks=1", "model.generator.skip=null", "model.pretraining_images=2"],
        "g dg dg dg",
    ),
    "esrgan": (
        "super_resolution",
        [
            "model.generator.blocks=1",
            "model.generator.growth=4",
            "model.generator.skip=null",
            "model.pretraining_images=2",
        ],
        "g gd gd gd",
    ),
    **dict.fromkeys(
        ("starganv2", "starganv2_small"), ("domains", STYLED_DOMAINS, "ddgmeg ddgmeg ddgmeg ddgmeg")
    ),
    "context_encoder": ("inpainting", ["model.generator.bottleneck=20"], "dg dg dg dg"),
    "context_encoder_random": ("inpainting", ["model.generator.bottleneck=20"], "dg dg dg dg"),
}


def translator(model: str, *overrides: str, **data):
    """A run of seconds on random pictures: networks of width 8, no scores and no pictures."""
    kind, settings, _ = TRANSLATORS[model]
    base = ["trainer=cpu", "metrics=none", "callbacks.samples=null", f"model={model}"]
    cfg = compose([*base, *settings, *overrides])
    cfg.data = noise(kind, **{"channels": (3, 3) if model in ONE_WAY else (1, 3), **data})
    for player in ("generator", "discriminator"):
        if player in cfg.model and "width" in cfg.model[player]:
            cfg.model[player].width = 8
    check(cfg)
    return cfg


def two_steps(name: str, world: int = 1, parts: int = 1, words: list[str] | None = None):
    """A tiny run, of 16 images a step for those that make images of noise, else of 4; on two processes, or in parts.

    words: of the model and its data, if others than ``words_for`` gives.
    """
    short = [
        "trainer=cpu",
        "trainer.max_steps=2",
        "trainer.sync_batchnorm=true",
        f"trainer.accumulate={parts}",
        "callbacks.health.consistency_steps=1",
    ]
    if name in TRANSLATORS:
        cfg = translator(name, *short, batch_size=4 // world // parts)
    else:
        cfg = tiny_config(*(words or words_for(name)), *short, f"data.batch_size={16 // world // parts}")
    if world == 2:
        shared = compose(["trainer=ddp_cpu"]).trainer
        cfg.trainer.update({key: shared[key] for key in ("devices", "strategy", "threads")})
    return cfg


def descend(parameters, fused: bool | None = None) -> torch.optim.Optimizer:
    """Steps so small that rounding does not grow; Adam divides rounding by itself. Some schedule ``betas``."""
    return torch.optim.SGD([{"params": list(parameters), "betas": (0.0, 0.9)}], lr=1e-5, fused=fused)


def descending(module) -> None:
    """Let all players of a module ``descend``."""
    module.optimizer_factories = dict.fromkeys(module.optimizer_factories, descend)


def distance(cfg, one: dict, two: dict) -> float:
    """The largest difference between the weights after two runs, relative to the largest that a run has made."""
    _, module = build(cfg)
    weights = {key: value.detach() for key, value in module.named_parameters()}

    def largest(one: dict, two: dict) -> float:
        return max(float((one[key] - two[key]).abs().max()) for key in weights)

    return largest(one, two) / largest(one, weights)
