"""The one place for names that Lightning keeps to itself; tests/test_internals.py says when one is gone."""

from lightning.fabric.utilities.distributed import _set_num_threads_if_needed
from lightning.pytorch import LightningModule
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
