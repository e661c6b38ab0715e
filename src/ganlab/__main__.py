"""``python -m ganlab``."""

import sys

if not sys.flags.safe_path and __name__ == "__main__":
    # the current folder, where anything may lie; --config-dir names a folder whose modules may run
    del sys.path[0]

from ganlab.cli import main

if __name__ == "__main__":
    sys.exit(main())
