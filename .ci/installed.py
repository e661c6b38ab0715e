"""What a user installs: sdist and wheel are built, the wheel goes into a clean environment, and is used elsewhere.

python .ci/installed.py [FOLDER]      needs uv; FOLDER keeps the two files, default dist
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
UV = [sys.executable, "-m", "uv"]
COMMANDS = (
    ["--version"],
    ["--help"],
    ["list"],
    ["trainer.max_steps=2", "data.image_size=8", "data.batch_size=4", "metrics.digits.n_fake=100"],
    ["sample", "latest", "n=4"],
)


def do(words: list[str], folder: Path) -> None:
    print("+", *words, flush=True)
    subprocess.run(words, cwd=folder, env=os.environ | {"PYTHONUTF8": "1"}, check=True)


def main(dist: Path) -> None:
    do([*UV, "build", "--out-dir", str(dist)], ROOT)  # the sdist, and the wheel from it
    (wheel,) = dist.glob("ganlab-*.whl")
    with tempfile.TemporaryDirectory() as place:
        environment, elsewhere = Path(place, "environment"), Path(place, "elsewhere")
        elsewhere.mkdir()
        do([*UV, "venv", "--python", sys.executable, str(environment)], elsewhere)
        programs = environment / ("Scripts" if os.name == "nt" else "bin")
        do([*UV, "pip", "install", "--python", str(programs / "python"), str(wheel)], elsewhere)
        for words in COMMANDS:
            do([str(programs / "ganlab"), *words], elsewhere)
        assert next(elsewhere.glob("outputs/*/*/generated/*/grid.png")).stat().st_size > 0


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "dist").resolve())
