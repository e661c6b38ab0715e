import hashlib

import pytest

import ganlab as package
from ganlab.config import save_config
from ganlab.errors import UserError
from tests.support.runs import fit, tiny_config


def test_X4_a_run_becomes_files_to_share(ganlab, tmp_path):
    assert (
        ganlab(
            "model=vanilla", "debug=tiny", "metrics=none", "callbacks.samples.n=4", "hydra.run.dir=run"
        ).code
        == 0
    )
    answer = ganlab("export", "run=run", "output=to, share")
    assert answer.code == 0, answer.err
    assert answer.out.splitlines() == [
        "to, share: README.md, SHA256SUMS, config.json, samples.png, state.json, weights.safetensors",
        "the card names no licence: licence=NAME says under which others may use the weights",
        "read it with: ganlab.load('to, share')",
    ]
    for line in (tmp_path / "to, share" / "SHA256SUMS").read_text().splitlines():
        digest, name = line.split()
        assert hashlib.sha256((tmp_path / "to, share" / name).read_bytes()).hexdigest() == digest
    assert package.load("to, share").sample(2, seed=0).shape[0] == 2
    again = ganlab("export", "run=run", "output=to, share")
    assert (again.code, "is there already" in again.err) == (2, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run=nowhere", "format=tflite"], "format=tflite: expected one of safetensors, onnx, torch"),
        ([], "which run? Give run=DIRECTORY"),
        (["run=nowhere"], "nowhere does not exist"),
        (["run=https://example.org/run"], "and https: is none; copy it here first"),
        (["run=nowhere", "checkpoint=first"], "checkpoint=first: expected one of last, best"),
        (["--all"], "ganlab export --all: no such flag"),
    ],
)
def test_X4_a_mistake_is_one_sentence(ganlab, words, said):
    answer = ganlab("export", *words)
    assert answer.code == 2
    assert said in answer.err
    assert answer.err.count("\n") == 1


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    from tests.support.runs import saved_run

    return saved_run(tmp_path_factory.mktemp("run") / "run")


@pytest.mark.parametrize(
    ("form", "file", "reader"),
    [("onnx", "generator.onnx", "onnxruntime"), ("torch", "generator.pt2", "torch.export.load")],
)
def test_a_run_becomes_a_graph_that_runs_without_ganlab(ganlab, run, form, file, reader):
    answer = ganlab("export", f"run={run}", f"format={form}", "licence=cc0-1.0")
    assert answer.code == 0, answer.err
    first, second, *rest = answer.out.splitlines()
    folder = run / f"export-{form}"
    assert first == f"{folder}: README.md, SHA256SUMS, {file}, samples.png"
    assert second.startswith(f"{file} checked against PyTorch with {reader}: at most ")
    assert rest == [f"use it without ganlab: {folder}/README.md says how"]
    probe = run / "probe"
    probe.touch()
    assert {path.stat().st_mode for path in folder.iterdir()} == {probe.stat().st_mode}
    card = (folder / "README.md").read_text()
    assert card.startswith("---\nlicense: cc0-1.0\nlibrary_name: ganlab\n")
    for part in (
        "# vanilla on digits",
        "8 images seen in 1 steps",
        f'"{file}"',
        "These weights have not been scored.",
    ):
        assert part in card


def test_a_missing_package_is_a_sentence_with_its_remedy(ganlab, run, monkeypatch):
    from ganlab.inference.export import onnx_files

    monkeypatch.setattr(onnx_files, "PACKAGES", ("torch", "no_such_package", "none_either"))
    answer = ganlab("export", f"run={run}", "format=onnx", "output=shared")
    assert answer.code == 2
    assert answer.err.strip().endswith(
        "format=onnx needs no_such_package and none_either: pip install 'ganlab[onnx]'"
    )
    assert not (run.parent / "shared").exists()


def test_an_export_can_be_exported_to_another_format(ganlab, run, tmp_path):
    assert ganlab("export", f"run={run}", "output=shared").code == 0
    answer = ganlab("export", "run=shared", "format=torch", "output=graph")
    assert answer.code == 0, answer.err
    assert (tmp_path / "graph" / "generator.pt2").is_file()


def test_an_export_is_scored_refined_and_compared_beside_data_that_is_named(ganlab, run, tmp_path):
    assert ganlab("export", f"run={run}", "output=shared").code == 0
    needs = (["evaluate"], ["sample", "refine=drs"], ["explore", "neighbours"], ["explore", "truncation"])
    for words in needs:
        answer = ganlab(*words, "run=shared")
        assert answer.code == 2
        assert answer.err == (
            "ganlab: shared is an export and knows no data: name some, as in data=digits, which it was trained on, "
            "with its settings (data.image_size=...)\n"
        )
    data = ["data=digits", "data.image_size=8"]
    answer = ganlab("evaluate", "run=shared", *data, "metrics=swd", "metrics.swd.n_fake=16")
    assert answer.code == 0, answer.err
    assert (tmp_path / "shared" / "evaluations.json").is_file()
    answer = ganlab("sample", "run=shared", *data, "refine=drs", "n=2")
    assert answer.code == 0, answer.err
    answer = ganlab("explore", "neighbours", "run=shared", *data, "metrics=none", "n=12", "k=1")
    assert answer.code == 0, answer.err
    answer = ganlab("evaluate", "run=shared", "data=digits", "metrics=swd")
    assert (answer.code, "set data.image_size" in answer.err) == (2, True)


def test_styles_are_mixed_by_a_run_and_by_its_export_alike(ganlab, tmp_path):
    cfg = tiny_config("model=stylegan3", "data.image_size=16", "trainer.max_steps=1")
    fit(cfg, tmp_path / "run")
    save_config(cfg, tmp_path / "run", [])
    assert ganlab("export", "run=run", "output=shared").code == 0
    for mix in ("2", "random"):
        answer = ganlab("sample", "run=run", f"mix={mix}", "n=2")
        assert answer.code == 0, answer.err
        [drawn] = (tmp_path / "run" / "generated").glob(f"last-seed0-mix{mix}/grid.png")
        assert ganlab("sample", "run=shared", f"mix={mix}", "n=2", f"output={mix}").code == 0
        assert (tmp_path / mix / "grid.png").read_bytes() == drawn.read_bytes()
    answer = ganlab("sample", "run=run", "mix=99")
    assert (answer.code, "mix=99: expected the layer from which on" in answer.err) == (2, True)
    answer = ganlab("sample", "run=run", "mix=2", "refine=mh")
    assert (answer.code, "mix=2: refine chooses among samples of all noise" in answer.err) == (2, True)


def test_a_folder_that_runs_without_ganlab_says_so(ganlab, run, tmp_path):
    assert ganlab("export", f"run={run}", "format=torch", "output=graph").code == 0
    sentence = "graph holds a model that runs without ganlab (generator.pt2): README.md there says how"
    for words in (["sample"], ["evaluate"], ["explore", "interpolate"], ["export"]):
        answer = ganlab(*words, "run=graph")
        assert (answer.code, sentence in answer.err) == (2, True), answer.err
    with pytest.raises(UserError, match=r"runs without ganlab \(generator\.pt2\)"):
        package.load("graph")


def test_an_export_that_does_not_say_what_it_was_is_exported_all_the_same(ganlab, run, tmp_path):
    import json

    assert ganlab("export", f"run={run}", "output=shared").code == 0
    about = json.loads((tmp_path / "shared" / "config.json").read_text())
    for chosen in (None, "x", {"model": "<b>|`"}):
        (tmp_path / "shared" / "config.json").write_text(json.dumps(about | {"chosen": chosen}))
        names = ("weights.safetensors", "state.json", "config.json")
        sums = {name: hashlib.sha256((tmp_path / "shared" / name).read_bytes()).hexdigest() for name in names}
        (tmp_path / "shared" / "SHA256SUMS").write_text("".join(f"{sums[name]}  {name}\n" for name in names))
        answer = ganlab("export", "run=shared", f"output=again{chosen is None}{chosen == 'x'}")
        assert answer.code == 0, answer.err
    assert "# &lt;b&gt;\\|' on unknown" in (tmp_path / "againFalseFalse" / "README.md").read_text()


@pytest.mark.parametrize(
    ("licence", "said"),
    [
        ("cc-by-4", "licence=cc-by-4: did you mean cc-by-4.0"),
        ("MIT", "licence=MIT: did you mean mit"),
        ("nonsense", "licence=nonsense: The Hub knows cc0-1.0, cc-by-4.0"),
    ],
)
@pytest.mark.parametrize("words", [["export"], ["push", "repo=ada/digits"]])
def test_a_licence_that_is_none_is_told_before_anything_is_written(ganlab, run, words, licence, said):
    before = sorted(run.rglob("*"))
    answer = ganlab(*words, f"run={run}", f"licence={licence}")
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith(f"ganlab: {said}")
    assert answer.err.strip().endswith("any other is licence=other")
    assert sorted(run.rglob("*")) == before
