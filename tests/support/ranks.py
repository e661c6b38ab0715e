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
