"""Images that are not square: every model makes them, or says before anything is done that it does not."""

import pytest

from ganlab.config import compose, instantiate, settled
from ganlab.config.compose.catalogue import catalogue
from ganlab.config.compose.facts import RECTANGULAR
from ganlab.errors import UserError
from tests.support.runs import DATA, kind_of, tiny_config
from tests.support.variants import words_for

SQUARE = {  # models of these kinds that take square images only
    *("biggan", "conv_gan", "fastgan", "progan", "progan_conditional", "sagan", "stylegan", "stylegan3"),
    *("context_encoder", "discogan", "stackgan"),
}
OTHERS = ["pix2pix", "cyclegan", "cut", "discogan", "context_encoder", "stackgan"]
MODELS = [name for name in catalogue()["model"] if kind_of(name) in ("images", "labelled")] + OTHERS


def sized(model: str, size: str):
    return tiny_config(*words_for(model), f"data.image_size={size}")


@pytest.mark.parametrize("model", MODELS)
def test_every_model_makes_rectangles_or_says_that_it_does_not(model):
    data = DATA[kind_of(model)]
    if model not in SQUARE:
        cfg = settled(sized(model, "[32,48]")).cfg
        assert [*cfg.data.image_size] == [32, 48]
        if kind_of(model) in ("images", "labelled"):
            game = instantiate(cfg.model)
            game.check((cfg.data.channels, 32, 48), range(cfg.classes or 0))
        return
    with pytest.raises(UserError) as error:
        settled(sized(model, "[32,48]"))
    assert str(error.value).startswith(
        f"data.image_size=[32,48]: model={model} takes square images only (model."
    ), data
    assert "as in data.image_size=32" in str(error.value)


def test_the_models_that_are_named_for_rectangles_make_them():
    named = {name for models in RECTANGULAR.values() for name in models.replace(" or ", ", ").split(", ")}
    assert named <= set(MODELS) - SQUARE
    for kind, models in RECTANGULAR.items():
        assert all(kind_of(name) == kind for name in models.replace(" or ", ", ").split(", "))


def test_two_equal_sides_are_written_as_one_number():
    assert compose(["model=progan", "data=digits", "data.image_size=[32,32]"]).data.image_size == 32
    assert settled(sized("progan", "[32,32]")).cfg.model.generator.image_size == 32


@pytest.mark.parametrize(
    ("size", "sentence"),
    [
        ("[64]", "data.image_size=[64]: expected a whole number or a list of 2 whole numbers, not this list"),
        ("[64,96,3]", "data.image_size=[64, 96, 3]: expected a whole number or a list of 2 whole numbers"),
        (
            "64x96",
            "data.image_size=64x96: expected a whole number or a list of 2 whole numbers, not this text",
        ),
        ("[64,-96]", "data.image_size.1=-96: expected a whole number from 1 to 65,536"),
        ("[0,64]", "data.image_size.0=0: expected a whole number from 1 to 65,536"),
        ("[64,96.5]", "data.image_size.1=96.5: expected a whole number, not a fraction"),
        ("[64,wide]", "data.image_size.1=wide: expected a whole number, not this text"),
        ("[]", "data.image_size=[]: expected a whole number or a list of 2 whole numbers, not this list"),
        ("null", "data.image_size=null: expected a whole number or a list of 2 whole numbers, not null"),
    ],
)
def test_what_is_no_size_is_refused(size, sentence):
    with pytest.raises(UserError) as error:
        settled(sized("dcgan", size))
    assert str(error.value).startswith(sentence)
