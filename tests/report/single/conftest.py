"""A run directory written by hand, as training leaves one."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

PROTOCOL = {"measured": "rulers", "n_fake": 1000, "seed": 0}
METRICS = """\
step,images,seconds,val/fid,val/diversity,discriminator/loss,generator/loss,game/real_wins,progress/evaluation_seconds
0,0,1.0,200.0,0.1,,,,0.5
10,640,4.0,20.0,0.7,1.2,0.8,0.75,1.0
20,1280,8.0,8.0,nan,1.1,0.9,0.5,1.5
"""
LOG = """\
2026-01-01 10:00:00,000 INFO step 1: nothing to see
2026-01-01 10:00:01,000 WARNING step 20: the samples are alike
2026-01-01 10:00:02,000 WARNING step 20: the samples are alike
"""


def score(start: float, best: float, last: float, better: str = "lower", floor: float | None = 0.5) -> dict:
    points = {"start": (start, 0), "best": (best, 640), "last": (last, 1280)}
    return {
        "better": better,
        "floor": floor,
        "baseline": None,
        "protocol": PROTOCOL,
        **{name: {"value": v, "images": images, "steps": None} for name, (v, images) in points.items()},
    }


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Path]:
    """Writes the directory ``run``, where ``results`` adds to what results.json says."""

    def make(name: str = "my run", metrics: str = METRICS, pictures: int = 3, **results) -> Path:
        run = tmp_path / "run"
        for folder in (".hydra", "samples", "checkpoints"):
            (run / folder).mkdir(parents=True)
        config = {
            "name": name,
            "seed": 3,
            "chosen": {"model": "dcgan", "data": "digits"},
            "kinds": {"model": "images", "data": "labelled"},
            "trainer": {"max_steps": 20, "accelerator": "cpu"},
            "model": {},
            "data": {},
        }
        (run / ".hydra" / "config.yaml").write_text(json.dumps(config))  # JSON is YAML
        (run / ".hydra" / "overrides.yaml").write_text(json.dumps(["seed=3", "trainer.max_steps=20"]))
        base = {
            "name": name,
            "model": "dcgan",
            "data": "digits",
            "seed": 3,
            "status": "finished",
            "error": None,
        }
        base |= {"steps": 20, "images": 1280, "seconds": 8.0, "parameters": 1_730_000, "last": {}}
        base["scores"] = {"fid": score(200.0, 8.0, 9.0), "diversity": score(0.1, 0.7, 0.6, "higher", 1.0)}
        (run / "results.json").write_text(json.dumps(base | results))
        (run / "metrics.csv").write_text(metrics)
        (run / "ganlab.log").write_text(LOG)
        for number in range(pictures):
            Image.new("RGB", (40, 20), (number, 0, 0)).save(run / "samples" / f"{number * 640:010d}.png")
        return run

    return make
