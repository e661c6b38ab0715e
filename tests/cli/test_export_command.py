import hashlib

import pytest

import ganlab as package


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
        "to, share: SHA256SUMS, config.json, state.json, weights.safetensors",
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
        ([], "which run? Give run=DIRECTORY"),
        (["run=nowhere"], "nowhere does not exist"),
        (["run=https://example.org/run"], "does not exist"),
        (["run=nowhere", "checkpoint=first"], "checkpoint=first: expected one of last, best"),
        (["--all"], "ganlab export --all: no such flag"),
    ],
)
def test_X4_a_mistake_is_one_sentence(ganlab, words, said):
    answer = ganlab("export", *words)
    assert answer.code == 2
    assert said in answer.err
    assert answer.err.count("\n") == 1
