import os
import signal
import threading

import pytest

from ganlab.errors import DivergedError, Interrupted, StorageError, UserError


def test_help_names_every_command_and_each_has_a_page(ganlab):
    from ganlab.cli import COMMANDS

    general = ganlab("--help")
    assert general.code == 0
    for command in COMMANDS:
        assert f"\n  {command} " in general.out
        page = ganlab(command, "-h")
        assert page.code == 0
        assert page.out.startswith("ganlab")
        assert page.out != general.out


def test_version_is_that_of_the_installed_package(ganlab):
    from importlib.metadata import version

    assert ganlab("--version").out == f"ganlab {version('ganlab')}\n"


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("trian", "did you mean ganlab train?"),
        ("smaple", "did you mean ganlab sample?"),
        ("lst", "did you mean ganlab list?"),
        ("wgan_gp", "did you mean model=wgan_gp?"),
        ("mnist", "did you mean data=mnist?"),
        ("xyzzy", "The commands are train, sample, "),
    ],
)
def test_C1_unknown_first_word_names_the_nearest(ganlab, word, expected):
    answer = ganlab(word)
    assert answer.code == 2
    assert expected in answer.err
    assert answer.err.count("\n") == 1


def test_C1_unknown_flag_names_the_nearest(ganlab):
    answer = ganlab("--multirn", "seed=1")
    assert answer.code == 2
    assert "--multirun" in answer.err


def test_C1_mistake_is_told_without_traceback_and_with_one_for_debug(ganlab, tmp_path):
    plain, debug = ganlab("trainer.max_step=5"), ganlab("--debug", "trainer.max_step=5")
    assert plain.code == debug.code == 2
    assert plain.err == "ganlab: trainer.max_step: no such key; did you mean trainer.max_steps?\n"
    assert "Traceback" in debug.err
    assert debug.err.endswith(plain.err)
    assert not list(tmp_path.iterdir())


def test_flags_and_options_come_in_any_order(ganlab):
    between = ganlab("model=wgan", "--cfg", "job", "seed=3")
    assert between.code == 0
    assert "seed: 3\n" in between.out
    assert between.out == ganlab("train", "--cfg", "job", "seed=3", "model=wgan").out


def test_of_a_sweep_the_first_run_s_configuration_is_shown_with_and_without_m(ganlab):
    for words in (["sweep=plane", "seed=7,8"], ["-m", "sweep=plane", "seed=7,8"]):
        answer = ganlab(*words, "--cfg", "job", "-p", "data._target_")
        assert (answer.code, answer.out) == (0, "ganlab.data.points.Grid\n")
        assert answer.err == "the first of 16 runs: experiment=grid model=plane_gan seed=7\n"
    answer = ganlab("search=random", "model.optimizers.generator.lr=interval(1e-5,1e-2)", "--cfg", "job")
    assert answer.code == 2
    assert answer.err.startswith(
        "ganlab: --cfg: a search chooses its values as it goes; leave search and sweep out"
    )


def test_scores_that_would_score_nothing_are_refused(ganlab):
    for word in ("metrics=digits", "metrics.digits.n_fake=100", "+metrics.more=1"):
        answer = ganlab("sample", "run=anywhere", word)
        assert answer.code == 2
        assert answer.err.startswith(
            f"ganlab: {word}: scores samples before and after refine= has chosen among them"
        )
    assert "anywhere" in ganlab("sample", "run=anywhere", "metrics=none").err


def test_wide_characters_take_two_columns_of_a_table():
    from ganlab.cli import listing
    from ganlab.report import cells

    rows = [
        ("run", "state", "steps"),
        ("outputs/数字", "finished", "640"),
        ("outputs/e\u0301t", "failed", "2"),
    ]
    assert listing.aligned(rows) == [
        "  run           state     steps",
        "  outputs/数字  finished  640",
        "  outputs/e\u0301t    failed    2",
    ]
    assert [cells.cut("数字ab", width) for width in (6, 5, 4, 1)] == ["数字ab", "数字…", "数…", "…"]


def test_train_gets_the_checked_configuration_and_a_directory(ganlab, trained, tmp_path):
    assert ganlab("train", "model=vanilla", "trainer.max_steps=1e2", "precision=32").code == 0
    [(cfg, run_dir)] = trained
    assert cfg.trainer.max_steps == 100
    assert isinstance(cfg.trainer.max_steps, int)
    assert cfg.trainer.precision == "32"
    assert cfg.name == "vanilla-digits-s0"
    assert run_dir.parent == tmp_path / "outputs" / "vanilla-digits"
    assert {path.name for path in (run_dir / ".hydra").iterdir()} == {
        "config.yaml",
        "hydra.yaml",
        "overrides.yaml",
    }


def test_C10_two_starts_in_the_same_second_have_two_directories(ganlab, trained):
    ganlab("model=vanilla")
    ganlab("model=vanilla")
    assert len({run_dir for _, run_dir in trained}) == 2


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (UserError("no"), 2),
        (DivergedError("no"), 3),
        (StorageError("no"), 4),
        (Interrupted("no", 75), 75),
        (RuntimeError("a bug"), 1),
    ],
    ids=lambda value: type(value).__name__,
)
def test_exit_codes_of_training(ganlab, monkeypatch, trained, tmp_path, fault, code):
    def fail(cfg, run_dir):
        raise fault

    monkeypatch.setattr("ganlab.training.run.train", fail)
    answer = ganlab("model=vanilla")
    assert answer.code == code
    if code == 1:
        assert "RuntimeError: a bug" in answer.err
    else:
        assert answer.err == "ganlab: no\n"
    if code == 2:
        assert not (tmp_path / "outputs").exists()


def test_ctrl_c_before_training_is_one_sentence_and_130(ganlab, monkeypatch, trained, tmp_path):
    def wait(cfg, run_dir):
        threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT)).start()
        threading.Event().wait(10)

    monkeypatch.setattr("ganlab.training.run.train", wait)
    answer = ganlab("model=vanilla")
    assert answer.code == 130
    assert answer.err == "ganlab: stopped before training began; nothing was saved\n"
    monkeypatch.setattr("ganlab.cli.zoo.run", lambda words: wait(None, None))
    for words in (["zoo"], ["--config-dir", str(tmp_path), "zoo"]):
        answer = ganlab(*words)
        assert answer.code == 130
        assert answer.err.startswith("ganlab: zoo was stopped before its end, and what ")


def test_a_failed_job_does_not_stop_the_others_of_a_sweep(ganlab, trained, tmp_path):
    answer = ganlab("-m", "model=vanilla", "seed=1,abc,2")
    assert answer.code == 2
    assert [cfg.seed for cfg, _ in trained] == [1, 2]
    assert "seed=abc: expected a whole number" in answer.err
    assert "1 of 3 runs failed" in answer.err
    assert "Traceback" not in answer.err
    [sweep] = (tmp_path / "outputs" / "sweeps").iterdir()
    names = sorted(path.name for path in sweep.iterdir() if path.is_dir())
    assert names == ["0_seed=1", "2_seed=2"]


def test_a_sweep_that_went_well_ends_with_0_and_an_interrupted_one_at_once(ganlab, monkeypatch, trained):
    assert ganlab("-m", "model=vanilla", "seed=1,2").code == 0
    started = []

    def stop(cfg, run_dir):
        started.append(cfg.seed)
        raise Interrupted("stopped", 130)

    monkeypatch.setattr("ganlab.training.run.train", stop)
    assert ganlab("-m", "model=vanilla", "seed=1,2").code == 130
    assert started == [1]


def test_a_sweep_kept_in_a_file_needs_no_flag(ganlab, trained):
    assert ganlab("sweep=variants", "model=vanilla,lsgan_mlp", "debug=tiny").code == 0
    assert [(cfg.name, cfg.trainer.max_steps) for cfg, _ in trained] == [
        (f"{model}-digits-s{seed}", 4) for model in ("vanilla", "lsgan_mlp") for seed in (1, 2)
    ]


def test_long_overrides_of_a_sweep_make_short_directory_names(ganlab, trained):
    word = "name=" + "x" * 300
    assert ganlab("-m", "model=vanilla", word, "data.root='/a/b',c", "data=folder").code == 0
    names = [run_dir.name for _, run_dir in trained]
    assert len(set(names)) == 2
    assert all(len(name) <= 80 for name in names)


def test_R5_resume_replays_the_overrides_and_new_ones_win(ganlab, trained):
    ganlab("model=vanilla", "seed=7", "trainer.max_steps=10")
    run_dir = trained[0][1]
    assert ganlab(f"resume={run_dir}", "trainer.max_steps=20").code == 0
    cfg, again = trained[1]
    assert again == run_dir
    assert (cfg.seed, cfg.trainer.max_steps, cfg.resume) == (7, 20, str(run_dir))
    assert ganlab(f"resume={run_dir}").code == 0
    assert trained[2][0].trainer.max_steps == 20


def test_R7_a_changed_setting_is_refused_with_both_values_unless_allowed(ganlab, trained, tmp_path):
    ganlab("model=vanilla")
    run_dir = trained[0][1].relative_to(tmp_path)
    changed = ("model.optimizers.generator.lr=5e-3",)
    refused = ganlab(f"resume={run_dir}", *changed)
    assert refused.code == 2
    assert (
        f"{run_dir} was started with other settings: model.optimizers.generator.lr: 0.002 -> 0.005"
        in refused.err
    )
    assert (run_dir / ".hydra").is_dir()
    assert ganlab(f"resume={run_dir}", *changed, "allow_change=[model.optimizers.generator.lr]").code == 0
    assert ganlab(f"resume={run_dir}").code == 0
    assert trained[-1][0].model.optimizers.generator.lr == 5e-3


def test_R5_auto_takes_the_newest_unfinished_run_with_this_configuration(ganlab, trained):
    ganlab("model=vanilla", "seed=1")
    ganlab("model=vanilla", "seed=2")
    ganlab("model=vanilla", "seed=2")
    same = ("model=vanilla", "seed=2", "resume=auto")
    assert ganlab(*same).code == 0
    assert trained[-1][1] == trained[2][1]
    assert trained[-1][0].resume is not None
    (trained[2][1] / "results.json").write_text('{"status": "finished"}')
    ganlab(*same)
    assert trained[-1][1] == trained[1][1]
    (trained[1][1] / "results.json").write_text('{"status": "finished"}')
    new = ganlab(*same)
    assert "starting a new run" in new.out
    assert "seed: 1 -> 2" in new.out
    assert trained[-1][1] not in {run_dir for _, run_dir in trained[:3]}
    assert trained[-1][0].resume is None


def test_R5_auto_in_a_directory_of_ones_own_refuses_another_configuration(ganlab, trained):
    place = "hydra.run.dir=mine"
    assert ganlab("model=vanilla", "resume=auto", place).code == 0
    assert trained[-1][0].resume is None
    assert ganlab("model=vanilla", "resume=auto", place).code == 0
    assert trained[-1][0].resume == "mine"
    refused = ganlab("model=vanilla", "seed=5", "resume=auto", place)
    assert refused.code == 2
    assert "seed: 0 -> 5" in refused.err


def test_R5_a_run_of_a_sweep_resumes_alone(ganlab, trained):
    ganlab("sweep=variants", "model=vanilla", "debug=tiny")
    _, run_dir = trained[1]
    assert ganlab(f"resume={run_dir}").code == 0
    assert len(trained) == 3
    assert trained[2][1] == run_dir
    assert trained[2][0].seed == 2


def test_resume_of_nothing_names_the_nearest_run_and_does_not_sweep(ganlab, trained):
    assert "there are no runs below outputs/ yet" in ganlab("resume=outputs/x").err
    ganlab("model=vanilla")
    run_dir = trained[0][1]
    answer = ganlab(f"resume=outputs/vanilla-digits/{run_dir.name}9")
    assert answer.code == 2
    assert f"did you mean outputs/vanilla-digits/{run_dir.name}?" in answer.err
    assert (
        f"the newest is outputs/vanilla-digits/{run_dir.name}" in ganlab("resume=outputs/vanilla-digits").err
    )
    assert ganlab("-m", f"resume={run_dir}").code == 2


def test_own_groups_are_found_and_listed_and_asked_for_again_by_resume(ganlab, trained, tmp_path):
    model = tmp_path / "mine" / "model" / "my_gan.yaml"
    model.parent.mkdir(parents=True)
    model.write_text("# Something new\nfacts: {kind: labelled}\ndefaults: [vanilla]\n")
    listed = ganlab("list", "models", "--config-dir", "mine")
    assert "my_gan" in listed.out
    assert "Something new" in listed.out
    assert ganlab("--config-dir", "mine", "model=my_gan").code == 0
    run_dir = trained[0][1]
    refused = ganlab(f"resume={run_dir}")
    assert refused.code == 2
    assert "model=my_gan: no such model (it was started with --config-dir mine); add it" in refused.err
    assert ganlab(f"resume={run_dir}", "--config-dir", "mine").code == 0
    answer = ganlab("-cd", "mine", "model=my_gan", "data=celeba")
    assert answer.code == 2
    assert "model=my_gan needs labelled data, and data=celeba gives images" in answer.err
    assert "digits" in answer.err


def test_list_has_a_line_for_every_model_and_data_set(ganlab):
    from ganlab.config import config_dir

    both, models = ganlab("list"), ganlab("list", "models")
    assert both.out.startswith(models.out)
    for group in ("model", "data"):
        for path in (config_dir() / group).glob("*.yaml"):
            assert f"\n  {path.stem} " in both.out
    assert "arXiv:1511.06434" in models.out
    assert ganlab("list", "modles").code == 2


def test_list_shows_what_fits_a_kind_of_data(ganlab):
    answer = ganlab("list", "kind=captions")
    assert {"gan_cls", "gan_int", "stackgan", "captions", "shapes"} <= set(answer.out.split())
    assert not {"dcgan", "digits"} & set(answer.out.split())
    assert "  digits " in ganlab("list", "data", "kind=images").out, (
        "with labels it serves a model of images too"
    )
    assert "  folder " in ganlab("list", "data", "kind=labelled").out, "with data.labels=true"
    assert ganlab("list", "recipes", "kind=paired").out.splitlines()[1].startswith("  pix2pix_facades  ")
    answer = ganlab("list", "kind=captoins")
    assert answer.code == 2
    assert "did you mean captions" in answer.err


def test_list_has_recipes_metrics_and_sweeps(ganlab):
    from ganlab.config import config_dir

    answer = ganlab("list", "recipes", "metrics", "sweeps")
    for group in ("experiment", "metrics", "sweep"):
        for path in (config_dir() / group).glob("*.yaml"):
            assert f"\n  {path.stem} " in answer.out


def test_a_list_is_as_wide_as_the_terminal(monkeypatch):
    from ganlab.cli import listing

    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "80")
    for table in listing.TABLES:
        shown = listing.aligned(listing.rows_of(table), wraps=True)
        assert max(map(len, shown)) <= 80
        words = {word for row in listing.rows_of(table) for cell in row[:-1] for word in cell.split()}
        assert words <= set(" ".join(shown).split()), "nothing is cut"


def test_sample_hands_its_options_on_and_says_where_the_pictures_are(ganlab, trained, monkeypatch, tmp_path):
    calls = []

    def write_samples(run_dir, **options):
        calls.append((str(run_dir), options))
        return "there"

    monkeypatch.setattr("ganlab.inference.sample.write_samples", write_samples)
    ganlab("model=vanilla", "hydra.run.dir='outputs/odd, = name'")
    which = ganlab("sample", "n=3")
    assert which.code == 2
    assert which.err.endswith("the newest is run=outputs/odd, = name\n")
    answer = ganlab("sample", "run=outputs/odd, = name", "n=3", "label=2", "checkpoint=best", "output=a=b")
    assert answer.code == 0
    assert answer.out == "3 pictures in there\n"
    [(run_dir, options)] = calls
    assert run_dir == "outputs/odd, = name"
    assert (options["n"], options["seed"], options["label"], options["checkpoint"]) == (3, 0, "2", "best")
    assert str(options["output"]) == "a=b"
    (tmp_path / "there.png").mkdir()  # a folder, whatever it is called
    monkeypatch.setattr("ganlab.inference.sample.write_samples", lambda *_, **__: "there.png")
    assert ganlab("sample", "run=outputs/odd, = name", "n=3").out == "3 pictures in there.png\n"
    (tmp_path / "sheet.png").touch()
    monkeypatch.setattr("ganlab.inference.sample.write_samples", lambda *_, **__: "sheet.png")
    assert ganlab("sample", "run=outputs/odd, = name", "n=3").out == "the captions of the data in sheet.png\n"


def test_sample_says_where_all_can_be_seen_at_once(tmp_path):
    from ganlab.cli.sample import drawn

    assert drawn(3, tmp_path) == f"3 pictures in {tmp_path}"
    (tmp_path / "grid.png").touch()
    assert drawn(3, tmp_path) == f"3 pictures in {tmp_path}, together in {tmp_path}/grid.png"
    (tmp_path / "points.csv").touch()
    assert drawn(3, tmp_path) == f"3 points in {tmp_path}/points.csv"


def test_the_run_may_be_the_first_word_and_the_latest(ganlab, trained, monkeypatch):
    calls = []
    monkeypatch.setattr(
        "ganlab.inference.sample.write_samples",
        lambda run_dir, **options: calls.append(str(run_dir)) or "there",
    )
    ganlab("model=vanilla", "hydra.run.dir=outputs/mine")
    for words in (["outputs/mine"], ["latest"], ["latest:vanilla"], ["run=latest"]):
        assert ganlab("sample", *words, "n=3").code == 0
    assert calls == ["outputs/mine"] * 4
    assert "no run below outputs/ is of that model" in ganlab("sample", "latest:dcgan").err
    assert "options are key=value" in ganlab("sample", "outputs/mine", "n").err
    assert "options are key=value, as in ganlab sample run=DIRECTORY" in ganlab("sample", "run", "x").err


@pytest.mark.parametrize("word", ["n=many", "n=0", "checkpoint=first", "nn=3", "tile=x"])
def test_C4_sample_checks_its_options(ganlab, trained, word):
    ganlab("model=vanilla", "hydra.run.dir=run")
    answer = ganlab("sample", "run=run", word)
    assert answer.code == 2
    assert word.partition("=")[0] in answer.err


def test_ctrl_c_that_leaves_at_once_says_how_to_go_on(ganlab, monkeypatch, trained, tmp_path):
    from ganlab.config import save_config

    def leave(run, run_dir):
        save_config(run.cfg, run_dir)
        (run_dir / "checkpoints").mkdir()
        (run_dir / "checkpoints" / "step-00000001.ckpt").touch()
        raise KeyboardInterrupt

    monkeypatch.setattr("ganlab.training.run.train", leave)
    answer = ganlab("model=vanilla", "hydra.run.dir=here")
    assert answer.code == 130
    assert answer.err == "ganlab: left at once; what was saved before: ganlab resume=here\n"
    assert (tmp_path / "here" / ".hydra").is_dir()


def test_S9_a_message_that_comes_after_an_unused_directory_is_gone_finds_no_closed_door(tmp_path, capfd):
    import logging

    from ganlab.cli.job import remove_if_unused

    run_dir = tmp_path / "run"
    run_dir.mkdir()
    handler = logging.FileHandler(run_dir / "ganlab.log", delay=True)
    logging.getLogger().addHandler(handler)
    try:
        remove_if_unused(run_dir)
        logging.getLogger("ganlab").warning("late")
        assert handler not in logging.getLogger().handlers
    finally:
        logging.getLogger().removeHandler(handler)
    assert not run_dir.exists()
    assert "Logging error" not in capfd.readouterr().err


def test_a_start_of_a_run_checks_its_configuration_once(ganlab, monkeypatch):
    from ganlab.config.runs import settled

    checked, check = [], settled.check
    monkeypatch.setattr(settled, "check", lambda cfg: (checked.append(cfg), check(cfg)))
    quick = ["model=mlp_gan", "data.image_size=8", "metrics=none", "trainer=cpu", "trainer.max_steps=1"]
    answer = ganlab(*quick, "callbacks.samples.n=4")
    assert answer.code == 0, answer.err
    assert len(checked) == 1
