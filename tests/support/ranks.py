"""Several ranks in one process."""

from threading import Barrier, Thread

import torch

from ganlab.metrics.ranks import Ranks


def together(world: int, work) -> list:
    """Run ``work(ranks)`` in one thread per rank, with a gather that waits for all."""
    answers, slots, barrier = [None] * world, [None] * world, Barrier(world)

    def gather_of(rank):
        def gather(value):
            slots[rank] = value
            barrier.wait()
            stacked = torch.stack(list(slots))
            barrier.wait()
            return stacked

        return gather

    def run(rank):
        answers[rank] = work(Ranks(rank, world, gather_of(rank)))

    threads = [Thread(target=run, args=(rank,)) for rank in range(world)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return answers


class Companion:
    """One of several threads, as :class:`~ganlab.inference.scoring.group.Group` is one of several processes."""

    def __init__(self, rank: int, world: int, slots: list, barrier: Barrier) -> None:
        self.rank, self.world, self.slots, self.barrier = rank, world, slots, barrier
        self.is_first = rank == 0

    def of_each(self, value):
        self.slots[self.rank] = value
        self.barrier.wait()
        found = list(self.slots)
        self.barrier.wait()
        return found

    def of_first(self, value):
        return self.of_each(value)[0]

    def to_first(self, value):
        found = self.of_each(value)
        return found if self.is_first else []


def company(world: int, work) -> list:
    """What ``work(group)`` gives, or raises, in one thread per rank."""
    slots, barrier, answers = [None] * world, Barrier(world, timeout=60), [None] * world

    def run(rank):
        try:
            answers[rank] = work(Companion(rank, world, slots, barrier))
        except Exception as error:
            answers[rank] = error

    threads = [Thread(target=run, args=(rank,)) for rank in range(world)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers
