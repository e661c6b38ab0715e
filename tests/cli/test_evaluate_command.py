"""``ganlab evaluate`` takes over how a run was scored: its choice of metrics, and its settings."""

from pathlib import Path

from omegaconf import OmegaConf

from tests.support.payloads import MARKER, saved


def test_X5_X6_scores_are_not_computed_by_what_a_foreign_run_was_started_with(ganlab, tmp_path):
    run_dir = saved(tmp_path / "run", model={})
    words = {
        "+metrics.mine={_target_: os.mkdir, path: marker}": "would run os.mkdir",
        "+metrics.mine._target_=ganlab.data.store.files.os.mkdir": "would run ganlab.data.store.files.os.mkdir",
        "metrics.digits.n_fake='${oc.env:HOME}'": "would read HOME from the environment",
    }
    for word, said in words.items():
        OmegaConf.save(OmegaConf.create([word]), run_dir / ".hydra" / "overrides.yaml")
        runtime = {"hydra": {"runtime": {"choices": {"metrics": "digits"}}}}
        OmegaConf.save(OmegaConf.create(runtime), run_dir / ".hydra" / "hydra.yaml")
        answer = ganlab("evaluate", f"run={run_dir}")
        assert answer.code == 2, answer.err
        assert said in answer.err
    assert not Path(MARKER).exists()
