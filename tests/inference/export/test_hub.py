"""Models on the Hub of Hugging Face, played by a server on this machine."""

import json
import os
import sys

import pytest

from ganlab.cli import main
from ganlab.inference.export.formats import export
from ganlab.inference.export.push import licence_of
from ganlab.inference.export.read import CONFIG, SUMS
from ganlab.storage import digest
from tests.support.hub_server import Hub
from tests.support.runs import in_child, saved_run


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = saved_run(tmp_path_factory.mktemp("run") / "run")
    (folder / "report.html").write_text("<p>the report")
    return folder


@pytest.fixture
def hub():
    with Hub() as server:
        yield server


@pytest.fixture
def ganlab(hub, tmp_path, monkeypatch, capfd):
    """Run ``ganlab WORDS`` in a process whose Hub is the server; gives the exit code and what it printed."""
    monkeypatch.chdir(tmp_path)

    def answer(*words, **environment):
        def work():
            for name in [name for name in sys.modules if name.startswith("huggingface_hub")]:
                del sys.modules[name]  # it reads its settings as it is imported
            own = {"HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path / "cache"), "HF_TOKEN": "hf_secret"}
            os.environ.update(own | environment)
            code = main(list(words))
            sys.stdout.flush()
            os._exit(code)

        capfd.readouterr()
        return in_child(work), *capfd.readouterr()

    return answer


def test_a_run_is_pushed_and_read_again_at_its_address(ganlab, hub, run, tmp_path):
    code, out, err = ganlab("push", f"run={run}", "repo=ada/digits", "licence=cc0-1.0", "private=true")
    assert code == 0, err
    files = {"README.md", SUMS, CONFIG, "state.json", "weights.safetensors", "samples.png", "report.html"}
    assert hub.repos["ada/digits"].keys() == files
    commit = hub.commit("ada/digits")
    assert out.splitlines() == [
        f"hf://ada/digits@{commit}",
        f"{hub.url}/ada/digits",
        "read it with: ganlab.load('hf://ada/digits')",
    ]
    card = hub.repos["ada/digits"]["README.md"].decode()
    assert "license: cc0-1.0" in card
    assert "ganlab.load('hf://ada/digits')" in card
    for words, environment in (
        (["run=hf://ada/digits"], {}),
        (["hf://ada/digits", "seed=1"], {"HF_HUB_OFFLINE": "1"}),
        ([f"hf://ada/digits@{commit}", "seed=2"], {"HF_HUB_OFFLINE": "1"}),
    ):
        asked = len(hub.calls)
        code, out, err = ganlab("sample", *words, "n=2", **environment)
        assert code == 0, err
        where = f"outputs/hub/ada--digits/{commit[:12]}"
        first, second = out.splitlines()
        assert first == f"hf://ada/digits@{commit}, in {where}"
        assert second.startswith(f"2 pictures in {where}/generated/")
        assert (len(hub.calls) > asked) == (not environment)
    read = {path.name for path in (tmp_path / where).iterdir() if path.is_file()}
    assert read == files - {"README.md", "samples.png", "report.html"}


def test_an_export_is_pushed_as_it_is(ganlab, hub, run, tmp_path):
    folder = export(run, output=tmp_path / "shared", form="torch", licence="cc0-1.0").folder
    (folder / "notes.txt").write_text("my own")
    code, _, err = ganlab("push", "run=shared", "repo=ada/graph")
    assert code == 0, err
    assert hub.repos["ada/graph"].keys() == {"generator.pt2", "README.md", SUMS, "samples.png"}
    code, _, err = ganlab("sample", "hf://ada/graph")
    assert code == 2
    assert err.endswith("ganlab: hf://ada/graph holds no weights that `ganlab export` has written\n")
    assert licence_of(folder / "README.md") == "cc0-1.0"


def test_a_hostile_configuration_from_the_hub_is_refused(ganlab, hub, run, tmp_path):
    folder = export(run, output=tmp_path / "shared").folder
    about = json.loads((folder / CONFIG).read_text())
    about["model"]["prior"] = {"_target_": "os.mkdir", "path": str(tmp_path / "marker")}
    (folder / CONFIG).write_text(json.dumps(about))
    names = [path.name for path in folder.iterdir() if path.name != SUMS]
    (folder / SUMS).write_text("".join(f"{digest(folder / name)}  {name}\n" for name in names))
    hub.repos["eve/model"] = {path.name: path.read_bytes() for path in folder.iterdir()}
    code, _, err = ganlab("sample", "run=hf://eve/model")
    assert (code, "would run os.mkdir" in err) == (2, True), err
    assert not (tmp_path / "marker").exists()


@pytest.mark.parametrize(
    ("words", "environment", "said"),
    [
        (["push", "repo=ada", "licence=mit"], {}, "repo=ada: expected user/name"),
        (["push", "repo=ada/x"], {}, "licence= is missing"),
        (
            ["push", "repo=ada/x", "licence=mit"],
            {"HF_TOKEN": ""},
            "does not let you; log in with `hf auth login`",
        ),
        (["sample", "run=hf://ada"], {}, "run=hf://ada: expected hf://user/name"),
        (["sample", "run=hf://ada/none"], {}, "there is no such repository at http://127.0.0.1:"),
        (["sample", "run=hf://ada/none"], {"HF_HUB_OFFLINE": "1"}, "HF_HUB_OFFLINE is set, and the cache in"),
        (["sample", "run=hf://ada/empty@v2"], {}, "the repository has no such revision"),
        (["sample", "run=hf://ada/empty"], {}, "holds no weights that `ganlab export` has written"),
    ],
)
def test_a_mistake_is_one_sentence(ganlab, hub, run, words, environment, said):
    hub.repos["ada/empty"] = {"README.md": b"nothing"}
    words = [*words, f"run={run}"] if words[0] == "push" else words
    code, _, err = ganlab(*words, **environment)
    assert code in (2, 4)
    assert said in err.splitlines()[-1]
