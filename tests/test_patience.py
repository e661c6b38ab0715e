"""The wait for a server, and what it was before."""

import socket

import pytest

from ganlab.patience import patience


def fail_within(seconds: float) -> None:
    with patience(seconds):
        assert socket.getdefaulttimeout() == seconds
        raise OSError("gone")


def test_patience_holds_inside_and_what_was_before_holds_again_after_a_fault_too():
    before = socket.getdefaulttimeout()
    with patience(7):
        with pytest.raises(OSError, match="gone"):
            fail_within(3)
        assert socket.getdefaulttimeout() == 7
    assert socket.getdefaulttimeout() == before
