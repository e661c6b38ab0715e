"""Inception features equal torch-fidelity's own, and only the published weights bear the bare name.

The weights are random, in torch-fidelity's format: the published ones are a download.
"""

import hashlib
import os
import pickle
import socket
import sys
from pathlib import Path

import pytest
import torch
from PIL import Image
from torch_fidelity import feature_extractor_inceptionv3 as fidelity
from torch_fidelity.datasets import ImagesPathDataset
from torchmetrics.image.fid import NoTrainInceptionV3

from ganlab.config import compose, instantiate
from ganlab.errors import UserError
from ganlab.metrics.extractors import inception
from ganlab.metrics.extractors.inception import FILE, LAYERS, OFFICIAL, URL, InceptionFeatures
from tests.support.inception import NAMES, random_inception, write_torchscript


@pytest.fixture(scope="module")
def random_weights(tmp_path_factory) -> Path:
    """A file as torch-fidelity's, of 91 MB."""
    path = tmp_path_factory.mktemp("weights") / "random.pth"
    torch.save(random_inception().state_dict(), path)
    return path


@pytest.fixture(scope="module")
def extractor(random_weights) -> InceptionFeatures:
    extractor = InceptionFeatures(weights=random_weights)
    extractor.prepare()
    return extractor


@pytest.fixture(scope="module")
def digest(random_weights) -> str:
    return hashlib.sha256(random_weights.read_bytes()).hexdigest()


@pytest.fixture
def hub(tmp_path, monkeypatch) -> Path:
    """Where torch.hub keeps its files: a folder that does not exist yet, on a machine without a network."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))

    def no_network(*args, **kwargs):
        raise AssertionError("the network was used")

    monkeypatch.setattr(socket, "socket", no_network)
    monkeypatch.setattr(socket, "getaddrinfo", no_network)
    return tmp_path / "torch" / "hub" / "checkpoints"


def pictures(folder: Path) -> list[Path]:
    """PNGs of odd sizes: three in colour, one of them larger than 299 pixels, and a grey one."""
    folder.mkdir(exist_ok=True)
    draws = torch.Generator().manual_seed(0)
    paths = []
    for index, shape in enumerate([(33, 47, 3), (33, 47, 3), (20, 301, 3), (27, 31)]):
        pixels = torch.randint(256, shape, generator=draws, dtype=torch.uint8)
        paths.append(folder / f"{index}.png")
        Image.fromarray(pixels.numpy()).save(paths[-1])
    return paths


def decoded(path: Path) -> torch.Tensor:
    """(1, C, H, W) as the file has it."""
    with Image.open(path) as image:
        pixels = torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8)
        return pixels.view(1, image.height, image.width, -1).permute(0, 3, 1, 2)


def test_features_and_logits_are_torch_fidelitys_from_the_same_files(extractor, random_weights, tmp_path):
    paths = pictures(tmp_path)
    dataset = ImagesPathDataset([str(path) for path in paths])
    theirs = fidelity.FeatureExtractorInceptionV3("reference", NAMES, str(random_weights))
    ours = [
        extractor(torch.cat([decoded(path) for path in paths[:2]])),
        extractor(decoded(paths[2])),
        extractor(decoded(paths[3])),
    ]
    assert decoded(paths[3]).shape[1] == 1
    for seen, batch in zip(ours, [[0, 1], [2], [3]], strict=True):
        expected = theirs(torch.stack([dataset[index] for index in batch]))
        for one, other, size in zip(seen, expected, (2048, 1008), strict=True):
            assert one.shape == (len(batch), size)
            assert one.dtype == torch.float32
            assert 0.01 < other.std() < 100  # neither vanished nor exploded: there is something to compare
            torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4)


def test_features_are_pytorch_fid_s_and_clean_fid_s_from_the_same_files(
    random_weights, tmp_path, monkeypatch
):
    """Each library with its own reader, resize and network; only where the weights come from is replaced."""
    import cleanfid.features
    import cleanfid.fid
    import pytorch_fid.fid_score
    import pytorch_fid.inception

    files = [
        str(path) for path in pictures(tmp_path / "images")[1:3]
    ]  # a small one, and one to be made smaller
    state = torch.load(random_weights, weights_only=True)
    monkeypatch.setattr(pytorch_fid.inception, "load_state_dict_from_url", lambda *args, **options: state)
    write_torchscript(random_inception(), tmp_path / "inception-2015-12-05.pt", LAYERS)
    monkeypatch.setattr(
        cleanfid.features.platform, "system", lambda: "Windows"
    )  # it reads "./" there, not /tmp
    monkeypatch.setattr(cleanfid.inception_torchscript, "check_download_inception", lambda fpath: None)
    monkeypatch.chdir(tmp_path)
    network = pytorch_fid.inception.InceptionV3([3])
    theirs = {
        "pytorch-fid": pytorch_fid.fid_score.get_activations(files, network, batch_size=1, num_workers=0),
        **{
            mode: cleanfid.fid.get_files_features(
                files,
                cleanfid.features.build_feature_extractor(mode, torch.device("cpu"), use_dataparallel=False),
                num_workers=0,
                batch_size=1,
                device=torch.device("cpu"),
                mode=mode,
                verbose=False,
            )
            for mode in (
                "clean",
                "legacy_tensorflow",
            )  # legacy_pytorch is pytorch-fid: benchmarks/protocols.py
        },
    }
    own = {"pytorch-fid": "pytorch_fid", "clean": "clean", "legacy_tensorflow": "clean_legacy_tensorflow"}
    for name, found in theirs.items():
        protocol = instantiate(compose(["generated=x", f"protocol={own[name]}"], "score").protocol)
        ours = InceptionFeatures(
            weights=random_weights,
            kernel=protocol.kernel,
            antialias=protocol.antialias,
            quantised=protocol.quantised,
            middle=protocol.middle,
        )
        seen = torch.cat([ours(decoded(Path(path))).features for path in files])
        assert torch.from_numpy(found).std() > 0.01
        torch.testing.assert_close(seen, torch.from_numpy(found).float(), rtol=1e-4, atol=1e-4, msg=name)


def test_features_are_torchmetrics_without_antialiasing(extractor, random_weights, tmp_path):
    image = decoded(pictures(tmp_path)[2])
    theirs = NoTrainInceptionV3("reference", NAMES[:1], str(random_weights), antialias=False)
    torch.testing.assert_close(extractor(image).features, theirs(image), rtol=1e-4, atol=1e-4)


def test_autocast_changes_nothing_and_no_gradient_is_kept(extractor):
    image = torch.randint(256, (1, 3, 16, 16), generator=torch.Generator().manual_seed(1), dtype=torch.uint8)
    plain = extractor(image)
    with torch.autocast("cpu", torch.bfloat16):
        mixed = extractor(image)
    assert torch.equal(plain.features, mixed.features)
    assert torch.equal(plain.logits, mixed.logits)
    assert not plain.features.requires_grad
    assert len(extractor.classes) == plain.logits.shape[1]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.int64])
def test_N11_only_uint8_is_taken(dtype):
    with pytest.raises(TypeError, match="uint8"):
        InceptionFeatures()(torch.zeros(2, 3, 32, 32, dtype=dtype))


def test_other_shapes_are_refused():
    with pytest.raises(ValueError, match=r"\(B, 1, 3 or 4, H, W\)"):
        InceptionFeatures()(torch.zeros(2, 2, 32, 32, dtype=torch.uint8))


def test_the_address_is_torch_fidelitys():
    assert fidelity.URL_INCEPTION_V3 == URL
    assert f"{OFFICIAL}.pth" in URL


def test_S15_missing_weights_are_told_at_once_with_every_remedy(hub, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch_fidelity", None)  # importing it would raise
    monkeypatch.setitem(sys.modules, "torch_fidelity.feature_extractor_inceptionv3", None)
    extractor = InceptionFeatures()
    with pytest.raises(UserError) as caught:
        extractor.prepare()
    for part in (
        f"{hub / FILE} is missing",
        f"SHA-256 begins with {OFFICIAL}",
        f"curl -L --create-dirs -o {hub / FILE} {URL}\n",
        "metrics.inception.extractor.download=true",
        "metrics.inception.on_missing=skip",
    ):
        assert part in str(caught.value)
    assert (extractor.name, extractor.suffix) == ("inception", "")
    assert not hub.exists()


def test_the_default_place_follows_the_cache_directory(tmp_path, monkeypatch):
    monkeypatch.delenv("TORCH_HOME", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(UserError, match=str(tmp_path / "torch" / "hub" / "checkpoints")):
        InceptionFeatures().prepare()


def test_S15_a_damaged_file_at_the_default_place_is_never_used(hub, random_weights, digest):
    hub.mkdir(parents=True)
    (hub / FILE).symlink_to(random_weights)
    for download in (False, True):
        with pytest.raises(UserError, match=rf"begins with {digest[:8]}, not with {OFFICIAL}; remove it"):
            InceptionFeatures(download=download).prepare()


def test_other_weights_never_bear_the_bare_name(extractor, random_weights, digest):
    assert extractor.weights == digest
    assert extractor.name == f"inception_{digest[:8]}"
    assert extractor.suffix == f"_inception_{digest[:8]}"
    assert InceptionFeatures(weights=random_weights).suffix == "_inception_unread"


def test_the_published_weights_bear_the_bare_name_wherever_they_lie(hub, random_weights, digest, monkeypatch):
    monkeypatch.setattr(inception, "OFFICIAL", digest[:8])
    state = torch.get_rng_state()
    hub.mkdir(parents=True)
    (hub / FILE).symlink_to(random_weights)
    for extractor in (InceptionFeatures(), InceptionFeatures(weights=random_weights)):
        extractor.prepare()
        assert (extractor.name, extractor.suffix, extractor.weights) == ("inception", "", digest)
        network = extractor._network
        extractor.prepare()
        assert extractor._network is network
    assert torch.equal(torch.get_rng_state(), state)


def test_a_download_is_verified_and_kept(hub, random_weights, digest, monkeypatch):
    monkeypatch.setattr(inception, "URL", random_weights.as_uri())
    with pytest.raises(UserError, match=r"was not downloaded \(RuntimeError: invalid hash"):
        InceptionFeatures(download=True).prepare()
    assert [path.name for path in hub.iterdir() if path.suffix != ".lock"] == []
    monkeypatch.setattr(inception, "OFFICIAL", digest[:8])
    inception.fetch(hub / FILE)
    assert hashlib.sha256((hub / FILE).read_bytes()).hexdigest() == digest
    monkeypatch.setattr(inception, "URL", "file:///gone")
    inception.fetch(hub / FILE)  # it is there


def test_S15_a_download_that_fails_names_its_cause_and_the_remedies(hub, tmp_path, monkeypatch):
    monkeypatch.setattr(inception, "URL", (tmp_path / "gone.pth").as_uri())
    with pytest.raises(UserError, match=r"was not downloaded \(URLError: [\s\S]*gone\.pth[\s\S]*curl -L"):
        InceptionFeatures(download=True).prepare()
    assert socket.getdefaulttimeout() is None


def test_code_in_a_weights_file_is_not_run(tmp_path, monkeypatch):
    class Trap:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "trapped"),)

    monkeypatch.setenv("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", "1")
    path = tmp_path / "trap.pth"
    for write in (lambda: torch.save({"a": Trap()}, path), lambda: path.write_bytes(pickle.dumps(Trap(), 2))):
        write()
        with pytest.raises(UserError, match="does not hold weights of torch-fidelity's Inception-v3"):
            InceptionFeatures(weights=path).prepare()
    assert not (tmp_path / "trapped").exists()


def test_files_that_are_no_inception_are_told_in_a_sentence(random_weights, tmp_path):
    path = tmp_path / "weights.pth"
    torch.save({"fc.weight": torch.zeros(10, 10)}, path)
    with pytest.raises(UserError, match=r"does not hold weights .*Missing key"):
        InceptionFeatures(weights=path).prepare()
    torch.save(torch.zeros(3), path)
    with pytest.raises(UserError, match="does not hold weights"):
        InceptionFeatures(weights=path).prepare()
    with random_weights.open("rb") as file:
        path.write_bytes(file.read(10**6))
    with pytest.raises(UserError, match="does not hold weights"):
        InceptionFeatures(weights=path).prepare()
    with pytest.raises(UserError, match="cannot be read"):
        InceptionFeatures(weights=tmp_path).prepare()
