"""Services outside this machine that the run asks for."""

import os
import socket
from collections.abc import Iterator
from netrc import NetrcParseError, netrc
from urllib.parse import urlsplit

from omegaconf import DictConfig

from ganlab.doctor.finding import Finding, good, warning

PATIENCE = 3.0  # seconds for a connection


def trackers(cfg: DictConfig) -> Iterator[Finding]:
    """W&B, where it is asked for: is there a key, and does its server answer?"""
    if "wandb" not in (cfg.logger or {}):
        return
    url = os.environ.get("WANDB_BASE_URL", "https://api.wandb.ai")
    host, port = urlsplit(url).hostname or url, urlsplit(url).port or 443
    if cfg.logger.wandb.get("mode") == "offline" or os.environ.get("WANDB_MODE") in ("offline", "dryrun"):
        yield good("W&B", "offline, as asked; upload later with wandb sync")
    elif not has_key(host):
        yield warning(
            "W&B", "no key is configured, so the run will be kept offline; wandb login changes that"
        )
    elif not answers(host, port):
        yield warning("W&B", f"{host} does not answer, so the run will be kept offline; check the network")
    else:
        yield good("W&B", f"a key is configured and {host} answers")


def has_key(host: str) -> bool:
    """In the environment, or in the netrc file where ``wandb login`` puts it."""
    if os.environ.get("WANDB_API_KEY"):
        return True
    try:
        return netrc(os.environ.get("NETRC")).authenticators(host) is not None
    except (OSError, NetrcParseError):
        return False


def answers(host: str, port: int) -> bool:
    """Whether a connection can be made."""
    try:
        socket.create_connection((host, port), timeout=PATIENCE).close()
    except OSError:
        return False
    return True
