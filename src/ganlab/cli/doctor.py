"""``ganlab doctor``: what stands in the way of a run, before it begins."""

from pathlib import Path

from ganlab.cli.arguments import refuse_flags
from ganlab.config import own
from ganlab.config.runs.start import compose


def run(words: list[str]) -> int:
    """Print a line for everything looked at; 2 if something would stop the run."""
    refuse_flags("doctor", words)
    cfg = compose(words, config_dirs=own.folders())
    print(f"{cfg.chosen.model} on {cfg.chosen.data}", flush=True)
    from ganlab.doctor import examine
    from ganlab.training.run import quiet

    quiet()
    findings = []
    for finding in examine(cfg, Path("outputs")):
        findings.append(finding)
        print(finding.line(), flush=True)
    faults = sum(finding.level == "fault" for finding in findings)
    warnings = sum(finding.level == "warning" for finding in findings)
    if faults:
        print(f"\n{faults} of these would stop the run; see above for what to do")
        return 2
    print("\nready" + (f", with {warnings} warning{'s' * (warnings > 1)}" if warnings else ""))
    return 0
