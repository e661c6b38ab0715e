"""The one place for names that torchmetrics keeps to itself; tests/test_internals.py says when one is gone."""

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from torchmetrics.functional.image.lpips import _NoTrainLpips

Net = Literal["alex", "vgg", "squeeze"]


def lpips_network(net: Net) -> "_NoTrainLpips":
    """LPIPS with its own weights and a backbone, ``net``, of random ones: nothing is downloaded."""
    from torchmetrics.functional.image.lpips import _NoTrainLpips

    return _NoTrainLpips(net=net, pnet_rand=True)
