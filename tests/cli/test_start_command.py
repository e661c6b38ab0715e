"""``ganlab start=RUN``, from the command line to what is trained."""

from omegaconf import OmegaConf

from ganlab.config import save_config
from ganlab.config.runs.record import saved_overrides


def test_a_run_starts_from_another_with_its_model_on_other_data(ganlab, trained, tmp_path):
    words = ["model=lsgan", "model.generator.width=8", "seed=3"]
    save_config(OmegaConf.create({"chosen": {"model": "lsgan"}}), tmp_path / "outputs" / "a" / "b", words)
    answer = ganlab("start=latest", "data=glyphs", "freeze=1")
    assert answer.code == 0
    assert "lsgan on glyphs in outputs/lsgan-glyphs/" in answer.out
    [(cfg, run_dir)] = trained
    assert (cfg.chosen.model, cfg.model.generator.width, cfg.seed, cfg.freeze) == ("lsgan", 8, 0, 1)
    assert str(cfg.start) == "outputs/a/b"
    assert "start='outputs/a/b'" in saved_overrides(run_dir)  # latest is another one by now
    assert "model=lsgan" in saved_overrides(run_dir)


def test_a_sweep_sets_a_start_beside_none(ganlab, trained, tmp_path):
    save_config(
        OmegaConf.create({"chosen": {"model": "vanilla"}}),
        tmp_path / "outputs" / "a" / "b",
        ["model=vanilla"],
    )
    assert ganlab("-m", "start=null,outputs/a/b", "seed=1,2").code == 0
    assert [(cfg.start and str(cfg.start), cfg.seed) for cfg, _ in trained] == [
        (None, 1),
        (None, 2),
        ("outputs/a/b", 1),
        ("outputs/a/b", 2),
    ]
    assert {cfg.chosen.model for cfg, _ in trained} == {"vanilla"}


def test_a_mistake_is_one_sentence_before_any_work(ganlab, trained, tmp_path):
    for words, sentence in {
        ("start=nowhere",): "nowhere does not exist",
        ("freeze=2",): "name that run with start=RUN",
        ("start=latest",): "there are no runs below outputs/ yet",
        ("start=latest", "resume=auto"): "name the run to start from by its directory",
    }.items():
        answer = ganlab(*words)
        assert (answer.code, answer.err.count("\n")) == (2, 1)
        assert sentence in answer.err
    assert trained == []
    assert not list(tmp_path.rglob("config.yaml"))
