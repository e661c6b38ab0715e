import pytest

from ganlab.config import compose
from ganlab.errors import UserError


def refusal(*words: str, **options) -> str:
    with pytest.raises(UserError) as error:
        compose(words, **options)
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("modle=dcgan", "modle: no such key; did you mean model?"),
        ("trainer.max_step=5", "trainer.max_step: no such key; did you mean trainer.max_steps?"),
        (
            "model.generator.wdith=3",
            "model.generator.wdith: no such key; did you mean model.generator.width?",
        ),
        ("model.optimizers.generators.lr=3", "did you mean model.optimizers.generator.lr?"),
        ("generator.width=3", "generator.width: no such key; did you mean model.generator.width?"),
        ("max_steps=3", "did you mean trainer.max_steps?"),
        ("lr=3", "did you mean model.optimizers.generator.lr and model.optimizers.discriminator.lr?"),
        ("hydra.run.dirr=x", "did you mean hydra.run.dir?"),
        ("~trainer.bar", "trainer.bar: no such key; trainer has "),
        ("seed.a=1", "seed.a: no such key; seed is a value, and has no keys"),
        ("zzz=3", "zzz: no such key; there is allow_change, "),
    ],
)
def test_C1_unknown_key_names_the_nearest(word, said):
    assert said in refusal(word)


def test_C1_suggestions_come_from_the_chosen_model():
    assert "model.gp_weight" in refusal("model=wgan_gp", "gp_weight=3")
    assert "gp_weight?" not in refusal("model=vanilla", "gp_weight=3")


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("model=wgan_pg", "model=wgan_pg: no such model; did you mean wgan_gp"),
        ("model/loss=hing", "model/loss=hing: no such model/loss; "),
        ("model=xyzzy", "model=xyzzy: no such model; there is acgan, began, "),
        ("model=null", "model=null: a name is needed; there is acgan, began, "),
        ("trainer=5", "trainer=5: a name is needed; there is auto, "),
        ("model=[dcgan]", "model: one name is needed"),
        ("model=[1,2]", "model=[1,2]: a name is needed; there is acgan, began, "),
        ("~data", "~data: a run needs the key data"),
        ("experiment=nope", "experiment=nope: no such experiment; there is "),
    ],
)
def test_C3_unknown_option_of_a_group_lists_those_there_are(word, said):
    assert said in refusal(word)


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("seed=1,2", "seed=1,2 gives several values: add -m to run one after the other"),
        ("seed=range(1,3)", "seed=range(1,3) gives several values: add -m"),
        ("hello", "'hello': options are written key=value"),
        ("name=[a,", "'name=[a,' cannot be read: put values with special characters in quotes"),
        ("+seed=3", "+seed: this key exists already; give it without the plus"),
    ],
)
def test_C1_grammar(word, said):
    assert said in refusal(word)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("seed: 1\nseed: 2\n", "found duplicate key seed"),
        ("a:\n\t- 1\n", "found character"),
        ("a: !!python/name:os.system\n", "tag"),
    ],
    ids=["duplicate", "tab", "python"],
)
def test_C6_broken_files_are_named_with_the_line(tmp_path, text, said):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "mine.yaml").write_text(text)
    answer = refusal("model=mine", config_dirs=[tmp_path])
    assert said in answer
    assert "mine.yaml, line " in answer
