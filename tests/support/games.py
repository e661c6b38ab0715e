"""A step of an image-to-image model, seen from within."""

import torch
from torch.nn import functional as F

from tests.support.runs import fit


def step(cfg, tmp_path, steps: int = 1, spy=None):
    """Train for so many steps; the module, the terms of its updates, and every network's inputs in the last step."""
    terms, calls = [], {}

    def wrap(module):
        update, training_step = module.update, module.training_step

        class Watched:
            def __init__(self, *players, **kind):
                self.inner = update(*players, **kind)

            def __enter__(self):
                self.terms = self.inner.__enter__()
                terms.append(self.terms)
                return self.terms

            def __exit__(self, *error):
                return self.inner.__exit__(*error)

        def watched_step(batch, batch_idx):
            terms.clear()
            for inputs in calls.values():
                inputs.clear()
            return training_step(batch, batch_idx)

        module.update, module.training_step = Watched, watched_step
        for name, network in module.named_children():
            calls[name] = []
            network.register_forward_pre_hook(
                lambda _, args, name=name: calls[name].append(detached(args[0]))
            )
        if spy:
            spy(module)

    cfg.trainer.max_steps = steps
    module = fit(cfg, tmp_path, wrap=wrap)
    values = [{key: value.item() for key, value in update.items()} for update in terms]
    return module, values, {name: list(inputs) for name, inputs in calls.items()}


def detached(seen):
    """An image; the maps of several layers stay what they are."""
    return seen.detach() if isinstance(seen, torch.Tensor) else seen


def still(cfg):
    """Learning rates of 0: what a step computed can be computed again afterwards."""
    for optimizer in cfg.model.optimizers.values():
        optimizer.lr = 0.0
    return cfg


def bce(score, label: float):
    return F.binary_cross_entropy_with_logits(score, torch.full_like(score, label)).item()
