"""Each conf/model/*.yaml as a run of seconds: on embedded data, or on random pictures for those that translate."""

from ganlab.config import compose
from ganlab.config.compose.catalogue import catalogue
from ganlab.config.compose.check import check
from tests.support.runs import DATA, kind_of
from tests.support.translation_data import noise

FROM_NOISE = ("images", "labelled", "points", "captions")  # kinds of data; the others are translated
VARIANTS = [name for name, entry in catalogue()["model"].items() if entry.kind in FROM_NOISE]
FEW = "data.images_per_caption=2"
GROWING = ["model.growth.stable_images=8", "model.growth.fade_images=16", "data.image_size=16"]
STYLED = ["model.r1_every=2", "model.path_every=2", "model.mixing=0.5"]
SETTINGS = {  # that make a run of a few steps do what a long one does
    "gan_cls": [FEW],
    "gan_int": [FEW],
    "stackgan": [FEW, "model.first_stage_images=24"],
    "progan": GROWING,
    "progan_conditional": GROWING,
    "stylegan2": STYLED,
    "stylegan2_ada": STYLED,
    "stylegan2_conditional": STYLED,
}


def words_for(name: str) -> list[str]:
    """The model, and data that it can be tried on."""
    return [f"model={name}", f"data={DATA[kind_of(name)]}", *SETTINGS.get(name, [])]


ONE_WAY = ("cut", "cut_small", "fastcut", "fastcut_small")  # of domains of equal channels
PATCHES = ["model.generator.blocks=1", "model.patches=16", "model.projection.size=8"]
# the kind of data that a model takes, what makes it small, and the players of four steps by their first letters
TRANSLATORS = {
    "pix2pix": ("paired", [], "dg dg dg dg"),
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
