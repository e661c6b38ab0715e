"""Every image-to-image algorithm: only the right player moves, in the right order, and runs resume exactly."""

from contextlib import contextmanager
from pathlib import Path

import pytest
import torch

from ganlab.config.compose.catalogue import catalogue
from tests.support.runs import differences, fit, training_state
from tests.support.variants import TRANSLATORS, translator

WITHOUT_GRADIENT = {
    ("esrgan", "discriminator"): 1
}  # its last bias: a number added to all scores changes nothing


def watch(module, moves: list[str], name: str) -> None:
    """Records the first letter of each step's players, and asserts that nobody else moved."""
    update, step = module.update, module.training_step

    def weights():
        return {name: [p.detach().clone() for p in ps] for name, ps in module.parameters_of().items()}

    @contextmanager
    def watched(*players, **kind):
        before = weights()
        with update(*players, **kind) as terms:
            yield terms
        after = weights()
        moved = {
            name
            for name in before
            if any(not torch.equal(a, b) for a, b in zip(before[name], after[name], strict=True))
        }
        assert moved == set(players)
        for player in players:
            same = sum(torch.equal(a, b) for a, b in zip(before[player], after[player], strict=True))
            assert same <= WITHOUT_GRADIENT.get((name, player), 0)
            moves[-1] += player[0]

    def training_step(batch, batch_idx):
        moves.append("")
        seen = step(batch, batch_idx)
        assert not any(value.requires_grad for value in seen.values())
        assert {seen[key].shape for key in seen if key.endswith("score")} <= {(len(seen["real"]),)}
        return seen

    module.update, module.training_step = watched, training_step


@pytest.mark.parametrize("name", TRANSLATORS)
def test_players_move_in_order_and_a_stopped_run_ends_like_a_straight_one(name, tmp_path):
    moves, (kind, _, order) = [], TRANSLATORS[name]
    whole, half = (translator(name, f"trainer.max_steps={steps}") for steps in (4, 2))
    straight = fit(whole, tmp_path / "straight", wrap=lambda module: watch(module, moves, name))
    assert " ".join(moves) == order
    assert straight.steps == straight.trainer.global_step == 4
    assert straight.images == 8
    assert straight.data_kind == kind
    fit(half, tmp_path / "halves")
    fit(whole, tmp_path / "halves", resume=True)
    one, other = (training_state(tmp_path / folder) for folder in ("straight", "halves"))
    assert differences(one, other) == []


def test_bf16_trains_and_translates_in_float32(tmp_path):
    """pix2pix, whose one translation is part of two updates."""
    module = fit(translator("pix2pix", "precision=bf16", "trainer.max_steps=2"), tmp_path)
    assert all(p.isfinite().all() and p.dtype == torch.float32 for p in module.parameters())
    made = module.translate(module.trainer.datamodule.batch(0))
    assert {value.dtype for value in made.values()} == {torch.float32}


def test_the_pools_are_in_the_checkpoint(tmp_path):
    module = fit(translator("cyclegan", "trainer.max_steps=3"), tmp_path)
    (saved,) = training_state(Path(tmp_path))["ganlab"]["per_process"]
    for pool, channels in (("replay_a", 1), ("replay_b", 3)):
        assert saved[pool]["stored"].shape == (6, channels, 32, 32)
        assert torch.equal(saved[pool]["stored"], getattr(module, pool).stored)


def test_compiling_takes_every_generator(tmp_path, monkeypatch):
    compiled = []
    monkeypatch.setattr(torch.nn.Module, "compile", lambda module: compiled.append(module))
    module = fit(translator("cyclegan", "trainer.compile=true", "trainer.max_steps=1"), tmp_path)
    assert compiled == [module.a_to_b, module.b_to_a]


def test_no_model_is_left_out():
    kinds = {kind for kind, *_ in TRANSLATORS.values()}
    assert set(TRANSLATORS) == {name for name, entry in catalogue()["model"].items() if entry.kind in kinds}
