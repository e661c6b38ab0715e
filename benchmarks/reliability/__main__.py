"""The figures of reliability.md: promises about faults, tried many times.

    python -m benchmarks.reliability [resume files ends many refusals cost]

About a quarter of an hour on two cores. Each case runs in a process of its own, forked from this one.
"""

import argparse
import importlib
import time
import warnings
from pathlib import Path

import torch

from benchmarks import pages
from ganlab.training.run import quiet

PAGE = Path(__file__).parents[1] / "reliability.md"
PARTS = {
    "resume": "Killed and started again",
    "files": "Checkpoints",
    "ends": "Asked to leave, and lost",
    "many": "Eight processes",
    "refusals": "Mistakes, and what is not trusted",
    "cost": "What it costs",
}
HEAD = "| tried | found | promised | kept |\n|---|---|---|---|"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], help="which sections; all unless given")
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    quiet()
    for part in parser.parse_args().parts or PARTS:
        began = time.monotonic()
        print(PARTS[part], flush=True)
        lines = []
        for figure in importlib.import_module(f"benchmarks.reliability.{part}").measure():
            lines.append(figure.line())
            print(lines[-1], flush=True)
        print(f"  {time.monotonic() - began:.0f} s\n", flush=True)
        pages.write(PAGE, part, "\n".join([f"## {PARTS[part]}", "", HEAD, *lines]))


if __name__ == "__main__":
    main()
