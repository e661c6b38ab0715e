"""The constructor is the schema."""

import re
from collections.abc import Callable
from functools import cache
from typing import NotRequired, TypedDict, Unpack

import pytest
from omegaconf import DictConfig, OmegaConf, open_dict
from PIL import Image

from ganlab.config import check, compose, config_dir, instantiate, own
from ganlab.config.compose.catalogue import catalogue
from ganlab.config.compose.check import check_node, check_values, locate, nodes
from ganlab.errors import UserError
from tests.support.runs import DATA, kind_of

HERE = f"{__name__}."
MODELS = sorted(path.stem for path in (config_dir() / "model").glob("*.yaml"))
NEGATIVE = {  # numbers below 0 that mean something
    *(f"ganlab.losses.adversarial.LeastSquares.{key}" for key in ("a", "b", "c", "factor")),
    "ganlab.techniques.priors.Uniform.low",
}


class Options(TypedDict):
    size: int
    rate: NotRequired[float]


class Base:
    def __init__(self, *, depth: int = 2) -> None:
        self.depth = depth


class Passing(Base):
    """Hands its options on to ``Base``."""

    def __init__(self, *, width: int, **rest) -> None:
        super().__init__(**rest)


class Unpacking:
    def __init__(self, *, width: int = 1, **options: Unpack[Options]) -> None:
        pass


def function(make: Callable[[], int], items: list[int] | None = None, **anything) -> None:
    pass


def node(target, **values):
    name = target if isinstance(target, str) else HERE + target.__name__
    return OmegaConf.create({"_target_": name, **values})


@cache
def shipped(model: str) -> DictConfig:
    """The configuration of a model on embedded data, checked."""
    cfg = compose([f"model={model}", f"data={DATA[kind_of(model)]}"])
    check(cfg)
    return cfg


@pytest.mark.parametrize("model", MODELS)
def test_C2_every_shipped_model_passes(model):
    shipped(model)


@pytest.mark.parametrize("group", ["trainer", "logger", "callbacks", "experiment", "debug"])
def test_C2_every_other_shipped_choice_passes(group):
    for path in sorted((config_dir() / group).glob("*.yaml")):
        asks = group == "experiment" and "(data.root=...)" in path.read_text()
        check(compose([f"{group}={path.stem}", *["data.root=somewhere"] * asks]))


def test_C2_every_shipped_data_set_passes_with_a_model_for_its_kind(tmp_path):
    for domain in ("a", "b"):  # whose names are told at once
        (tmp_path / domain).mkdir()
        for name in ("1", "2"):
            Image.new("L", (8, 8)).save(tmp_path / domain / f"{name}.png")
    entries = catalogue()
    models = {entry.kind: name for name, entry in entries["model"].items()}
    for name, entry in entries["data"].items():
        text = entry.path.read_text()
        given = {"root: ???": f"data.root={tmp_path}", "regions: ???": "data.regions=3"}
        words = [word for key, word in given.items() if key in text]
        check(compose([f"data={name}", f"model={models[entry.kind]}", *words]))


@pytest.mark.parametrize(
    ("override", "said"),
    [
        (
            "+model.seedd=3",
            "model.seedd: ganlab.models.images.gan.StandardGAN has no parameter 'seedd'; did you mean seed?",
        ),
        ("+model.generator.wdith=3", "did you mean width?"),
        (
            "+model.optimizers.generator.learning=1",
            "model.optimizers.generator.learning: torch.optim.Adam has no",
        ),
        ("+new=1", "new: no such key"),
        ("+callbacks.x.rank=1", "callbacks.x does not say what it is: callbacks.x._target_ is needed"),
        ("+logger.wandb.mode=offline", "logger.wandb does not say what it is"),
        ("model._target_=ganlab.models.images.gan.StandrdGAN", "did you mean StandardGAN?"),
        ("model._target_=ganlab.modls.gan", "model._target_=ganlab.modls.gan cannot be imported"),
        ("model._target_=math.pi", "a class or function is needed, and this is a float"),
        ("~model.generator", "model.generator: ganlab.models.images.gan.StandardGAN needs generator"),
    ],
)
def test_C2_unknown_missing_or_misspelt(override, said):
    with pytest.raises(UserError) as refusal:
        check(compose([override]))
    assert said in str(refusal.value)


def test_C2_a_typing_error_inside_a_file_is_found(tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "mine.yaml").write_text("defaults: [vanilla, _self_]\nprior:\n  sise: 3\n")
    with pytest.raises(
        UserError, match=r"model\.prior\.sise: .*Uniform has no parameter 'sise'; did you mean size"
    ):
        check(compose(["model=mine"], config_dirs=[tmp_path]))


def test_C2_keys_left_over_from_another_part_are_told_to_a_module_without_constructor(tmp_path):
    """``nn.Module.__init__`` has ``**kwargs``, which it refuses; a module's own are its own to read."""
    (tmp_path / "leftover.py").write_text(
        "from torch import nn\nclass Bare(nn.Module):\n    pass\nclass Open(nn.Module):\n"
        "    def __init__(self, **options):\n        super().__init__()\n"
    )
    own.use([tmp_path])
    try:
        with pytest.raises(UserError, match=r"model\.loss\.\w+: leftover\.Bare has no parameter"):
            check(compose(["model=vanilla", "model.loss._target_=leftover.Bare"]))
        check(compose(["model=vanilla", "model.loss._target_=leftover.Open"]))
    finally:
        own.use([])


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("trainer.max_steps=abc", "trainer.max_steps=abc: expected a whole number, not this text"),
        ("seed=1.5", "seed=1.5: expected a whole number, not a fraction"),
        ("precision=fp16", "precision=fp16: expected one of auto, 32, bf16"),
        (
            "model.optimizers.generator.lr=high",
            "model.optimizers.generator.lr=high: expected a finite number",
        ),
        ("model.optimizers.generator=3", "model.optimizers.generator=3: expected a node with _target_"),
        ("model.loss=5", "model.loss=5: a part of the model is chosen with a slash, as in model/loss=NAME"),
        (
            "model.prior.size=1.5",
            "model.prior.size=1.5: expected a whole number, not a fraction (for model.gen",
        ),
        (
            "callbacks.log.every_steps=[1]",
            "callbacks.log.every_steps=[1]: expected a whole number, not this list",
        ),
        ("trainer.devices=[0,x]", "trainer.devices.1=x: expected a whole number"),
    ],
)
def test_C4_wrong_type_names_key_value_and_expectation(override, said):
    with pytest.raises(UserError) as refusal:
        check(compose([override]))
    assert str(refusal.value).startswith(said)


def test_C4_plain_meanings_are_converted():
    cfg = compose(
        ["trainer.max_steps=1e3", "precision=32", "model.optimizers.generator.lr='1e-4'", "name=12"]
    )
    check(cfg)
    assert (cfg.trainer.max_steps, cfg.trainer.precision, cfg.name) == (1000, "32", "12")
    assert cfg.model.optimizers.generator.lr == 1e-4


def test_C5_floats_must_be_finite_wherever_they_are():
    for word in ("nan", "inf", "-inf"):
        with pytest.raises(UserError, match=rf"model\.gradient_clip={word}: a finite number is needed"):
            check(compose([f"model.gradient_clip={word}"]))


def numbers() -> dict[str, tuple[str, dict]]:
    """Every parameter that a shipped model, its data, callbacks or metrics set to a number; an example of its node."""
    found = {}
    for model in MODELS:
        for path, node in nodes(shipped(model)):
            if "_target_" in node and not path.startswith("trainer"):
                plain = OmegaConf.to_container(node, resolve=True)
                for key, value in plain.items():
                    if isinstance(value, int | float) and not isinstance(value, bool):
                        found.setdefault(f"{plain['_target_']}.{key}", (path, plain))
    return found


@pytest.mark.filterwarnings("ignore:Initializing zero-element")
@pytest.mark.parametrize("value", [-1, 10**12])
def test_C5_a_number_out_of_range_is_refused_in_a_sentence_or_means_something(value):
    accepted = set()
    for name, (path, plain) in numbers().items():
        node = OmegaConf.create({**plain, name.rpartition(".")[2]: value})
        try:
            check_node(path, node)
            instantiate(node)
            accepted.add(name)
        except UserError as refusal:
            said = str(refusal).splitlines()
            assert said, name
    assert len(numbers()) > 150
    if value == -1:
        own = {name for name in accepted if name.startswith("ganlab.") and not name.endswith(".seed")}
        assert own == NEGATIVE


@pytest.mark.parametrize("key", ["model.prior.size", "data.image_size", "model.generator.width"])
def test_C5_a_size_of_zero_is_refused_by_the_key_that_was_given(key):
    with pytest.raises(UserError, match=rf"^{re.escape(key)}=0: expected a whole number from 1 to 65,536"):
        check(compose([f"{key}=0"]))


def test_C5_more_than_the_memory_is_refused_before_it_is_taken(monkeypatch):
    monkeypatch.setattr("ganlab.memory_budget.available", lambda: 1e9)
    wide = ["model.generator.width=20000", "model.discriminator.width=20000"]
    for words, said in (
        (["model=dcgan", *wide], r"StandardGAN would take \d+ GB of memory, more than 80% of the 1 GB"),
        (["data.image_size=4000"], "data.batch_size=64 of 4000 x 4000 pixels would take 12 GB"),
        (
            ["data.batch_size=100000000", "data=ring", "model=plane_gan"],
            "data.batch_size=100000000 would take 4 GB",
        ),
    ):
        cfg = compose(words)
        check(cfg)
        with pytest.raises(UserError, match=said):
            instantiate(cfg.data), instantiate(cfg.model)
    with pytest.raises(UserError, match="1797 images of 600 x 600 pixels"):
        instantiate(compose(["data.image_size=600", "data.batch_size=4"]).data).prepare()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name: on", "name=True: expected text or null, not true or false"),
        ("seed: off", "seed=False: expected a whole number, not true or false"),
        ("seed: 1_0.5", "seed=10.5: expected a whole number"),
        ("model: {prior: {size: nan}}", "model.prior.size"),
        (
            "model: {optimizers: {generator: {lr: nan}}}",
            "model.optimizers.generator.lr=nan: expected a finite number",
        ),
        (
            "model: {optimizers: {generator: {lr: .inf}}}",
            "model.optimizers.generator.lr=inf: a finite number",
        ),
    ],
)
def test_C8_words_that_yaml_reads_otherwise_are_caught_by_the_type(text, said):
    """Not caught are 012, which is 10, and 1:30, which is 90: numbers where numbers are expected."""
    cfg = compose([])
    with open_dict(cfg):
        cfg.merge_with(OmegaConf.create(text))
    with pytest.raises(UserError) as refusal:
        check(cfg)
    assert said in str(refusal.value)
    assert OmegaConf.to_container(OmegaConf.create("{a: 012, b: 1:30}")) == {"a": 10, "b": 90}


def test_C9_missing_values_and_dangling_interpolations_name_the_key_to_give():
    with pytest.raises(UserError, match=r"data\.root has no value yet: give it, for instance data\.root="):
        check(compose(["data=folder"]))
    with pytest.raises(UserError, match=r"a is taken from b, which has no value yet: give b=\.\.\."):
        check_values(OmegaConf.create({"a": "${b}", "c": {"d": 1}, "b": "???"}))
    with pytest.raises(UserError, match=r"c\.d: it is taken from e\.f, which is no key here: give c\.d="):
        check_values(OmegaConf.create({"c": {"d": "${e.f}"}}))


def test_options_are_followed_to_the_class_they_go_to():
    check_node("x", node(Passing, width=1, depth=3))
    check_node("x", node(Unpacking, size=1, rate=0.1, width=2))
    for bad, said in (
        (node(Passing, width=1, dpth=3), r"x\.dpth: .* did you mean depth"),
        (node(Passing, width=1, depth="a"), r"x\.depth=a: expected a whole number"),
        (node(Unpacking, rate=0.1), r"x\.size: .* needs size"),
        (node(Unpacking, size=1, rat=0.1), r"x\.rat: .* did you mean rate"),
    ):
        with pytest.raises(UserError, match=said):
            check_node("x", bad)


def test_partial_nodes_may_lack_arguments_and_open_functions_take_any():
    with pytest.raises(UserError, match=r"x\.make"):
        check_node("x", node(function, more=1))
    check_node("x", node(function, more=1, _partial_=True))
    with pytest.raises(UserError, match=r"x\.items\.0=a: expected a whole number"):
        check_node("x", node(function, items=["a"], _partial_=True))


def test_callables_without_signature_are_left_to_themselves():
    check_node("x", node("torch.add", whatever=1))


def test_T3_a_module_that_fails_to_load_says_why(tmp_path, monkeypatch):
    """pkgutil says of it that its package has no such attribute."""
    (tmp_path / "brokenlab").mkdir()
    (tmp_path / "brokenlab" / "__init__.py").touch()
    (tmp_path / "brokenlab" / "net.py").write_text("raise ImportError('libtorch.so: failed to map segment')")
    (tmp_path / "brokenlab" / "needs.py").write_text("import no_such_package_anywhere")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(UserError, match=r"libtorch.so: failed to map segment \(there is too little memory"):
        locate("model", "brokenlab.net.Net")
    with pytest.raises(UserError, match="No module named 'no_such_package_anywhere'"):
        locate("model", "brokenlab.needs.Net")
