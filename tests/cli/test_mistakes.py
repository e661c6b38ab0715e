"""What a newcomer types: each mistake is answered in one sentence that says what to type instead."""

import pytest

from ganlab.cli.faults import in_a_sentence
from ganlab.errors import UserError

MISSPELT = [  # words, and what the answer must say
    ("~callbacks", "~callbacks: a run needs the key callbacks; leave ~callbacks out"),
    ("~seed", "~seed: a run needs the key seed"),
    ("~model", "~model: a run needs the key model"),
    ("~data", "~data: a run needs the key data"),
    ("~trainer", "~trainer: a run needs the key trainer"),
    ("~name", "~name: a run needs the key name"),
    ("~logger", "choose logger=none"),
    ("~metrics", "choose metrics=none"),
    ("callbacks=null", "callbacks=null: a name is needed; there is captions, default"),
    ("metrics=null", "metrics=null: a name is needed"),
    ("logger=null", "logger=null: a name is needed"),
    ("seed=null", "seed=null: expected a whole number, not null"),
    ("tags=null", "tags=null: expected a list of text, not null"),
    ("callbacks.log=3", "callbacks.log=3: expected a mapping or null, not a whole number"),
    ("model.loss=hinge", "a part of the model is chosen with a slash, as in model/loss=hinge"),
    ("model.generator=nope", "as in model/generator=NAME; there is acgan"),
    ("model.optimizer=sgd", "as in model/optimizers=sgd"),
    ("model.optimizers.generator=sgd", "chosen with model/optimizer@model.optimizers.generator=sgd"),
    ("model.augment=ada", "as in model/augment=ada"),
    ("callbacks.samples=images", "as in callbacks/samples=images"),
    ("model=wgan model/passes=together", "model/passes: not every model has such a part to choose"),
    ("model/los=hinge", "model/los: no such group; did you mean model/loss"),
    ("loss=hinge", "loss: no such key; did you mean model/loss=NAME?"),
    ("epochs=3", "epochs: no such key; did you mean trainer.max_steps (one step is one batch)?"),
    ("trainer.max_epochs=3", "did you mean trainer.max_steps (one step is one batch)?"),
    ("max_steps=3", "did you mean trainer.max_steps"),
    ("batch_size=3", "did you mean data.batch_size"),
    ("lr=0.1", "did you mean model.optimizers.generator.lr and model.optimizers.discriminator.lr?"),
    ("learning_rate=0.1", "did you mean model.optimizers.generator.lr"),
    ("device=cuda", "did you mean trainer=gpu, trainer=mps or trainer=cpu?"),
    ("gpus=2", "did you mean trainer.devices, with trainer=ddp for several?"),
    ("num_workers=4", "did you mean data.workers, of data that is read from files?"),
    ("dataset=mnist", "did you mean data?"),
    ("output_dir=out", "did you mean hydra.run.dir=FOLDER?"),
    ("root=/tmp", "did you mean data=folder data.root=PATH?"),
    ("image_size=64", "did you mean data.image_size?"),
    ("model.z_dim=64", "did you mean model.prior.size?"),
    ("wandb=true", "did you mean logger=wandb?"),
    ("--model dcgan", "options are written key=value, without dashes: model=dcgan"),
    ("--model=dcgan", "without dashes: model=dcgan"),
    ("--seed=3", "without dashes: seed=3"),
    ("--epochs 3", "without dashes: trainer.max_steps (one step is one batch)"),
    ("-\N{EN DASH}epochs 3", "without dashes: trainer.max_steps"),
    ("--data.batch-size 3", "without dashes: data.batch_size=3"),
    ("--nonsense", "--nonsense: no such flag"),
    ("data={a: 1}", "'data={a:' is half an option: a shell ends a word at a blank, so put it in quotes"),
    ("data={a:1}", "data={a:1}: a name is needed, as in data=ade20k; single keys are data.KEY=VALUE"),
    ("model dcgan", "model dcgan: an option is written with =, as in model=dcgan"),
    ("train model dcgan", "model dcgan: an option is written with =, as in model=dcgan"),
    ("seed 3", "as in seed=3"),
    ("model = dcgan", "leave no blank around the =, as in model=dcgan seed=3"),
    ("model= dcgan", "leave no blank around the =, as in model=dcgan"),
    ("model =dcgan", "leave no blank around the ="),
    ("train dcgan", "did you mean model=dcgan?"),
    ("doctor dcgan", "did you mean model=dcgan?"),
    ("debug", "'debug': options are written key=value, as in debug=anomaly"),
    ("resume=true", "resume=true: expected a run's directory, or auto"),
    ("resume", "resume: an option is written with =, as in resume=..."),
    ("name=my run", "put both in quotes, as 'name=my run'"),
    ("model=dcgan.yaml", "the name of a file without its ending is needed, as in model=dcgan"),
    ("data=/tmp/images", "your own pictures are data=folder data.root=/tmp/images"),
    ("data=.", "your own pictures are data=folder data.root=."),
    ("+model=vanilla", "choose another without the plus, as in model=vanilla"),
    ("hydra.run.dir=", "a folder is needed, for instance hydra.run.dir=outputs/mine"),
    ("hydra.run.dir=s3://bucket/run", "and s3: is none; choose hydra.run.dir=outputs/mine"),
    (
        "trainer=fsdp",
        "gradient penalties differentiate whole gradients, which shards do not have; trainer=ddp",
    ),
    ("sample outputs/x", "outputs/x does not exist"),
    (
        "sample run=s3://bucket/run",
        "a run is read from a folder of this machine, and s3: is none; copy it here first",
    ),
    (
        "resume=s3://bucket/run",
        "a run is read from a folder of this machine, and s3: is none; copy it here first",
    ),
    ("-m seed=1,2 hydra.sweep.dir=s3://bucket/sweep", "and s3: is none; choose hydra.sweep.dir=outputs/mine"),
    ("export outputs/x", "outputs/x does not exist"),
    ("evaluate run", "as in ganlab evaluate run=DIRECTORY"),
    ("data.channels=4", "data.channels=4: expected one of 1, 3\n"),
    ("precision=16", "precision=16: expected one of auto, 32, bf16\n"),
    ("-m model=glob(zzz*)", "model=glob(zzz*) gives no value, so there is nothing to run; there is acgan"),
    ("-m seed=range(1,1)", "seed=range(1,1) gives no value, so there is nothing to run"),
    ("-m seed=range(1,1000000000)", "would be more than 10,000 runs"),
    ("-m model=dcgan,lsgan seed=range(1,100000)", "model=dcgan,lsgan seed=range(1,100000) would be more"),
    ("-m seed=range(0,1,1e-12)", "would be more than 10,000 runs"),
]
NUMBERS = [
    ("callbacks.log.every_steps=0", "expected a whole number of at least 1; the default is 50"),
    ("callbacks.samples.every_images=0", "expected a whole number of at least 1"),
    ("callbacks.samples.n=0", "expected a whole number from 1 to 10,000"),
    ("callbacks.samples.n=10000000", "expected a whole number from 1 to 10,000"),
    ("callbacks.samples.columns=0", "expected a whole number from 1 to 10,000"),
    ("callbacks.checkpoints.keep=0", "expected a whole number of at least 1"),
    ("model.discriminator_steps=0", "expected a whole number of at least 1"),
    ("model.gradient_clip=0", "expected a number above 0 or null"),
    ("metrics.digits.kid_subset_size=1", "expected a whole number from 2 to 65,536"),
    ("metrics.digits.kid_subsets=0", "expected a whole number from 1 to 65,536"),
    ("classes=0", "expected a whole number of at least 1 or null"),
]


@pytest.fixture
def refused(ganlab, trained, tmp_path):
    """Asserts that words are refused before training, in one sentence that holds ``said``."""

    def refuse(words: list[str], said: str) -> None:
        answer = ganlab(*words)
        assert (answer.code, answer.err.count("\n"), trained) == (2, 1, []), answer
        assert answer.err.startswith("ganlab: ")
        assert said in answer.err
        assert not list(tmp_path.iterdir())

    return refuse


@pytest.mark.parametrize(("line", "said"), MISSPELT)
def test_C1_a_mistake_is_answered_with_what_to_type_instead(refused, line, said):
    refused(line.split(" "), said)


@pytest.mark.parametrize(("word", "said"), NUMBERS)
def test_T10_a_number_without_a_meaning_is_told_with_its_key_and_range(refused, word, said):
    refused([word], f"{word.replace('clip=0', 'clip=0.0')}: {said}")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["logger.wandb.project=a/b"], r"logger.wandb.project=a/b: expected a text of 1 to 128 characters"),
        (["logger.wandb.project=''"], "logger.wandb.project=: expected a text of 1 to 128 characters"),
        (["group=" + "g" * 129], "expected a text of 1 to 128 characters or null"),
        (["tags=[" + "t" * 65 + "]"], "expected a text of 1 to 64 characters"),
    ],
)
def test_names_that_wandb_does_not_take_are_told_before_anything_starts(refused, words, said):
    refused(["logger=wandb", *words], said)


@pytest.mark.parametrize("words", [["--config-dir", "{}", "list", "models"], ["list", "--config-dir", "{}"]])
def test_a_command_may_follow_its_flags(ganlab, tmp_path, words):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "mine.yaml").write_text("# My own\ndefaults: [vanilla]\n")
    answer = ganlab(*[word.format(tmp_path) for word in words])
    assert answer.code == 0
    assert "  mine " in answer.out
    assert ganlab("--help", "list").out == ganlab("list", "--help").out


@pytest.mark.parametrize(
    "words",
    [
        ["model/loss=hinge", "+model.prior.size=100", "tags=[epochs, gpus]", "name='my run'"],
        ["model.augment=null", "callbacks.samples=null", "++seed=3", "data=digits"],
        ["logger=[csv,tensorboard]", "name='a = b'", "hydra.run.dir=mine"],
    ],
)
def test_what_looks_like_a_mistake_and_is_none_is_composed(words):
    from ganlab.config.compose.mistakes import refuse_mistakes

    refuse_mistakes(words)


def test_C1_a_word_with_a_break_is_told_in_one_line():
    from ganlab.config.compose.mistakes import refuse_mistakes

    with pytest.raises(UserError, match="is half an option") as refused:
        refuse_mistakes(["seed=\n{", "seed="])
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "model=dcgan model/generator=unet",
            "UNet: expected a finished one, and other models finish this one",
        ),
        (
            "model=pix2pix data=fonts_paired model/discriminator=dcgan",
            "model.discriminator.channels: it is taken from data.channels, which is no key here: give "
            "model.discriminator.channels=...",
        ),
        (
            "model=progan model/discriminator=dcgan model/loss=hinge",
            "model/discriminator=dcgan, model/loss=hinge: this does not go together with the rest of the model "
            "('DCGANDiscriminator' object has no attribute 'image_size')",
        ),
        (
            "model=began model/discriminator=dcgan",
            "model/discriminator=dcgan: this does not go together with the rest of the model (image (2, 1, 32, 32) and "
            "reconstruction (2,) must have one shape)",
        ),
        (
            "model=lsgan_mlp data.batch_size=1",
            "data.batch_size=1: batch normalization needs more than one value",
        ),
    ],
)
def test_C1_networks_of_other_models_are_refused(ganlab, line, said):
    small = [
        "data.batch_size=2",
        "trainer.max_steps=1",
        "trainer=cpu",
        "metrics=none",
        "callbacks.samples=null",
    ]
    answer = ganlab(*small, *line.split(" "))
    assert answer.code == 2
    assert said in answer.err
    assert "Traceback" not in answer.err


@pytest.mark.parametrize(
    ("words", "target", "steps"),
    [
        ([], "ganlab.models.images.gan.StandardGAN", 0),  # the default's own fault
        (["model/loss=hinge"], "mine.Model", 0),  # perhaps one's own
        (["model/loss=hinge"], "ganlab.models.images.gan.StandardGAN", 2),  # it went on beyond the first step
    ],
)
def test_a_fault_of_no_choice_keeps_its_traceback(tmp_path, words, target, steps):
    (tmp_path / "results.json").write_text(f'{{"steps": {steps}}}')
    fault = AttributeError("no attribute 'modules'")
    assert in_a_sentence(fault, words, {"_target_": target}, tmp_path) is fault
    chosen = in_a_sentence(
        fault, ["model/loss=hinge"], {"_target_": "ganlab.models.images.gan.StandardGAN"}, tmp_path
    )
    assert (chosen is fault) is (steps > 1)
