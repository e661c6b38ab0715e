"""A batch that is gone through in parts trains like the whole: the same draws, one reduction, one step."""

import json
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn.modules.dropout import _DropoutNd

from ganlab.config import compose, instantiate
from ganlab.errors import UserError
from ganlab.layers.minibatch import MinibatchStdDev
from ganlab.torch_internals import BatchNorm
from ganlab.training import ddp
from tests.support.processes import as_rank, free_port
from tests.support.runs import fit, forked, training_state
from tests.support.variants import VARIANTS, descending, distance, two_steps

DISTRIBUTED = (
    "stylegan2_conditional"  # R1, path length and two styles, each in an update of its own or in one's midst
)
KEPT = ("k", "path_mean", "generator.w_mean")  # by a step, beside weights
TWICE = {"stylegan2_ada"}  # the game of another
OF_A_PART = {"plane_unrolled"}  # each part imagines what it would make of the discriminator


def alone(module: nn.Module) -> None:
    """Samples do not meet, and nothing is drawn for a part: else no two divisions of a batch are alike."""
    descending(module)
    for part in module.modules():
        if isinstance(part, _DropoutNd):
            part.p = 0.0
        if isinstance(part, MinibatchStdDev):
            vars(part)["forward"] = lambda maps: nn.functional.pad(maps, (0, 0, 0, 0, 0, 1))


def in_parts(cfg, parts: int):
    """The same run, in so many parts of a smaller batch."""
    cfg = cfg.copy()
    cfg.trainer.accumulate, cfg.data.batch_size, cfg.callbacks.samples = (
        parts,
        cfg.data.batch_size // parts,
        None,
    )
    return cfg


def apart(cfg, folder: Path, wrap=alone) -> dict:
    """How far the weights of the whole batch and of two parts lie apart, by the way they went; and what else moved."""
    first: dict[str, torch.Tensor] = {}

    def remember(module) -> None:
        wrap(module)
        first.update({key: value.detach().clone() for key, value in module.named_parameters()})

    modules = [fit(in_parts(cfg, parts), folder / str(parts), wrap=remember) for parts in (1, 2)]
    one, two = (dict(module.named_parameters()) for module in modules)
    way, between = (max(float((one[k] - b[k]).abs().max()) for k in one) for b in (first, two))
    counts = [(module.images, module.steps, module.counts) for module in modules]
    buffers = [dict(module.named_buffers()) for module in modules]
    kept = {key: [float(side[key].abs().max()) for side in buffers] for key in KEPT if key in buffers[0]}
    return {"apart": between / way, "same counts": counts[0] == counts[1], "kept": kept}


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> dict:
    """By variant without batch norm, and for dcgan, what ``apart`` says; and two processes with two parts each."""
    folder, port = tmp_path_factory.mktemp("accumulate"), free_port()

    def one() -> None:
        found = {"dcgan": apart(two_steps("dcgan"), folder / "dcgan", wrap=descending)}
        for name in [*VARIANTS, "cyclegan"]:  # all others that translate have batch norms
            if name not in TWICE:
                cfg = two_steps(name)
                with torch.device("meta"):
                    modules = list(instantiate(cfg.model).modules())
                if not any(isinstance(module, BatchNorm) for module in modules):
                    found[name] = apart(cfg, folder / name)
        (folder / "found.json").write_text(json.dumps(found))

    def of_two(rank: int):
        def train() -> None:
            as_rank(rank, port)
            reduced, average = [], ddp.average_coalesced
            ddp.average_coalesced = lambda gradients: (reduced.append(len(gradients)), average(gradients))
            fit(two_steps(DISTRIBUTED, world=2, parts=2), folder / DISTRIBUTED / "both", wrap=alone)
            (folder / f"reductions{rank}").write_text(str(len(reduced)))

        return train

    assert forked(one, of_two(0), of_two(1)) == [0, 0, 0]
    reductions = [(folder / f"reductions{rank}").read_text() for rank in (0, 1)]
    states = [training_state(folder / DISTRIBUTED / which)["state_dict"] for which in ("1", "both")]
    distributed = distance(two_steps(DISTRIBUTED), *states)
    return json.loads((folder / "found.json").read_text()) | {"reductions": reductions, "both": distributed}


def test_P1_two_parts_train_every_variant_without_batch_norm_like_the_whole_batch(runs):
    found = {name: seen for name, seen in runs.items() if isinstance(seen, dict) and name != "dcgan"}
    assert {"wgan_gp", "r3gan", "began", "cyclegan", "progan", DISTRIBUTED} <= set(found)
    assert {name: seen["apart"] for name, seen in found.items() if seen["apart"] > 0.002}.keys() == OF_A_PART
    assert all(seen["same counts"] for seen in found.values())


def test_P1_control_a_batch_norm_makes_parts_others_than_the_whole(runs):
    assert runs["dcgan"]["apart"] > 0.01


def test_P1_parts_on_two_processes_train_like_one_with_one_reduction_an_update(runs):
    assert runs["both"] < 0.002
    # generator and discriminator in both steps; path length and R1 in the second
    assert runs["reductions"] == ["6", "6"]


@pytest.mark.parametrize(
    ("name", "buffer"), [("began", "k"), (DISTRIBUTED, "path_mean"), (DISTRIBUTED, "generator.w_mean")]
)
def test_P1_what_a_step_keeps_in_buffers_moves_once(runs, name, buffer):
    one, two = runs[name]["kept"][buffer]
    assert one == pytest.approx(two, rel=1e-4)
    assert one > 0


def test_a_step_whose_parts_go_different_ways_is_told(tmp_path):
    def go_apart(module) -> None:
        step = module.training_step
        module.training_step = lambda batch, index: step(batch, index) if module.parts.first else None

    with pytest.raises(RuntimeError, match="different ways, to an update of 'discriminator', the end"):
        fit(in_parts(two_steps("vanilla"), 2), tmp_path, wrap=go_apart)


def test_S11_an_error_of_one_part_ends_the_step_of_all(tmp_path):
    def fail(module) -> None:
        def score(image):
            raise UserError("no score") if module.last_part else RuntimeError("too early")

        module.score = score

    with pytest.raises(RuntimeError, match="too early"):
        fit(in_parts(two_steps("vanilla"), 2), tmp_path, wrap=fail)


def test_a_batch_that_does_not_divide_is_a_sentence(tmp_path):
    cfg = compose(
        [
            *("model=progan", "data=digits", "trainer=cpu", "metrics=none", "data.batch_size=4"),
            *("trainer.accumulate=3", "+model.growth.largest_batch={8: 8}", "trainer.max_steps=1"),
        ]
    )
    with pytest.raises(UserError, match=r"trainer.accumulate=3 does not divide the batch of 8 at 8 pixels"):
        fit(cfg, tmp_path)
