"""Every conf/model/*.yaml: fits, moves only its own player in each update, resumes exactly, samples the right shape."""

from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
from omegaconf import OmegaConf

from ganlab.config import compose
from tests.support.runs import differences, kind_of, training_state
from tests.support.variants import VARIANTS, words_for


def watch_updates(module) -> list[tuple[str, set[str]]]:
    """Records, for each update, its player and the players whose parameters moved in it."""
    moves: list[tuple[str, set[str]]] = []
    update = module.update

    def snapshot():
        return {name: [p.detach().clone() for p in ps] for name, ps in module.parameters_of().items()}

    @contextmanager
    def watched(player, **kind):
        before = snapshot()
        with update(player, **kind) as terms:
            yield terms
        after = snapshot()
        moved = {
            name
            for name in before
            if any(not torch.equal(a, b) for a, b in zip(before[name], after[name], strict=True))
        }
        moves.append((player, moved))

    module.update = watched
    return moves


@pytest.mark.parametrize("name", VARIANTS)
def test_R1_X3_variant(name, tiny_run):
    steps, watched, words = 6, [], words_for(name)
    straight = tiny_run(
        *words,
        f"trainer.max_steps={steps}",
        folder="straight",
        wrap=lambda module: watched.append(watch_updates(module)),
    )
    (moves,) = watched
    assert straight.steps == straight.trainer.global_step == steps
    assert straight.images == 8 * steps
    assert {player for player, _ in moves} == set(straight.players()), "a player never moved"
    assert all(moved == {player} for player, moved in moves), "an update moved another player than its own"
    assert all(p.requires_grad for ps in straight.parameters_of().values() for p in ps)
    assert kind_of(name) == straight.data_kind, "the header of the YAML file says otherwise"

    falling = OmegaConf.select(compose(words).model, "schedules.every") is not None
    rates = [f"model.schedules.every.updates={steps}"] if falling else []  # those of the whole run
    tiny_run(*words, *rates, "trainer.max_steps=3", folder="halves")
    resumed = tiny_run(*words, f"trainer.max_steps={steps}", folder="halves", resume=True)
    folders = [Path(module.trainer.default_root_dir) for module in (straight, resumed)]
    assert differences(*map(training_state, folders)) == []  # read with weights_only=True, as everywhere

    data = straight.trainer.datamodule
    images = straight.sample(5, seed=3)
    assert images.shape == (5, *data.shape)
    assert images.isfinite().all()
    assert torch.equal(images, straight.sample(5, seed=3))
    assert not torch.equal(images, straight.sample(5, seed=4))
    assert not torch.equal(images[0], images[1])

    half = tiny_run(*words, "precision=bf16", "trainer.max_steps=1", folder="bf16")
    assert all(p.isfinite().all() for p in half.parameters())
    assert any(not torch.equal(p, q) for p, q in zip(half.parameters(), straight.parameters(), strict=True))
