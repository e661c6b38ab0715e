"""Parts of results.json."""


def score(
    best: float | None,
    last: float | None,
    *,
    better: str = "lower",
    floor: float | None = 4.9,
    baseline: float | None = None,
    **protocol,
):
    """One entry of ``scores`` in results.json."""
    return {
        "better": better,
        "floor": floor,
        "baseline": baseline,
        "last": {"value": last, "images": 4000, "steps": 60},
        "best": None if best is None else {"value": best, "images": 3000, "steps": 45},
        "protocol": {"extractor": "digits", "n_fake": 1000, **protocol},
    }
