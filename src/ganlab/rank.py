"""Which of a run's processes this one is, before there is a trainer to ask."""

from lightning.pytorch.utilities.rank_zero import rank_zero_only


def is_first_process() -> bool:
    """Whether this process writes, shows and logs what all of them know: one that is alone does."""
    return rank_zero_only.rank == 0  # type: ignore[attr-defined]  # Lightning sets it when it is imported
