"""Techniques inside a training run: exact resume with their state, and what they may not be combined with."""

import pytest
import torch

from ganlab.config import instantiate
from ganlab.errors import UserError
from tests.support.runs import build, differences, training_state

CASES = {
    "replay": ["model=mlp_gan", "model/replay=experience", "model.replay.capacity=20"],
    "ada": ["model=dcgan", "model/augment=ada", "model.augment.every=2", "model.augment.images_to_full=50"],
    "diffaugment": ["model=dcgan", "model/augment=diffaugment"],
    "instance_noise": ["model=mlp_gan", "model/augment=instance_noise", "model.augment.images_to_zero=40"],
    "r1": ["model=dcgan", "model/discriminator=dcgan_no_norm", "model/penalty=r1", "model.penalty.every=2"],
    "modern_dcgan": [
        "model=dcgan",
        "model/discriminator=dcgan_no_norm",
        "model/loss=relativistic",
        "model/penalty=r1_r2",
    ],
    "apa": ["model=dcgan", "model/augment=apa", "model.augment.every=2", "model.augment.images_to_full=30"],
    "lecam": ["model=dcgan", "model/regularizer=lecam", "model.regularizer.start=2"],
    "zcr_top_k": [
        "model=cgan_dcgan",
        "model/regularizer=zcr",
        "model/selection=top_k",
        "model.selection.epoch=16",
        "model.selection.gamma=0.8",
    ],
    "minibatch_discrimination": ["model=dcgan", "model/discriminator=dcgan_minibatch"],
    "minibatch_stddev": ["model=dcgan", "model/discriminator=dcgan_stddev"],
}


@pytest.mark.parametrize("name", CASES)
def test_R1_a_stopped_run_ends_like_a_straight_one(name, tiny_run, tmp_path):
    overrides = [*CASES[name], "data.image_size=16"]
    straight = tiny_run(*overrides, "trainer.max_steps=6", folder="straight")
    tiny_run(*overrides, "trainer.max_steps=3", folder="halves")
    tiny_run(*overrides, "trainer.max_steps=6", folder="halves", resume=True)
    one, other = (training_state(tmp_path / folder) for folder in ("straight", "halves"))
    assert differences(one, other) == []
    assert all(torch.isfinite(p).all() for p in straight.parameters())


def test_the_pool_is_in_the_checkpoint_and_matters(tiny_run, tmp_path):
    overrides = [*CASES["replay"], "data.image_size=16", "trainer.max_steps=6"]
    module = tiny_run(*overrides, folder="pool")
    (saved,) = training_state(tmp_path / "pool")["ganlab"]["per_process"]
    assert torch.equal(saved["replay"]["stored"], module.replay.stored)
    assert len(module.replay.stored) == 20
    plain = tiny_run("model=mlp_gan", "data.image_size=16", "trainer.max_steps=6", folder="plain")
    pairs = zip(module.generator.parameters(), plain.generator.parameters(), strict=True)
    assert not all(torch.equal(a, b) for a, b in pairs)


def test_a_penalty_on_the_weights_is_a_term_of_the_generator_alone(tiny_run):
    words = ["model=vanilla", "model/weight_penalty=orthogonal", "data.image_size=16"]
    module = tiny_run(*words, "trainer.max_steps=1", "callbacks.log.every_steps=1")
    assert module.published["generator/orthogonal"] > 0
    assert "discriminator/orthogonal" not in module.published


def test_ada_moves_and_is_logged(tiny_run):
    module = tiny_run(
        *CASES["ada"], "data.image_size=16", "trainer.max_steps=6", "callbacks.log.every_steps=1"
    )
    assert "game/augment_p" in module.published
    assert module.augment.p >= 0


@pytest.mark.parametrize(
    ("overrides", "sentence"),
    [
        (["model=dcgan", "model/penalty=r1"], "without batch normalization"),
        (["model=cgan_dcgan", "model/penalty=r1"], "without batch normalization"),
        (["model=wgan_gp_resnet", "model/discriminator=dcgan"], "without batch normalization"),
        (["model=dcgan", "model/regularizer=zcr", "model/replay=experience"], "choose model/replay=none"),
        (["model=cgan", "+model/replay=experience"], "the pool keeps images without their labels"),
        (["model=infogan", "model/prior=normal", "model.prior.size=74"], "InfoGAN needs a prior with codes"),
        (["model=ebgan", "model.margin=0"], "model.margin=0"),
    ],
)
def test_wrong_combinations_get_one_sentence(overrides, sentence, tiny):
    with pytest.raises(UserError, match=sentence):
        instantiate(tiny(*overrides).model)


@pytest.mark.parametrize(
    ("overrides", "sentence"),
    [
        (["model=cgan", "model.classes=7"], "classes=7: the data has 10 classes; set classes=10"),
        (["model=infogan", "model.generator.latent_size=70"], "model.generator.latent_size"),
    ],
)
def test_what_does_not_fit_the_data_is_told_before_training(overrides, sentence, tiny):
    data, module = build(tiny(*overrides))
    with pytest.raises(UserError, match=sentence):
        module.check(data.shape, data.classes)
