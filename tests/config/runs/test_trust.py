"""X5, X6: a run directory from elsewhere cannot run what it likes, and reads nothing of this machine."""

import pytest
from omegaconf import OmegaConf

from ganlab.config import compose, own, save_config
from ganlab.config.compose.check import check
from ganlab.config.runs.record import saved_overrides
from ganlab.config.runs.resume import check_resumable
from ganlab.config.runs.trust import instantiate_saved, require_trusted, require_trusted_words, wants_of_word
from ganlab.errors import UserError
from ganlab.inference.data_of import data_of
from tests.support.payloads import EVIL, MARKER, MODULE, PAYLOADS, WORDS, refused, saved


@pytest.fixture
def one_command():
    """Folders of one's own are forgotten afterwards."""
    yield
    own.use([])


HARMLESS = [
    "model=wgan_gp",
    "model/loss=hinge",
    "metrics=[digits,glyphs]",
    "experiment=null",
    "~callbacks.health",
    "seed=3",
    "data.root='a/../b c'",
    "model.generator.width='${data.batch_size}'",
    "name='of-${seed}-${.group}'",
    "+model.generator.norm={_target_: torch.nn.BatchNorm2d, _partial_: true}",
    "model/loss@model.loss=hinge",
]


@pytest.mark.parametrize("payload", PAYLOADS, ids=lambda payload: str(payload["_target_"]))
def test_X5_a_payload_is_refused_before_it_runs(payload, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    model = {"_target_": "ganlab.models.images.gan.StandardGAN", "generator": payload}
    assert "would run" in refused(tmp_path / "run", model=model)
    hidden = {"_target_": "ganlab.models.images.gan.StandardGAN", "generator": "${other}"}
    assert "only plain values" in refused(tmp_path / "run", model=hidden, other=payload)
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


@pytest.mark.parametrize("part", ["absent", "text", "list", "nothing", "unknown key", "wrong type"])
def test_X5_a_part_that_is_no_network_is_a_sentence(part, tmp_path):
    relu = {"_target_": "torch.nn.LeakyReLU"}
    model = {
        "text": "dcgan",
        "list": [relu],
        "nothing": None,
        "unknown key": {**relu, "sloep": 1},
        "wrong type": {**relu, "negative_slope": "steep"},
    }
    parts = {"model": model[part]} if part in model else {}
    assert "model" in refused(tmp_path, **parts)


def test_X5_what_ganlab_writes_itself_is_taken(tmp_path):
    for name in ("dcgan", "r3gan", "infogan"):
        save_config(compose([f"model={name}"]), tmp_path, [])
        made = instantiate_saved(tmp_path, "model")
        assert sum(p.numel() for p in made.parameters()) > 0
        assert instantiate_saved(tmp_path, "data").batch_size > 0


def test_X5_own_code_and_trusted_packages_are_taken(tmp_path, monkeypatch, one_command):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "mylab_for_trust.py").write_text(
        "import os\nfrom functools import partial\nfrom torch import load\n\n"
        "def make():\n    return 7\n\nclass Lab:\n    @classmethod\n    def make(cls):\n        return 8\n\n"
        "shortcut = partial(os.mkdir)\n"
    )
    run = saved(tmp_path / "run", model={"_target_": "mylab_for_trust.make"})
    said = refused(run, model={"_target_": "mylab_for_trust.make"})
    assert "would run mylab_for_trust.make, which is neither ganlab's nor in a --config-dir" in said
    assert "add --config-dir DIR" in said
    assert "GANLAB_TRUST=mylab_for_trust" in said
    own.add([tmp_path / "mine"])
    assert instantiate_saved(run, "model") == 7
    assert instantiate_saved(saved(run, model={"_target_": "mylab_for_trust.Lab.make"}), "model") == 8
    for name in ("os.getcwd", "load", "shortcut", "make.__globals__.get", "Lab.__subclasses__", "nothing"):
        with pytest.raises(UserError, match="mylab_for_trust"):
            instantiate_saved(saved(run, model={"_target_": f"mylab_for_trust.{name}"}), "model")
    count = {"_target_": "operator.add", "_args_": [1, 2]}
    assert "GANLAB_TRUST=operator.add" in refused(run, model=count)
    for named in ("numpy,operator", " operator.add "):
        monkeypatch.setenv("GANLAB_TRUST", named)
        assert instantiate_saved(saved(run, model=count), "model") == 3
    for named in ("", ",", "oper", "operator.ad", "operator.add.x", "*"):
        monkeypatch.setenv("GANLAB_TRUST", named)
        refused(run, model=count)


@pytest.mark.parametrize("way", ["module", "package", "namespace", "dill"])
def test_T2_what_lies_on_the_path_is_not_own(way, tmp_path, monkeypatch, one_command):
    """The current folder, PYTHONPATH: not even imported. A folder of one's own does not vouch for its namesake."""
    monkeypatch.chdir(tmp_path)
    marker, name = tmp_path / MARKER, f"helper_{way}"
    places = {
        "module": f"{name}.py",
        "package": f"{name}/__init__.py",
        "namespace": f"{name}/deep/inner.py",
        "dill": f"{name}/session.py",
    }
    target = {"namespace": f"{name}.deep.inner.make", "dill": f"{name}.session.make"}.get(way, f"{name}.make")
    for folder in ("lib", "own"):
        (tmp_path / folder / places[way]).parent.mkdir(parents=True)
    (tmp_path / "lib" / places[way]).write_text(MODULE.format(marker=str(marker)))
    monkeypatch.syspath_prepend(tmp_path / "lib")
    own.add([tmp_path / "own"])
    run = tmp_path / "run"
    assert f"GANLAB_TRUST={name}" in refused(run, model={"_target_": target})
    with pytest.raises(UserError, match=f"would run {name}"):
        require_trusted_words([f"+callbacks.x._target_={target}"], run)
    assert not marker.exists()


def test_T2_an_installed_package_can_register_itself_and_a_folder_on_the_path_cannot(
    tmp_path, monkeypatch, one_command
):
    from ganlab.config.own import plugins

    for place, name in (("site", "registered_lab"), ("lib", "pretending_lab")):
        info = tmp_path / place / f"{name}-1.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
        (info / "entry_points.txt").write_text(f"[ganlab.plugins]\n{name} = {name}.gans\n")
        (tmp_path / place / f"{name}.py").write_text("def make():\n    return 7\n")
        monkeypatch.syspath_prepend(tmp_path / place)
    monkeypatch.setattr(
        "sysconfig.get_paths", lambda: dict.fromkeys(("purelib", "platlib"), str(tmp_path / "site"))
    )
    plugins.cache_clear()
    try:
        registered = saved(tmp_path / "run", model={"_target_": "registered_lab.make"})
        assert instantiate_saved(registered, "model") == 7
        refused(tmp_path / "run", model={"_target_": "pretending_lab.make"})
    finally:
        plugins.cache_clear()


@pytest.mark.parametrize("word", WORDS)
def test_T1_a_word_of_a_run_from_elsewhere_is_refused_before_anything_is_composed(
    word, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("ganlab.config.runs.trust.compose_all", None)
    with pytest.raises(UserError):
        require_trusted_words(["model=vanilla", word], tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("word", HARMLESS)
def test_T1_words_that_choose_and_set_are_taken(word):
    assert list(wants_of_word(word)) == []


def test_T1_what_is_composed_is_looked_at_as_well(tmp_path, monkeypatch, one_command):
    """Should a word hide something from those who read it; what one's own files name is one's own."""
    (tmp_path / "callbacks").mkdir()
    (tmp_path / "callbacks" / "mine.yaml").write_text(f"x: {EVIL}\n")
    own.add([tmp_path])
    require_trusted_words(["model=vanilla", "callbacks=mine"], tmp_path)
    monkeypatch.setattr("ganlab.config.runs.trust.wants_of_word", lambda word: iter(()))
    for word in (f"+callbacks.x={EVIL}", f"+hydra.callbacks.x={EVIL}"):
        with pytest.raises(UserError, match=r"would run os\.mkdir"):
            require_trusted_words(["model=vanilla", word], tmp_path)


def test_X6_the_environment_is_read_only_where_the_user_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("HUB_TOKEN", "secret")
    monkeypatch.setenv("HOME", "/home/me")
    for text in ("${oc.env:HUB_TOKEN}", "${oc.env:HUB_TOKEN,'***'}"):
        node = {"_target_": "torch.nn.Sequential", "_args_": [{"a": [text]}]}
        with pytest.raises(UserError, match=r"would read HUB_TOKEN .*set GANLAB_TRUST=HUB_TOKEN"):
            require_trusted(node, tmp_path)
    monkeypatch.setenv("GANLAB_TRUST", "HUB_TOKEN")
    require_trusted(node, tmp_path)
    for text in ("${oc.env:HOME}", "a ${oc.env:HUB_TOKEN}", "${oc.decode:x}", "${${a}:HOME}", "${b.c}", "${"):
        with pytest.raises(UserError, match=r"only plain values|would read HOME"):
            require_trusted([text], tmp_path)


def test_X5_a_run_directory_from_elsewhere_cannot_run_what_it_likes(tiny_run, tmp_path):
    """A whole run, its configuration changed: load refuses before anything happens."""
    import ganlab
    from tests.support.runs import tiny_config

    words = ["model=vanilla", "trainer.max_steps=1"]
    tiny_run(*words)
    save_config(tiny_config(*words), tmp_path / "run")
    assert ganlab.load(tmp_path / "run").steps == 1
    path = tmp_path / "run" / ".hydra" / "config.yaml"
    cfg = OmegaConf.load(path)
    cfg.model.prior = {"_target_": "os.mkdir", "path": str(tmp_path / MARKER)}
    OmegaConf.save(cfg, path)
    with pytest.raises(UserError, match=r"os\.mkdir"):
        ganlab.load(tmp_path / "run")
    assert not (tmp_path / MARKER).exists()


def test_X7_an_address_that_was_kept_secret_is_asked_for_again(tmp_path):
    """It holds a password; ``data.root=***`` is no folder that could be looked for."""
    words = ["data=shards", "data.root='https://me:password@host/birds'"]
    save_config(compose(words), tmp_path, words)
    assert "password" not in (tmp_path / ".hydra" / "config.yaml").read_text()
    with pytest.raises(
        UserError, match=r"keeps no data\.root, which is a secret: .* data=NAME data\.root=\.\.\."
    ):
        data_of(tmp_path)
    with pytest.raises(UserError, match=r"^data\.root was not written down, being a secret: give it again"):
        check(compose(saved_overrides(tmp_path)))
    resumed = compose([*saved_overrides(tmp_path), words[1]])
    check(resumed)
    check_resumable(tmp_path, resumed)
