"""The one place for names that Lightning keeps to itself; tests/test_internals.py says when one is gone."""

from collections.abc import Callable
from functools import partial
from typing import Any

from lightning.fabric.utilities.distributed import _set_num_threads_if_needed
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.core.hooks import DataHooks
from lightning.pytorch.loops.fetchers import _DataFetcher
from lightning.pytorch.loops.training_epoch_loop import _TrainingEpochLoop
from lightning.pytorch.plugins.environments import ClusterEnvironment
from lightning.pytorch.strategies import DDPStrategy
from lightning.pytorch.strategies.launchers import _SubprocessScriptLauncher


class ScriptLauncher(_SubprocessScriptLauncher):
    """Lightning's launcher of a process for each further device of this machine; they end up in ``procs``."""

    def start_this_command_again(self) -> None:
        self._call_children_scripts()

    def require_first_process(self) -> None:
        """Raises RuntimeError in a process that was itself started as one of several."""
        self._check_can_spawn_children()


class LaunchedDDP(DDPStrategy):
    """DDP whose processes are started by a launcher of one's own."""

    cluster_environment: ClusterEnvironment  # that the trainer has found

    def make_launcher(self) -> ScriptLauncher:
        """Called once, when the devices are known."""
        return ScriptLauncher(self.cluster_environment, self.num_processes, self.num_nodes)

    def _configure_launcher(self) -> None:
        self._launcher = self.make_launcher()


def share_threads(processes: int) -> None:
    """Divide this machine's cores among the processes, unless OMP_NUM_THREADS says how many threads each takes."""
    _set_num_threads_if_needed(num_processes=processes)


def has_trainer(module: LightningModule) -> bool:
    """``module.trainer`` raises RuntimeError where there is none."""
    return module._trainer is not None


class TrainingSteps(_TrainingEpochLoop):
    """Lightning's loop over batches with what a step of a game needs, and nothing else: half the time of a tiny one.

    A training step is counted once, however many optimizers step in it, and ``max_steps`` of them are taken. Of the
    hooks of callbacks and module only ``on_train_batch_start`` and ``on_train_batch_end`` are called here: there is no
    validation, no epoch and no result that Lightning collects. The module's ``take_step`` calls ``training_step``.
    """

    def on_run_start(self, data_fetcher: _DataFetcher) -> None:
        super().on_run_start(data_fetcher)
        self._first = _overridden(self.trainer, "on_train_batch_start")
        self._last = _overridden(self.trainer, "on_train_batch_end")
        self._bring = _transfer(self.trainer)

    @property
    def done(self) -> bool:
        return self.global_step >= self.max_steps or self.trainer.should_stop

    @property
    def global_step(self) -> int:
        return self.manual_optimization.optim_step_progress.total.completed

    def advance(self, data_fetcher: _DataFetcher) -> None:
        trainer, module, progress = self.trainer, self.trainer.lightning_module, self.batch_progress
        batch, _, _ = next(data_fetcher)
        batch_idx = self.batch_idx + 1
        progress.is_last_batch = data_fetcher.done
        batch = self._bring(batch)
        progress.increment_ready()
        for hook in self._first:
            hook(trainer, module, batch, batch_idx)
        module.on_train_batch_start(batch, batch_idx)
        progress.increment_started()
        outputs = module.take_step(trainer.strategy.training_step, batch, batch_idx)  # type: ignore[operator]  # GAN's
        self.manual_optimization.optim_step_progress.increment_ready()
        self.manual_optimization.optim_step_progress.increment_completed()
        progress.increment_processed()
        for hook in self._last:
            hook(trainer, module, outputs, batch, batch_idx)
        module.on_train_batch_end(outputs, batch, batch_idx)
        progress.increment_completed()

    def on_advance_end(self, data_fetcher: _DataFetcher) -> None:
        self._batches_that_stepped += 1  # checkpoints keep it


def step_by_step(trainer: Trainer) -> None:
    """Let the trainer train with :class:`TrainingSteps`."""
    trainer.fit_loop.epoch_loop = TrainingSteps(trainer, max_steps=trainer.max_steps)


def accumulation_of(trainer: Trainer) -> int:
    """In how many parts its steps go through the batch of a process; 1 for a trainer of Lightning's own."""
    return getattr(trainer, "accumulate", 1)


def counts_training_steps(trainer: Trainer) -> bool:
    """Whether its ``max_steps`` are training steps, as :func:`step_by_step` makes it."""
    return isinstance(trainer.fit_loop.epoch_loop, TrainingSteps)


def _transfer(trainer: Trainer) -> Callable[[Any], Any]:
    """How a batch gets to the device: straight by the data where nobody else has a say."""
    data, strategy = trainer.datamodule, trainer.strategy  # type: ignore[attr-defined]  # set by it
    says = [
        (trainer.lightning_module, name) for name in ("transfer_batch_to_device", "on_after_batch_transfer")
    ]
    says.append((data, "on_after_batch_transfer"))
    if data is None or any(getattr(type(one), name) is not getattr(DataHooks, name) for one, name in says):
        return partial(strategy.batch_to_device, dataloader_idx=0)
    return partial(data.transfer_batch_to_device, device=strategy.root_device, dataloader_idx=0)


def _overridden(trainer: Trainer, name: str) -> list[Callable[..., Any]]:
    """The hooks of this name that do anything."""
    hooks = [getattr(callback, name) for callback in trainer.callbacks]  # type: ignore[attr-defined]  # set by it
    return [hook for hook in hooks if getattr(hook, "__func__", hook) is not getattr(Callback, name)]
