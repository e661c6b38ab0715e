"""What a search may vary, read from words."""

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import OmegaConf

from ganlab.errors import UserError
from ganlab.search.settings import settings_of
from ganlab.search.space import Space, space_of

LR = "model.optimizers.generator.lr"


def space(*words: str, when: tuple[str, ...] = ()) -> Space:
    return space_of(OverridesParser.create().parse_overrides(list(words)), when)


class Drawing:
    """Stands for a trial: the last choice, and the middle of an interval; notes what it was asked for."""

    def __init__(self) -> None:
        self.asked = {}

    def suggest_categorical(self, key, choices):
        self.asked[key] = choices
        return choices[-1]

    def suggest_float(self, key, low, high, log):
        self.asked[key] = (low, high, log)
        return (low * high) ** 0.5 if log else (low + high) / 2

    def suggest_int(self, key, low, high, log):
        self.asked[key] = (low, high, log)
        return (low + high) // 2


def test_words_give_choices_intervals_and_whole_numbers():
    found = space(
        "model=dcgan",
        f"{LR}=interval(1e-5,1e-2)",
        "model.prior.size=int(interval(4,64))",
        "+data.noise=interval(0,0.3)",
        "model/loss=hinge,non_saturating",
        "data.batch_size=range(8,33,8)",
    )
    trial = Drawing()
    assert found.fixed == ("model=dcgan",)
    assert found.suggest(trial) == [
        f"{LR}=0.00031623",
        "model.prior.size=34",
        "+data.noise=0.15",
        "model/loss=non_saturating",
        "data.batch_size=32",
    ]
    assert trial.asked == {
        LR: (1e-5, 1e-2, True),
        "model.prior.size": (4, 64, False),
        "data.noise": (0.0, 0.3, False),
        "model/loss": ("hinge", "non_saturating"),
        "data.batch_size": ("8", "16", "24", "32"),
    }


def test_an_interval_may_say_how_it_is_searched():
    found = space("a=tag(log,interval(1,10))", "b=tag(linear,interval(1,1000))")
    assert [each.log for each in found.dimensions] == [True, False]


def test_the_later_of_two_words_counts():
    found = space("model=dcgan,lsgan", f"{LR}=1e-3,1e-4", "model=wgan")
    assert found.fixed == ("model=wgan",)
    assert list(found.described()) == [LR]


def test_a_condition_takes_a_key_away():
    when = ("model.penalty.weight if model/penalty=r1,r1_lazy",)
    found = space("model.penalty.weight=interval(1,10)", "model/penalty=r1,none", when=when)
    assert found.suggest(Drawing()) == ["model/penalty=none"]
    assert found.corners({"model/penalty"}) == [
        ["model/penalty=r1", "model.penalty.weight=1.0"],
        ["model/penalty=none"],
    ]


def test_a_grid_counts_through_its_points():
    found = space("a=1,2", "b=x,y,z")
    points = [found.combination(number) for number in range(found.combinations())]
    assert [(point["a"], point["b"]) for point in points] == [(a, b) for a in "12" for b in "xyz"]


@pytest.mark.parametrize(
    ("words", "when", "sentence"),
    [
        (("model=dcgan",), (), "there is nothing to search: give a key several values"),
        (("a=interval(2,1)",), (), "a=interval(2,1): an interval goes from a number to a larger one"),
        (("a=tag(log,interval(0,1))",), (), "what is searched by its logarithm begins above 0"),
        (("a=1,2", "seed=1,2"), (), "seed=1,2: a search scores each point by the mean over its seeds"),
        (("a=range(0,2000)",), (), "has 2,000 values: give interval"),
        (("a=range(2,1)",), (), "gives no value"),
        (("a=1,2",), ("a is b",), "is no condition; one is"),
        (("alpha=1,2",), ("alpa if alpha=1",), "alpa is not searched; did you mean alpha?"),
        (("a=1,2", "b=1,2"), ("a if b=1", "b if a=1"), "a and b depend on each other"),
    ],
)
def test_what_no_point_can_be_drawn_from_is_refused(words, when, sentence):
    with pytest.raises(UserError) as fault:
        space(*words, when=when)
    assert sentence in str(fault.value)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (
            {"method": "tpe", "trials": None},
            "search.trials: a number is needed; only search=grid ends by itself",
        ),
        ({"method": "tpe", "trials": 0}, "search.trials=0: expected a whole number"),
        ({"method": "tpe", "cost": "seconds"}, "search.cost=seconds with search=tpe"),
        (
            {"method": "nsga2", "cost": "seconds", "pruner": "asha"},
            "search.pruner=asha: runs are given up for one",
        ),
        ({"method": "tpe", "pruner": "mean"}, "search.pruner=mean"),
    ],
)
def test_settings_that_do_not_fit_are_refused(settings, sentence):
    with pytest.raises(UserError) as fault:
        settings_of(OmegaConf.create(settings))
    assert sentence in str(fault.value)


@pytest.mark.parametrize(
    ("method", "words", "sentence"),
    [
        ("grid", (f"{LR}=interval(1e-5,1e-2)",), f"search=grid: {LR} is an interval"),
        ("cmaes", (f"{LR}=1e-3,1e-4",), "search=cmaes searches numbers"),
    ],
)
def test_a_method_that_does_not_fit_its_space_is_refused(method, words, sentence):
    pytest.importorskip("optuna")
    from ganlab.search.study import sampler_of

    with pytest.raises(UserError) as fault:
        sampler_of(settings_of(OmegaConf.create({"method": method})), space(*words), 0)
    assert sentence in str(fault.value)
