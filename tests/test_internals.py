"""What the adapters take from within the libraries is still there and does the same; a failure says what to do.

Nothing of ganlab is imported above: where a name is gone, the sentence comes before the traceback of an import.
"""

import importlib
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from unittest.mock import patch

import pytest
import torch
from torch import nn

CANARIES: dict[str, Callable[[], None]] = {}


@contextmanager
def watched(library: str, adapter: str, use: str) -> Iterator[None]:
    """Whatever goes wrong within is a change of the library."""
    try:
        yield
    except Exception as fault:
        what = f"{type(fault).__name__}: {fault}".splitlines()[0]
        pytest.fail(
            f"{library} {version(library)} no longer has, or has changed, what src/ganlab/{adapter} takes for {use} "
            f"({what}): adapt that file alone, or bound {library} below this version in pyproject.toml",
            pytrace=False,
        )


def canary(library: str, adapter: str, use: str) -> Callable[[Callable[[], None]], Callable[[], None]]:
    def decorate(body: Callable[[], None]) -> Callable[[], None]:
        def run() -> None:
            with watched(library, adapter, use):
                body()

        CANARIES[body.__name__] = run
        return run

    return decorate


@canary(
    "wandb-workspaces", "report/workspaces_internals.py", "what a workspace looks like without an account"
)
def workspaces_as_json():
    from wandb_workspaces.workspaces import Workspace

    from ganlab.report.workspaces_internals import as_json

    assert as_json(Workspace(entity="", project="mine", name="two runs"))["displayName"] == "two runs"


@canary("hydra-core", "config/hydra_internals.py", "the flags of the command line")
def hydra_flags():
    from ganlab.config.hydra_internals import flag_parser, flags_of

    parser = flag_parser()
    assert {"--multirun", "-m", "--cfg", "--config-name", "--info"} <= set(flags_of(parser))
    options, unknown = parser.parse_known_intermixed_args(["a=1", "-m", "b=2", "--no-such-flag"])
    assert options.multirun is True
    assert options.overrides == ["a=1", "b=2"]
    assert unknown == ["--no-such-flag"]


@canary("hydra-core", "config/hydra_internals.py", "the runs of a sweep")
def hydra_combinations():
    from hydra.core.override_parser.overrides_parser import OverridesParser

    from ganlab.config.hydra_internals import combinations

    parsed = OverridesParser.create().parse_overrides(["a=1,2", "b=x"])
    assert [list(words) for words in combinations(parsed)] == [["a=1", "b=x"], ["a=2", "b=x"]]


@canary("hydra-core", "config/hydra_internals.py", "taking secrets out of a word")
def hydra_words():
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.core.override_parser.types import ChoiceSweep, QuotedString

    from ganlab.config.hydra_internals import parsed_value, with_values

    override = OverridesParser.create().parse_override("+a.b='x y',2")
    value = parsed_value(override)
    assert isinstance(value, ChoiceSweep)
    assert isinstance(value.list[0], QuotedString)
    assert value.list[0].text == "x y"
    assert with_values(override, value.list) == "+a.b='x y',2"


@canary("hydra-core", "config/hydra_internals.py", "telling Hydra's own launcher and sweeper from others")
def hydra_plugins():
    from ganlab.config.compose.hydra_compose import compose_all
    from ganlab.config.hydra_internals import is_own_plugin

    job = compose_all([]).hydra
    assert is_own_plugin(job.launcher._target_)
    assert is_own_plugin(job.sweeper._target_)
    for part in (job.launcher, job.sweeper):
        module, _, name = part._target_.rpartition(".")
        assert getattr(importlib.import_module(module), name).__module__ == module


@canary("lightning", "lightning_internals.py", "starting the processes of a run")
def lightning_launcher():
    from lightning.pytorch.plugins.environments import LightningEnvironment

    from ganlab.lightning_internals import ScriptLauncher

    with patch.dict(os.environ), patch.object(subprocess, "Popen") as popen:
        launcher = ScriptLauncher(LightningEnvironment(), num_processes=3, num_nodes=1)
        launcher.require_first_process()
        launcher.start_this_command_again()
        ranks = [call.kwargs["env"]["LOCAL_RANK"] for call in popen.call_args_list]
        assert (ranks, len(launcher.procs)) == (["1", "2"], 2)
        os.environ["LOCAL_RANK"] = "1"
        with pytest.raises(RuntimeError):
            ScriptLauncher(LightningEnvironment(), num_processes=3, num_nodes=1).require_first_process()


@canary("lightning", "lightning_internals.py", "putting a launcher of one's own into DDP")
def lightning_ddp():
    from lightning.pytorch import Trainer

    from ganlab.lightning_internals import LaunchedDDP, ScriptLauncher

    class Mine(ScriptLauncher):
        pass

    class Strategy(LaunchedDDP):
        def make_launcher(self):
            return Mine(self.cluster_environment, self.num_processes, self.num_nodes)

    strategy = Strategy()
    Trainer(accelerator="cpu", devices=2, strategy=strategy, logger=False, enable_checkpointing=False)
    assert isinstance(strategy.launcher, Mine)
    assert strategy.launcher.num_processes == 2


@canary("lightning", "lightning_internals.py", "a loop of training steps of one's own")
def lightning_steps():
    from lightning.pytorch import Callback, LightningModule, Trainer
    from lightning.pytorch.plugins.io import TorchCheckpointIO
    from torch.utils.data import DataLoader

    from ganlab.lightning_internals import counts_training_steps, step_by_step

    class Module(LightningModule):
        automatic_optimization = False

        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.zeros(()))

        def configure_optimizers(self):
            self.own = [torch.optim.SGD([self.weight], 1.0) for _ in range(2)]
            return self.own

        def training_step(self, batch, batch_idx):
            for optimizer in self.own:
                optimizer.step()
            return {"seen": batch["x"]}

        def take_step(self, step, batch, batch_idx):
            return step(batch, batch_idx)

    class Watch(Callback):
        def __init__(self):
            self.steps, self.saved = [], None

        def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
            self.steps.append((trainer.global_step, batch_idx, int(outputs["seen"])))
            if trainer.global_step == 2:
                self.saved = trainer._checkpoint_connector.dump_checkpoint()

    def fitted(max_steps, path=None):
        watch = Watch()
        quiet = dict.fromkeys(("logger", "enable_checkpointing", "enable_progress_bar"), False)
        trainer = Trainer(
            max_steps=max_steps, max_epochs=-1, accelerator="cpu", enable_model_summary=False,
            callbacks=[watch], **quiet,
        )  # fmt: skip
        assert not counts_training_steps(trainer)
        step_by_step(trainer)
        assert counts_training_steps(trainer)
        batches = DataLoader([{"x": i} for i in range(9)], batch_size=1)
        trainer.fit(Module(), batches, ckpt_path=path, weights_only=True)
        return watch

    first = fitted(3)
    assert first.steps == [(1, 0, 0), (2, 1, 1), (3, 2, 2)]
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/two.ckpt"
        TorchCheckpointIO().save_checkpoint(first.saved, path)
        assert [counts for *counts, _ in fitted(4, path).steps] == [[3, 2], [4, 3]]


@canary("lightning", "lightning_internals.py", "dividing the cores among processes")
def lightning_threads():
    from ganlab.lightning_internals import share_threads

    with patch.dict(os.environ), patch.object(torch, "set_num_threads") as set_threads:
        os.environ.pop("OMP_NUM_THREADS", None)
        share_threads(1_000_000)
        set_threads.assert_called_once_with(1)
        share_threads(1)  # OMP_NUM_THREADS is there by now
        set_threads.assert_called_once()


@canary("lightning", "lightning_internals.py", "knowing whether a module has a trainer")
def lightning_trainer():
    from lightning.pytorch import LightningModule

    from ganlab.lightning_internals import has_trainer

    module = LightningModule()
    assert not has_trainer(module)
    module.trainer = object()
    assert has_trainer(module)


@canary("torch", "torch_internals.py", "batch normalization, whose forward trainer.sync_batchnorm exchanges")
def torch_batch_norm():
    from ganlab.torch_internals import BatchNorm, require_dimensions

    for kind in (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d):
        assert issubclass(kind, BatchNorm)
        assert kind.forward is BatchNorm.forward
    assert not isinstance(nn.InstanceNorm2d(3), BatchNorm)
    require_dimensions(nn.BatchNorm2d(3), torch.zeros(2, 3, 4, 4))
    with pytest.raises(ValueError, match="4D"):
        require_dimensions(nn.BatchNorm2d(3), torch.zeros(2, 3))


@canary("torch", "torch_internals.py", "counting the memory that tensors would take")
def torch_dispatch():
    from ganlab.torch_internals import TorchDispatchMode, tree_leaves

    assert tree_leaves({"a": [1, (2, None)], "b": 3}) == [1, 2, None, 3]

    class Counter(TorchDispatchMode):
        called = ()

        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            self.called = (*self.called, func)
            return func(*args, **kwargs or {})

    with Counter() as counter:
        torch.empty(2, 3)
    assert counter.called == (torch.ops.aten.empty.memory_format,)


@canary("torch", "torch_internals.py", "updating an average of weights in one call")
def torch_lists():
    from ganlab.torch_internals import copy_all_, lerp_all_

    tensors = [torch.zeros(2), torch.ones(1)]
    lerp_all_(tensors, [torch.ones(2), torch.full((1,), 3.0)], 0.25)
    assert [tensor.tolist() for tensor in tensors] == [[0.25, 0.25], [1.5]]
    copy_all_(tensors, [torch.full((2,), 7.0), torch.zeros(1)])
    assert [tensor.tolist() for tensor in tensors] == [[7, 7], [0]]


@canary("torch", "torch_internals.py", "stepping a fused Adam without what PyTorch looks up each time")
def torch_steps():
    from ganlab.torch_internals import step_of

    for kind, options in (
        (torch.optim.Adam, {}),
        (torch.optim.AdamW, {"weight_decay": 0.1, "maximize": True}),
    ):
        ours, theirs = (
            [nn.Parameter(torch.linspace(-1, 1, 5)), nn.Parameter(torch.ones(2))] for _ in range(2)
        )
        sides = [kind(side, lr=0.1, betas=(0.5, 0.9), fused=True, **options) for side in (ours, theirs)]
        step = patch.object(kind, "step", autospec=True, side_effect=kind.step)
        with step as taken:
            for n in range(4):
                for side, optimizer, move in zip((ours, theirs), sides, (step_of, kind.step), strict=True):
                    side[0].grad = torch.arange(5.0) - n
                    side[1].grad = None if n == 2 else torch.ones(2)  # as of a layer that is not in use yet
                    move(optimizer)
        assert taken.call_count == 4 + 1, "the first alone is PyTorch's own"
        assert all(torch.equal(a, b) for a, b in zip(ours, theirs, strict=True))
        moments = [
            [value for p in o.param_groups[0]["params"] for value in o.state[p].values()] for o in sides
        ]
        assert all(torch.equal(a, b) for a, b in zip(*moments, strict=True))


@canary("torch", "torch_internals.py", "hearing of the steps of a fused Adam")
def torch_watched_steps():
    from torch.optim.optimizer import register_optimizer_step_pre_hook

    from ganlab.torch_internals import step_of

    weight = nn.Parameter(torch.ones(2))
    optimizer = torch.optim.Adam([weight], lr=0.1, fused=True)
    weight.grad, seen = torch.ones(2), []
    step_of(optimizer)
    handle = optimizer.register_step_post_hook(lambda *_: seen.append("own"))
    everywhere = register_optimizer_step_pre_hook(lambda *_: seen.append("all"))
    step_of(optimizer)
    handle.remove()
    everywhere.remove()
    torch.optim.lr_scheduler.StepLR(optimizer, step_size=1)  # warns unless it sees a step
    step_of(optimizer)
    assert seen == ["all", "own"]
    assert optimizer._opt_called


@canary("torch", "torch_internals.py", "the norm of many gradients")
def torch_norms():
    from ganlab.torch_internals import norm_of_all

    assert norm_of_all([torch.tensor([3.0, 0.0]), torch.tensor([[4.0]])]) == pytest.approx(5)
    assert norm_of_all([]) == 0
    for bad in (float("nan"), float("inf")):
        assert not torch.tensor(norm_of_all([torch.ones(2), torch.tensor([0.0, bad])])).isfinite()


@canary("torch", "torch_internals.py", "noticing that a module moves to another device or type")
def torch_moves():
    from ganlab.torch_internals import Movable

    class Noted(Movable):
        moves = 0

        def moved(self):
            self.moves += 1

    inner = Noted()
    whole = nn.Sequential(inner)
    whole.to(torch.float64)
    whole.cpu()
    assert inner.moves == 2


@canary("torchmetrics", "metrics/extractors/torchmetrics_internals.py", "LPIPS without a download")
def torchmetrics_lpips():
    from ganlab.metrics.extractors.torchmetrics_internals import lpips_network

    with patch("torch.hub.load_state_dict_from_url", side_effect=AssertionError("it downloads")):
        network = lpips_network("squeeze")
    parts = {name.split(".")[0].rstrip("0123456789") for name in network.net.state_dict()}
    assert parts <= {"slice", "slices"}
    assert network(torch.zeros(2, 3, 64, 64), torch.ones(2, 3, 64, 64)).numel() == 2


@pytest.mark.parametrize("name", CANARIES)
def test_a_library_still_has_what_an_adapter_takes(name):
    CANARIES[name]()


GONE = {  # what to take away, or to change, so that the canary speaks
    "hydra_flags": "ganlab.config.hydra_internals.get_args_parser",
    "hydra_combinations": "ganlab.config.hydra_internals.BasicSweeper.split_arguments",
    "hydra_words": "hydra.core.override_parser.types.Override._get_value_element_as_str",
    "hydra_plugins": "hydra._internal.core_plugins.basic_launcher.BasicLauncher",
    "lightning_launcher": "ganlab.lightning_internals.ScriptLauncher._check_can_spawn_children",
    "lightning_ddp": "ganlab.lightning_internals.LaunchedDDP._configure_launcher",
    "lightning_steps": "lightning.pytorch.loops.progress._Progress.increment_ready",
    "lightning_threads": "ganlab.lightning_internals._set_num_threads_if_needed",
    "lightning_trainer": "lightning.pytorch.LightningModule.trainer",
    "torch_batch_norm": "torch.nn.BatchNorm2d.forward",
    "torch_dispatch": "ganlab.torch_internals.TorchDispatchMode",
    "torch_lists": "torch._foreach_lerp_",
    "torch_norms": "torch._foreach_norm",
    "torch_steps": "torch._fused_adam_",
    "torch_watched_steps": "torch.optim.Optimizer.register_step_post_hook",
    "torch_moves": "torch.nn.Module._apply",
    "workspaces_as_json": "wandb_workspaces.workspaces.Workspace._to_model",
    "torchmetrics_lpips": "torchmetrics.functional.image.lpips._NoTrainLpips",
}


@pytest.mark.parametrize("name", CANARIES)
def test_a_canary_that_finds_another_thing_says_what_to_do(name):
    sentence = (
        r"no longer has, or has changed, what src/ganlab/\S+_internals.py takes for .*adapt that file alone"
    )
    with patch(GONE[name], new=None), pytest.raises(pytest.fail.Exception, match=sentence):
        CANARIES[name]()
