"""Threads that read many files at once, and worker processes that outlive the signals of their group."""

import os
import signal
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Thread

from PIL import Image
from tqdm import tqdm

from ganlab.rank import is_first_process


def in_threads(work: Callable[[int], None], n: int, title: str) -> None:
    """Call ``work`` with 0 to n - 1 under a progress bar; Pillow decodes outside Python's lock."""
    Image.init()  # loads all formats now: threads that do it at the same time get in each other's way
    chunks = [range(start, min(start + 32, n)) for start in range(0, n, 32)]

    def run(chunk: range) -> int:
        for index in chunk:
            work(index)
        return len(chunk)

    hidden = None if is_first_process() else True  # None: shown in a terminal only
    with ThreadPoolExecutor(min(16, os.cpu_count() or 1)) as pool:
        try:
            with tqdm(total=n, desc=title, unit="image", leave=False, disable=hidden) as bar:
                for done in pool.map(run, chunks):
                    bar.update(done)
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def outlive_signals(worker: int) -> None:
    """Ctrl-C, SIGTERM and SIGHUP reach the whole process group: training, not its workers, decides when to end."""
    for name in ("SIGINT", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    if sys.platform == "linux":  # elsewhere nobody tells who sent a signal
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
        Thread(target=_end_when_the_parent_says_so, daemon=True).start()


def _end_when_the_parent_says_so() -> None:
    while signal.sigwaitinfo({signal.SIGTERM}).si_pid != os.getppid():
        pass
    os._exit(0)
