"""``ganlab evaluate``: the scores of a trained model."""

from collections.abc import Mapping
from pathlib import Path

from ganlab.cli.arguments import named_run, options_of_run, quote_paths
from ganlab.cli.given import given
from ganlab.config import own
from ganlab.config.compose.build import instantiate
from ganlab.config.compose.check import check
from ganlab.config.compose.compose import compose
from ganlab.config.compose.overrides import key_of
from ganlab.config.compose.schema import Evaluate
from ganlab.config.runs.record import saved_choices, saved_overrides
from ganlab.config.runs.trust import require_trusted_words
from ganlab.errors import UserError
from ganlab.score_record import Score


def run(words: list[str]) -> int:
    """Compose conf/evaluate.yaml with ``words``, on top of the run's own ``metrics``, and print the scores."""
    words = quote_paths(options_of_run("evaluate", words), ("run",))
    run_dir = named_run(words, or_export=True)
    words, data, metrics = given(words, run_dir)
    chosen = [] if data else inherited(words, run_dir)
    if chosen:
        require_trusted_words(chosen, run_dir, "evaluate")
    cfg = compose([*chosen, *words], "evaluate", config_dirs=own.folders())
    cfg.metrics = cfg.metrics if data is None else metrics
    check(cfg, Evaluate)
    if not cfg.metrics:
        raise UserError(f"{run_dir} was trained without metrics: choose some, for instance metrics=digits")
    metrics = instantiate(cfg.metrics)  # first: it names missing weights at once
    from ganlab.inference.evaluate import evaluate

    entry = evaluate(
        run_dir,
        metrics,
        checkpoint=cfg.checkpoint,
        seeds=cfg.seeds,
        device=cfg.device,
        refine=cfg.refine,
        chain=cfg.chain,
        refine_steps=cfg.refine_steps,
        standing_statistics=cfg.standing_statistics,
        data=data,
    )
    print(f"{run_dir}, {entry['checkpoint']} checkpoint, after {entry['images']:,} images")
    if "refined" in entry:
        print(f"  {entry['refined']}")
    print("\n".join(table({name: Score.from_json(score) for name, score in entry["scores"].items()})))
    print(f"written to {run_dir / 'evaluations.json'}")
    return 0


def inherited(words: list[str], run_dir: Path) -> list[str]:
    """The choice of metrics that the run was trained with, and its settings, unless ``words`` choose anew."""
    if any(key_of(word) == "metrics" for word in words):
        return []
    choice = saved_choices(run_dir).get("metrics", "auto")
    settings = [word for word in saved_overrides(run_dir) if key_of(word).startswith("metrics.")]
    return [f"metrics={choice}", *settings]


def table(scores: Mapping[str, Score]) -> list[str]:
    """Each score, with its spread over seeds, beside its baseline and held-out real images; and what it depends on."""
    lines, protocols = [], {}
    width = max(map(len, scores), default=0)
    for name, score in scores.items():
        value = "-" if score.value is None else f"{score.value:.4g}"
        spread = "" if score.spread is None else f" ± {score.spread:.2g}"
        known = "".join(f"   {what} {number:.4g}" for what, number in score.beside().items())
        lines.append(f"  {name:<{width}}  {value + spread:<16} {score.better} is better{known}")
        protocols[score.protocol["measured"]] = score.protocol
    for measured, p in protocols.items():
        source = f"from {p['sampled_from']}" if "sampled_from" in p else "translated examples"
        lines.append(f"  {p['seeds']} x {p['n_fake']:,} {source}; {measured}")
    return lines
