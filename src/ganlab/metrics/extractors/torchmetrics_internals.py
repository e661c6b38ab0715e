"""The one place for names that torchmetrics keeps to itself; tests/test_internals.py says when one is gone."""

from torch import nn


def lpips_network(net: str) -> nn.Module:
    """LPIPS with its own weights and a backbone, ``net``, of random ones: nothing is downloaded."""
    from torchmetrics.functional.image.lpips import _NoTrainLpips

    return _NoTrainLpips(net=net, pnet_rand=True)
