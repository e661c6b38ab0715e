"""``python -m ganlab.training.worker RUN_DIR CONFIG_DIR...``: one of the further processes of a distributed run."""

import faulthandler
import os
import signal
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from typing import TextIO


def main() -> None:
    """Train as the run's saved configuration says; rank 0 tells the user of faults, here they are only written down."""
    run_dir = Path(sys.argv[1])
    from ganlab.training.processes import crash_file, watch_parent

    watch_parent()
    path = crash_file(run_dir, int(os.environ["LOCAL_RANK"]))
    path.parent.mkdir(exist_ok=True)
    with open(path, "w") as notes:
        if hasattr(signal, "SIGUSR2"):
            faulthandler.register(signal.SIGUSR2, notes, all_threads=True)
        code = run(run_dir, notes)
    if code == 0:
        path.unlink()
        with suppress(OSError):  # another process still has its file there
            path.parent.rmdir()
    sys.exit(code)


def run(run_dir: Path, notes: TextIO) -> int:
    """The exit code; what failed goes to ``notes``: a sentence, and for what is not a user's matter the traceback."""
    from ganlab.config.secrets import conceal
    from ganlab.errors import GanlabError, Interrupted

    try:
        from ganlab.config import own, saved_config
        from ganlab.config.runs.trust import require_checked
        from ganlab.training.run import train

        own.add(sys.argv[2:])
        require_checked(run_dir)
        train(saved_config(run_dir), run_dir)
    except Interrupted:  # all processes stop together, and rank 0 says so
        return 0
    except KeyboardInterrupt:  # before training, and rank 0 has heard it too
        return 130
    except GanlabError as error:
        notes.write(conceal(f"{error}\n"))
        return error.exit_code
    except Exception as error:
        notes.write(conceal(f"{type(error).__name__}: {error}\n\n{traceback.format_exc()}"))
        return 1
    return 0


if __name__ == "__main__":
    main()
