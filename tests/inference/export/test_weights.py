"""X4: a model as files to share, and what becomes of damaged or hostile ones."""

import json
import random
import shutil

import pytest
import torch

import ganlab
from ganlab.config import save_config
from ganlab.errors import StorageError, UserError
from ganlab.inference.export.formats import export
from ganlab.inference.export.read import CONFIG, STATE, SUMS, WEIGHTS, load_export, read_weights
from ganlab.storage import digest
from tests.support.runs import fit, in_child, tiny_config


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """The folder of a run, and what was exported from it."""
    run = tmp_path_factory.mktemp("run")
    cfg = tiny_config("model=vanilla", "trainer.max_steps=2", "data.image_size=8")
    cfg.model.generator.widths = cfg.model.discriminator.widths = [4]
    fit(cfg, run)
    save_config(cfg, run, [])
    return run, export(run).folder


@pytest.fixture
def folder(exported, tmp_path):
    """A copy that may be changed."""
    return shutil.copytree(exported[1], tmp_path / "copy")


def sign(folder) -> None:
    """Checksums are no signature: whoever changes a file can change them."""
    (folder / SUMS).write_text(
        "".join(f"{digest(folder / name)}  {name}\n" for name in (WEIGHTS, STATE, CONFIG))
    )


def test_X4_what_was_exported_makes_the_same_pictures(exported, folder):
    run, _ = exported
    own, shared = ganlab.load(run), ganlab.load(folder)
    assert torch.equal(own.sample(4, seed=1), shared.sample(4, seed=1))
    assert (shared.steps, shared.images) == (2, 16)
    assert json.loads((folder / CONFIG).read_text())["chosen"] == {"model": "vanilla", "data": "digits"}
    with pytest.raises(UserError, match=r"is there already; choose another output="):
        export(run)


def test_X4_every_exported_file_may_be_read_by_whom_the_umask_lets(exported):
    modes = {path.name: oct(path.stat().st_mode & 0o777) for path in exported[1].iterdir()}
    probe = exported[0] / "probe"
    probe.touch()
    assert set(modes.values()) == {oct(probe.stat().st_mode & 0o777)}, modes


@pytest.mark.parametrize("model", ["gan_cls", "progan"])
def test_X4_what_a_model_knows_beside_its_weights_goes_along(model, tmp_path):
    """The words of captions; how far a model has grown."""
    words = {
        "gan_cls": ["data=shapes", "data.images_per_caption=2"],
        "progan": ["data.image_size=16", "model.growth.stable_images=8", "model.growth.fade_images=8"],
    }
    cfg = tiny_config(f"model={model}", *words[model], "trainer.max_steps=4")
    fit(cfg, tmp_path)
    save_config(cfg, tmp_path, [])
    shared = load_export(export(tmp_path).folder)
    assert torch.equal(ganlab.load(tmp_path).sample(3, seed=1), shared.sample(3, seed=1))


@pytest.mark.parametrize("text", ["{}", "[]", "null", '{"steps": "x"}', "{"])
def test_X4_a_state_that_fits_nothing_is_a_sentence(folder, text):
    (folder / STATE).write_text(text)
    sign(folder)
    with pytest.raises(UserError, match=r"state\.json does not fit"):
        load_export(folder)


def test_X4_damaged_files_are_told(folder):
    path = folder / WEIGHTS
    whole = path.read_bytes()
    for damaged in (whole[:-1], whole + b"x", b"", whole[:99] + bytes([whole[99] ^ 1]) + whole[100:]):
        path.write_bytes(damaged)
        with pytest.raises(StorageError, match=r"weights\.safetensors is damaged or missing"):
            load_export(folder)
    path.write_bytes(whole)
    for text in ("", "a\n", "1 2 3\n"):
        (folder / SUMS).write_text(text)
        with pytest.raises(StorageError, match="does not match SHA256SUMS"):
            load_export(folder)


def change(content: bytearray, at: int, draw: random.Random) -> None:
    """One change of a file's bytes, most of them at ``at``."""
    match draw.choice(("flip", "set", "cut", "drop", "double", "length")):
        case "flip":
            content[at] ^= 1 << draw.randrange(8)
        case "set":
            content[at] = draw.randrange(256)
        case "cut":
            del content[max(at, 1) :]
        case "drop":
            del content[at : at + draw.randint(1, 20)]
        case "double":
            content[at:at] = content[at : at + draw.randint(1, 20)]
        case _:  # the length that the file says its header has
            content[:8] = draw.choice((0, 2**60, 2**63, len(content), 2)).to_bytes(8, "little")


def test_X4_200_changed_files_are_refused_or_read_but_never_crash(folder):
    """Bytes turned over, cut out, doubled, and headers that promise too much."""
    draw = random.Random(0)
    whole = (folder / WEIGHTS).read_bytes()

    def mutated() -> bytes:
        content = bytearray(whole)
        for _ in range(draw.randint(1, 4)):
            at = draw.randrange(len(content) if draw.random() < 0.3 else min(len(content), 900))
            change(content, at, draw)
            if len(content) < 2:
                break
        return bytes(content)

    def attempt():
        refused = 0
        for _ in range(200):
            (folder / WEIGHTS).write_bytes(mutated())
            try:
                sum(tensor.float().sum() for tensor in read_weights(folder / WEIGHTS).values())
            except StorageError:
                refused += 1
        assert 100 < refused < 200

    assert in_child(attempt) == 0


def test_X4_a_hostile_configuration_is_refused(folder):
    about = json.loads((folder / CONFIG).read_text())
    wider = {**about["model"]["generator"], "widths": [5]}
    for change, said in (
        ({"prior": {"_target_": "os.mkdir", "path": "marker"}}, "would run os.mkdir"),
        ({"generator": wider}, "does not fit config.json"),
        ({"seed": "${oc.env:HOME}"}, "would read HOME"),
    ):
        (folder / CONFIG).write_text(json.dumps({**about, "model": {**about["model"], **change}}))
        sign(folder)
        with pytest.raises(UserError, match=said):
            load_export(folder)
    for text in ("[]", "{", "{}"):
        (folder / CONFIG).write_text(text)
        sign(folder)
        with pytest.raises(UserError, match=r"config\.json|describes no model"):
            load_export(folder)
