"""What can go wrong for a user, each with the exit code that the command line returns."""


class GanlabError(Exception):
    """A fault that is told to the user in one sentence, without a traceback."""

    exit_code = 1


class UserError(GanlabError):
    """Bad configuration or data, found before the first step; the sentence names value, expectation and remedy."""

    exit_code = 2


class DivergedError(GanlabError):
    """Training produced a loss or a weight that is not finite."""

    exit_code = 3


class StorageError(GanlabError):
    """A checkpoint could not be written or read, or there is no memory left."""

    exit_code = 4


class PeerError(GanlabError):
    """Another process of a distributed run failed or fell out of step."""

    exit_code = 5


class Interrupted(GanlabError):
    """Training was stopped by a signal after its state was saved: 130 for Ctrl-C, 75 for others."""

    exit_code = 130

    def __init__(self, message: str, exit_code: int = 130) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class ToldError(GanlabError):
    """A fault that another process has told the user already, with that process's exit code."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class PrunedError(GanlabError):
    """A search has given a run up: others did better after as much training."""

    exit_code = 0
