"""ProGAN: its losses, what grows and when, exact resume in the middle of a fade, and two processes."""

import logging
import math
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from ganlab.data.order import IndexStream
from ganlab.errors import UserError
from ganlab.losses.adversarial import Wasserstein
from ganlab.losses.penalties import gradient_penalty
from ganlab.models.images.progan import ProGAN
from ganlab.models.images.progan_conditional import ConditionalProGAN
from ganlab.pixels import from_uint8
from ganlab.techniques.ema import NoAverage
from ganlab.techniques.growth import Growth, Stage
from ganlab.techniques.priors import Normal
from tests.support.processes import as_rank, free_port
from tests.support.runs import build, differences, fit, forked, tiny_config, training_state

# 4 pixels for 16 images, 8 pixels after 48, 16 pixels faded in after 80 and learned alone after 96
SCHEDULE = ["data.image_size=16", "model.growth.stable_images=16", "model.growth.fade_images=32"]
SCHEDULE += [f"model.optimizers.{player}.lr=0.001" for player in ("discriminator", "generator")]
SMALLER = ["model.growth.largest_batch={16: 4}", "model.growth.learning_rates={16: 0.0005}"]


def quick(name: str, **options) -> list[str]:
    return [f"model={name}", *SCHEDULE, *SMALLER, *(f"{key}={value}" for key, value in options.items())]


class Mean(nn.Module):
    """A critic w * mean(x), whose gradient has the norm |w| / sqrt(pixels)."""

    image_size, group = 8, 1

    def __init__(self, w: float) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.tensor(w))

    def forward(self, image, level, alpha):
        return self.w * image.flatten(1).mean(1)


class Judge(Mean):
    """And class logits w * (1, 0, 0)."""

    def forward(self, image, level, alpha):
        logits = self.w * torch.tensor([1.0, 0.0, 0.0]).expand(len(image), 3)
        return super().forward(image, level, alpha), logits


class Constant(nn.Module):
    """A generator of images of one value."""

    image_size = 8

    def __init__(self) -> None:
        super().__init__()
        self.value = nn.Parameter(torch.tensor(0.5))

    def forward(self, z, *condition):
        *_, level, _ = condition
        return self.value.expand(len(z), 1, 4 * 2**level, 4 * 2**level)


def game(kind: type[ProGAN], critic: nn.Module, images: int = 0, **options) -> ProGAN:
    """A game at the stage that ``images`` images lead to, and its terms in the order of its updates."""
    sgd = partial(torch.optim.SGD, lr=0.0)
    found = kind(
        growth=Growth(image_size=8, stable_images=100, fade_images=100),
        loss=Wasserstein(),
        generator=Constant(),
        discriminator=critic,
        prior=Normal(size=2),
        average=NoAverage(),
        optimizers={"generator": sgd, "discriminator": sgd},
        **options,
    )
    found.configure_optimizers()
    found.manual_backward = lambda loss: loss.backward()
    found.counts["grown_at"] = images
    return found


def test_the_terms_are_the_papers():
    """w = 8: scores 8 x 0.25 and 8 x 0.5; at 4 pixels the gradient's norm is 8 / 4 = 2."""
    found = game(ProGAN, Mean(8.0), gp_weight=10.0, gp_target=4.0, drift_weight=0.001)
    found.training_step({"image": torch.full((6, 1, 8, 8), 0.25)}, 0)
    terms = {name: value.item() for name, value in found._sums.items()}
    assert terms["discriminator/adversarial"] == pytest.approx(8 * 0.5 - 8 * 0.25)
    assert terms["discriminator/gradient_penalty"] == pytest.approx(10 / 4**2 * (2 - 4) ** 2)
    assert terms["discriminator/drift"] == pytest.approx(0.001 * 2.0**2)
    assert terms["generator/adversarial"] == pytest.approx(-8 * 0.5)


class Bumpy(Mean):
    """A critic that is not linear: the mean of tanh, in which pixels meet their neighbours to the right."""

    def forward(self, image, level, alpha):
        return self.w * (image * image.roll(1, 3) + image).tanh().flatten(1).mean(1)


@pytest.mark.parametrize(("images", "share"), [(0, 0.5), (150, 1.0), (300, 1.0)])
def test_a_penalty_at_the_final_size_is_that_of_repeated_pixels(images, share):
    """What the authors' codes differentiate: the critic of images whose pixels are repeated up to 8 x 8."""
    linear = game(ProGAN, Mean(8.0), images, gp_target=4.0, gp_resolution="final")
    size = linear.stage.resolution
    real, fake = torch.rand(6, 1, size, size), torch.rand(6, 1, size, size)
    norm = share * 8 / size  # of the mean of size x size pixels: w / size
    assert linear.penalty(real, fake).item() == pytest.approx(10 / 4**2 * (norm - 4) ** 2)
    found = game(ProGAN, Bumpy(30.0), images, gp_target=0.7, gp_resolution="final")
    epsilon = torch.rand(6, 1, 1, 1)
    found.draws = SimpleNamespace(uniform=lambda *shape: epsilon)
    expected = gradient_penalty(
        found.score, F.interpolate(real, (8, 8)), F.interpolate(fake, (8, 8)), epsilon, 0.7
    )
    assert found.penalty(real, fake).item() == pytest.approx(10 / 0.7**2 * expected.item(), rel=1e-5)
    present = game(ProGAN, Bumpy(30.0), images, gp_target=0.7)
    present.draws = found.draws
    assert (present.penalty(real, fake).item() == pytest.approx(found.penalty(real, fake).item())) == (
        share == 1
    )


@pytest.mark.parametrize("kind", [ProGAN, ConditionalProGAN])
def test_a_target_of_0_by_which_the_penalty_is_divided_is_refused(kind):
    labels = {"classes": 3} if kind is ConditionalProGAN else {}
    with pytest.raises(UserError, match=r"gp_target=0.*above 0"):
        game(kind, Mean(1.0), gp_target=0.0, **labels)


def test_with_labels_both_players_want_the_class_recognised():
    found = game(ConditionalProGAN, Judge(2.0), classes=3, class_weight=0.5)
    label = torch.tensor([0, 0, 1, 2, 0, 0])
    found.training_step({"image": torch.zeros(6, 1, 8, 8), "label": label}, 0)
    terms = {name: value.item() for name, value in found._sums.items()}
    right, wrong = (-math.log(math.exp(logit) / (math.exp(2) + 2)) for logit in (2, 0))
    assert terms["discriminator/real_class"] == pytest.approx(0.5 * (4 * right + 2 * wrong) / 6)
    for name in ("discriminator/fake_class", "generator/class"):
        assert any(terms[name] == pytest.approx(0.5 * (n * right + (6 - n) * wrong) / 6) for n in range(7)), (
            name
        )
    assert terms["game/class_accuracy"] == pytest.approx(4 / 6)
    assert terms["discriminator/drift"] == 0


def test_real_images_are_brought_to_the_stage():
    image = torch.rand(3, 1, 8, 8)
    halved = F.avg_pool2d(image, 2)
    assert torch.equal(game(ProGAN, Mean(1.0), 99).faded(image), halved)
    torch.testing.assert_close(
        game(ProGAN, Mean(1.0), 100).faded(image), F.interpolate(halved, scale_factor=2)
    )
    quarter = 0.75 * F.interpolate(halved, scale_factor=2) + 0.25 * image
    torch.testing.assert_close(game(ProGAN, Mean(1.0), 125).faded(image), quarter)
    assert torch.equal(game(ProGAN, Mean(1.0), 200).faded(image), image)


def test_parts_of_different_sizes_are_refused():
    critic = Mean(1.0)
    critic.image_size = 16
    with pytest.raises(UserError, match=r"end at 8, 8, 16 pixels; set only data\.image_size"):
        game(ProGAN, critic)


def test_a_run_grows_by_images_seen(tiny_run):
    """Through both fades; what each of its steps saw."""
    seen: list[dict] = []

    def wrap(module):
        step = module.training_step

        def training_step(batch, batch_idx):
            states = [len(module._optimizer_of[player].state) for player in module.players()]
            seen.append(
                {
                    "batch": batch["image"],
                    "stage": module.stage,
                    "fresh": states == [0, 0],
                    "lr": [module.learning_rate(player) for player in module.players()],
                }
            )
            return step(batch, batch_idx)

        module.training_step = training_step

    module = tiny_run(*quick("progan"), "trainer.max_steps=17", "callbacks.samples.every_images=8", wrap=wrap)
    stages = [(step["stage"].resolution, step["stage"].alpha) for step in seen]
    fades = [(4, 1.0)] * 2 + [(8, alpha) for alpha in (0, 0.25, 0.5, 0.75)] + [(8, 1.0)] * 2
    fades += [(16, alpha / 8) for alpha in range(8)] + [(16, 1.0)]
    assert stages == fades
    assert module.images == 8 * 8 + 4 * 9
    fresh = [number for number, step in enumerate(seen) if step["fresh"]]
    assert fresh == [0, 2, 6, 8, 16], "optimizers start anew where a fade begins and where it ends"
    assert [step["lr"] for step in seen] == [[1e-3] * 2] * 8 + [[5e-4] * 2] * 9
    order, position = IndexStream(length=1297, batch_size=8, seed=0), 0
    row = torch.cat([order.indices(step) for step in range(14)])
    train_set = module.trainer.datamodule.dataset("train")
    for step in seen:
        expected = train_set.images(row[position : position + len(step["batch"])])
        assert torch.equal(step["batch"], from_uint8(expected))
        position += len(expected)
    frames = sorted((Path(module.trainer.default_root_dir) / "samples").glob("0*.png"))
    assert len(frames) == 14, "the start, each 8 images, the end"
    assert len({frame.read_bytes()[16:24] for frame in frames}) == 1, "all pictures have one size"


def test_samples_come_from_the_average_at_the_last_stage(tiny):
    _, module = build(tiny(*quick("progan")))
    for images, stage in ((40, Stage(1, 0.75)), (0, Stage(0, 1.0)), (96, Stage(2, 1.0))):
        module.counts["grown_at"] = images
        z = module.prior(SimpleNamespace(normal=lambda n, size: torch.ones(n, size)), 2)
        image = module.drawn(module.average.current(), z)
        made = module.average.current()(z, *stage)
        assert torch.equal(image, F.interpolate(made, scale_factor=16 // stage.resolution))
        torch.testing.assert_close(module.score(image), module.discriminator(made, *stage))
    assert module.sample(3).shape == (3, 1, 16, 16)


@pytest.mark.parametrize("name", ["progan", "progan_conditional"])
def test_R1_a_run_stopped_within_a_fade_resumes_bit_for_bit(tiny_run, name, tmp_path):
    words = quick(name, **{"callbacks.checkpoints.every_images": 8})
    straight = tiny_run(*words, "trainer.max_steps=15", folder="straight")
    tiny_run(*words, "trainer.max_steps=4", folder="halves")
    tiny_run(*words, "trainer.max_steps=11", folder="halves", resume=True)
    resumed = tiny_run(*words, "trainer.max_steps=15", folder="halves", resume=True)
    assert straight.stage == resumed.stage == Stage(2, 6 / 8)
    states = [training_state(tmp_path / folder) for folder in ("straight", "halves")]
    assert differences(*states) == []
    assert torch.equal(straight.sample(4), resumed.sample(4))


def test_a_batch_that_does_not_split_into_groups_is_refused_before_training(tiny_run):
    words = quick("progan", **{"model.growth.largest_batch": "{16: 6}"})
    with pytest.raises(UserError, match="at 16 pixels a batch of 6 does not split into groups of 4"):
        tiny_run(*words, "trainer.max_steps=2")


def test_the_schedule_is_told_and_a_run_that_ends_before_it_warned(tiny_run, caplog):
    with caplog.at_level(logging.INFO, "ganlab"):
        tiny_run(*quick("progan"), "trainer.max_steps=1")
    assert "growth, by images seen:\npixels" in caplog.text
    assert (
        "trainer.max_steps=1: the run ends after 8 images at 4 pixels, and 16 pixels are faded in"
        in caplog.text
    )


def test_a_resumed_run_goes_on_from_its_images_on_another_number_of_processes(tiny):
    _, module = build(tiny(*quick("progan")))
    counted = {"steps": 3, "images": 48, "counts": {"grown_at": 32}, "sums": {}, "additions": {}}
    module.on_load_checkpoint({"state_dict": module.state_dict(), "ganlab": {"schema": 1, **counted}})
    assert [module.batch_at(step, 8, 2) for step in (3, 4, 5)] == [(48, 8), (64, 4), (72, 4)]
    assert [module.side_at(step, 8, 2) for step in (3, 4)] == [8, 16]
    assert module.stage == Stage(1, 0.5), "samples are those of the last step"


def test_scores_are_spread_over_the_images_of_a_run_whose_batches_shrink(tiny, tmp_path):
    from ganlab.callbacks.interval import images_of_run

    _, module = build(tiny(*quick("progan")))
    trainer = SimpleNamespace(
        max_steps=17, world_size=1, accumulate=1, datamodule=SimpleNamespace(batch_size=8)
    )
    assert images_of_run(trainer, module) == 100
    _, module = build(tiny("model=vanilla", "data.image_size=8"))
    assert images_of_run(trainer, module) == 17 * 8


def test_bf16_fades(tiny_run):
    module = tiny_run(*quick("progan"), "precision=bf16", "trainer.max_steps=5")
    assert module.stage.alpha == 0.5
    assert module.sample(2).dtype == torch.float32


def test_P1_two_processes_equal_one_at_twice_the_batch(tmp_path):
    """Where samples do not meet: the standard deviation over a batch is that of each process by itself."""

    def lonely(module):
        # one more channel of zeros
        module.discriminator.blocks[0][0] = nn.ConstantPad3d((0, 0, 0, 0, 0, 1), 0.0)

    def run(world: int, rank: int = 0, port: int = free_port()):
        def train() -> None:
            if world == 2:
                as_rank(rank, port)
            trainer = (
                ["trainer=ddp_cpu", "callbacks.health.consistency_steps=1"] if world == 2 else ["trainer=cpu"]
            )
            batches = [f"data.batch_size={16 // world}", f"model.growth.largest_batch={{16: {8 // world}}}"]
            fit(
                tiny_config("model=progan", *SCHEDULE, *batches, *trainer, "trainer.max_steps=9"),
                tmp_path / str(world),
                wrap=lonely,
            )

        return train

    assert forked(run(1), run(2, 0), run(2, 1)) == [0, 0, 0]
    one, two = (training_state(tmp_path / str(world)) for world in (1, 2))
    assert one["ganlab"]["images"] == two["ganlab"]["images"] == 16 * 4 + 8 * 5
    for key, value in one["state_dict"].items():
        if isinstance(value, torch.Tensor):
            torch.testing.assert_close(value, two["state_dict"][key], rtol=0, atol=1e-4)
