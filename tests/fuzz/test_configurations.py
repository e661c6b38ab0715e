"""Configurations with nonsense in them: an error sentence, or success; never another exception or a hang."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omegaconf import OmegaConf

from ganlab.config import check, compose, config_dir
from ganlab.config.compose.check import check_node, check_values, nodes
from ganlab.config.secrets import Secrets, put_away
from ganlab.errors import UserError
from tests.support.mutations import bounded, success_or
from tests.support.runs import DATA, kind_of

WORDS = st.sampled_from(
    [
        "model",
        "data",
        "trainer",
        "seed",
        "name",
        "lr",
        "_target_",
        "_partial_",
        "_args_",
        "hydra",
        "generator",
        "",
    ]
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=12),
    st.sampled_from(
        [
            "???",
            "${seed}",
            "${a.b}",
            "${oc.env:NOTHING}",
            "${",
            "1e999",
            "torch.nn.ReLU",
            "os.path",
            "ganlab.models.images.gan",
        ]
    ),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.one_of(WORDS, st.text(max_size=5), st.integers(), st.booleans()), inner, max_size=3
        ),
    ),
    max_leaves=6,
)


def leaves(tree, path=()):
    """The path of every value in nested mappings and lists, inner ones after those around them."""
    keys = tree if isinstance(tree, dict) else range(len(tree)) if isinstance(tree, list) else ()
    for key in keys:
        yield (*path, key)
        yield from leaves(tree[key], (*path, key))


@pytest.mark.parametrize(("model", "data"), [("vanilla", "digits"), ("cyclegan", "fonts_unpaired")])
def test_C2_C4_C5_a_changed_configuration_is_refused_in_one_sentence_or_fits(model, data):
    tree = OmegaConf.to_container(compose([f"model={model}", f"data={data}"]))
    paths = sorted(leaves(tree), key=str)

    @bounded(30)
    @given(st.lists(st.tuples(st.sampled_from(paths), WORDS, VALUES, st.booleans()), min_size=1, max_size=2))
    def examine(changes):
        changed = OmegaConf.to_container(OmegaConf.create(tree))
        for path, word, value, adds in changes:
            try:
                node = changed
                for key in path[:-1]:
                    node = node[key]
                node[word if adds and isinstance(node, dict) else path[-1]] = value
            except (KeyError, IndexError, TypeError):
                pass  # an earlier change took the place away
        try:
            cfg = OmegaConf.create(changed)
        except Exception:
            return  # no configuration: OmegaConf itself refuses it
        with success_or(UserError):
            check(cfg)
            Secrets(cfg).config()

    examine()


KEYS = st.sampled_from(
    [
        "seed",
        "model",
        "data",
        "name",
        "trainer.max_steps",
        "model.generator",
        "data.root",
        "tags",
        "model/loss",
        "a.b",
    ]
)
TEXTS = st.one_of(
    st.text(alphabet="ab1.,:'\"[]{}()$\\=-+~ \n\t*?<>%é", max_size=12),
    st.sampled_from(
        ["1,2", "range(3)", "choice(1,2)", "'${oc.env:X}'", "{a: 1}", "[1,2]", "null", "vanilla", "digits"]
    ),
)


@bounded(20)
@given(st.lists(st.tuples(st.sampled_from(["", "+", "++", "~"]), KEYS, TEXTS), min_size=1, max_size=3))
def test_C1_words_are_refused_in_one_sentence_or_composed(words):
    overrides = put_away(f"{sign}{key}={text}" for sign, key, text in words)
    with success_or(UserError):
        check(compose(overrides))


ODD = (0, -1, -0.5, 10**9, 2**70, 10**400, math.nan, math.inf, "many", "", None, True, [1], {"a": 1})


def numbered() -> dict[str, tuple[str, dict]]:
    """A node for each number that any model, its data, callbacks and metrics, or a logger sets, by target and key."""
    names = {
        group: sorted(path.stem for path in (config_dir() / group).glob("*.yaml"))
        for group in ("model", "metrics")
    }
    choices = [[f"model={model}", f"data={DATA[kind_of(model)]}"] for model in names["model"]]
    choices += [[f"metrics={metric}"] for metric in names["metrics"]]
    found: dict[str, tuple[str, dict]] = {}
    for words in [*choices, ["logger=wandb"], ["data=folder", "data.root=x"], ["model/augment=ada"]]:
        for path, node in nodes(compose(words)):
            plain = OmegaConf.to_container(node, resolve=True)
            for key in plain if isinstance(plain, dict) and "_target_" in plain else ():
                if type(plain[key]) in (int, float):
                    found.setdefault(f"{plain['_target_']}.{key}", (path, plain))
    return found


def test_T10_every_number_at_every_odd_value_is_refused_in_one_sentence_or_means_something():
    every = numbered()
    assert len(every) > 200
    for name, (path, plain) in every.items():
        key, node = name.rpartition(".")[2], OmegaConf.create(plain)
        for value in ODD:
            node[key] = value
            with success_or(UserError, f"{path}.{key}"):
                check_values(OmegaConf.create({key: value}), path)
                check_node(path, node)


def test_T10_the_numbers_at_the_top_likewise():
    tree = OmegaConf.to_container(compose([]), resolve=True)
    for key in ("seed", "classes"):
        for value in ODD:
            with success_or(UserError, key):
                check(OmegaConf.create({**tree, key: value}))
