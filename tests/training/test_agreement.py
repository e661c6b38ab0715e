"""Two processes decide alike: when to stop, what to save, what is the best; and each keeps what is its own."""

import json
import os
import signal
import time
from pathlib import Path

import pytest
import torch

from ganlab.errors import PeerError, StorageError
from ganlab.training.checkpoints import AtomicCheckpointIO
from tests.support.processes import as_rank, free_port
from tests.support.runs import differences, fit, forked, tiny_config, training_state
from tests.support.variants import translator

SMALL = ["model=mlp_gan", "data.image_size=8", "trainer=ddp_cpu", "callbacks.samples=null"]
SIGNALS = {  # seconds after which each process hears SIGTERM in its third step; None: never
    "both": (0.0, 0.0),
    "one a little later": (0.0, 0.3),
    "only the first": (0.0, None),
    "only the second": (None, 0.0),
}
WISHES = {"7 and 4": (7, 4), "only the second": (None, 5), "only the first": (8, None), "both": (6, 6)}
AGREE = 3


def stop_by_signal(folder: Path, rank: int) -> None:
    for name, delays in SIGNALS.items():
        delay = delays[rank]

        def hear(module, delay=delay):
            if delay is not None:
                time.sleep(delay)
                os.kill(os.getpid(), signal.SIGTERM)

        at_step(folder / name, rank, 3, hear)


def stop_by_wish(folder: Path, rank: int) -> None:
    for name, steps in WISHES.items():
        at_step(folder / name, rank, steps[rank], lambda module: setattr(module.trainer, "should_stop", True))


def at_step(folder: Path, rank: int, wanted: int | None, act) -> None:
    """A run of two processes in which this one calls ``act(module)`` in step ``wanted``; notes how it ended."""

    def wrap(module):
        step = module.training_step

        def training_step(batch, batch_idx):
            if module.steps == wanted:
                act(module)
            return step(batch, batch_idx)

        module.training_step = training_step

    cfg = tiny_config(*SMALL, "trainer.max_steps=15", f"callbacks.preemption.agree_steps={AGREE}")
    module = fit(cfg, folder, wrap=wrap)
    note(folder, rank, steps=module.steps, stopped_by=module.trainer.stopped_by)


def follow_a_number_of_ones_own(folder: Path, rank: int) -> None:
    """The speed is another in each process; as a monitor it would have them save in different steps."""
    monitor = ["callbacks.checkpoints.monitor=progress/images_per_second", "callbacks.checkpoints.mode=max"]
    cfg = tiny_config(*SMALL, *monitor, "callbacks.log.every_steps=1", "trainer.max_steps=8")
    module = fit(cfg, folder)
    (mine,) = [c for c in module.trainer.callbacks if type(c).__name__ == "Checkpoints"]
    note(folder, rank, published=module.published, best=[mine.best_steps, mine.best_value])


def keep_pools(folder: Path, rank: int) -> None:
    """CycleGAN, which remembers earlier fakes: four steps at once, and two and two."""
    whole, half = (
        translator("cyclegan", "trainer=ddp_cpu", f"trainer.max_steps={steps}", batch_size=2)
        for steps in (4, 2)
    )
    straight = fit(whole, folder / "straight")
    fit(half, folder / "halves")
    resumed = fit(whole, folder / "halves", resume=True)
    for name, module in (("straight", straight), ("halves", resumed)):
        torch.save(module.replay_a.stored, folder / name / f"pool-{rank}.pt")


def go_around_the_averaging(folder: Path, rank: int) -> None:
    """A backward pass that Lightning does not know of: each process steps by its own gradient."""

    def wrap(module):
        module.manual_backward = lambda loss: loss.backward()

    cfg = tiny_config(*SMALL, "callbacks.health.consistency_steps=4", "trainer.max_steps=8")
    try:
        fit(cfg, folder, wrap=wrap)
    except PeerError as error:
        note(folder, rank, said=str(error), code=error.exit_code)


def save_on_a_full_disk(folder: Path, rank: int) -> None:
    """The process that writes finds no room in step 2, and in the last one."""
    save = AtomicCheckpointIO.save_checkpoint

    def save_checkpoint(self, checkpoint, path, storage_options=None):
        if checkpoint["ganlab"]["steps"] in (2, 6):
            raise StorageError("no room")
        save(self, checkpoint, path, storage_options)

    AtomicCheckpointIO.save_checkpoint = save_checkpoint
    cfg = tiny_config(*SMALL, "callbacks.checkpoints.every_images=32", "trainer.max_steps=6")
    try:
        fit(cfg, folder)
    except StorageError as error:
        note(folder, rank, said=str(error))
    AtomicCheckpointIO.save_checkpoint = save


def note(folder: Path, rank: int, **values) -> None:
    (folder / f"rank-{rank}.json").write_text(json.dumps(values))


def notes(folder: Path) -> list[dict]:
    return [json.loads((folder / f"rank-{rank}.json").read_text()) for rank in range(2)]


ALL = (
    stop_by_signal,
    stop_by_wish,
    follow_a_number_of_ones_own,
    keep_pools,
    save_on_a_full_disk,
    go_around_the_averaging,
)


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> Path:
    """All cases, one after the other, by one pair of processes."""
    folder, port = tmp_path_factory.mktemp("two"), free_port()

    def of(rank: int):
        def work() -> None:
            as_rank(rank, port)
            for case in ALL:
                case(folder / case.__name__, rank)

        return work

    assert forked(of(0), of(1)) == [0, 0]
    return folder


@pytest.mark.parametrize("name", SIGNALS)
def test_S8_both_processes_stop_in_the_same_step_saved(name, runs):
    folder = runs / "stop_by_signal" / name
    ended = {"steps": AGREE, "stopped_by": signal.SIGTERM}
    if name == "one a little later":  # the first has asked before the second has heard
        assert [one["steps"] for one in notes(folder)] in ([AGREE] * 2, [2 * AGREE] * 2)
    else:
        assert notes(folder) == [ended, ended]
    assert training_state(folder)["ganlab"]["steps"] == notes(folder)[0]["steps"]


@pytest.mark.parametrize("name", WISHES)
def test_P8_a_wish_of_either_process_to_stop_is_granted_to_both(name, runs):
    folder = runs / "stop_by_wish" / name
    first = min(step for step in WISHES[name] if step)
    expected = {"steps": -(-first // AGREE) * AGREE, "stopped_by": None}
    assert notes(folder) == [expected, expected]
    assert training_state(folder)["ganlab"]["steps"] == expected["steps"]


def test_P7_what_is_published_and_what_is_the_best_are_the_same_on_both(runs):
    one, two = notes(runs / "follow_a_number_of_ones_own")
    assert one["published"]["progress/images_per_second"] > 0
    assert one == two
    files = {path.name for path in (runs / "follow_a_number_of_ones_own" / "checkpoints").iterdir()}
    assert f"step-{one['best'][0]:08d}.ckpt" in files


def test_P5_each_process_has_its_own_pool_back(runs):
    folders = [runs / "keep_pools" / name for name in ("straight", "halves")]
    straight, halves = map(training_state, folders)
    assert differences(straight, halves) == []
    first, second = (state["replay_a"]["stored"] for state in straight["ganlab"]["per_process"])
    assert not torch.equal(first, second)
    for rank, pool in enumerate((first, second)):
        for folder in folders:
            assert torch.equal(torch.load(folder / f"pool-{rank}.pt", weights_only=True), pool)


def test_S3_both_processes_hear_of_a_full_disk(runs):
    """Training went on after step 2, and ended for both when the last file could not be written."""
    folder = runs / "save_on_a_full_disk"
    assert [one["said"].partition(";")[0] for one in notes(folder)] == ["no room", "no room"]
    assert training_state(folder)["ganlab"]["steps"] == 4


def test_P2_gradients_that_were_not_averaged_are_noticed_by_both(runs):
    for one in notes(runs / "go_around_the_averaging"):
        assert "weights differ at step 4: gradients were not averaged" in one["said"]
        assert one["code"] == 5
