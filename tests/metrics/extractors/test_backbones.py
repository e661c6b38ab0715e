"""VGG16 and SwAV's network with random weights in a file: what they are given, and what is taken of their answer."""

import pytest
import torch

from ganlab.errors import UserError
from ganlab.metrics.extractors.backbones import BACKBONES, BackboneFeatures
from ganlab.metrics.extractors.pretrained import STANDARD


@pytest.fixture(scope="module")
def swav(tmp_path_factory):
    torch.manual_seed(0)
    network = BACKBONES["swav"].build().eval()
    state = {f"module.{name}": value for name, value in network.state_dict().items()}
    path = tmp_path_factory.mktemp("weights") / "swav.pth.tar"
    torch.save({**state, "module.prototypes.weight": torch.zeros(3)}, path)
    return network, path


def test_features_are_the_network_s_of_standardised_pixels(swav):
    network, path = swav
    extractor = BackboneFeatures(network="swav", weights=path, side=32)
    extractor.prepare()
    images = torch.randint(256, (2, 1, 32, 32), generator=torch.Generator().manual_seed(1), dtype=torch.uint8)
    found = extractor(images)
    mean, deviation = (torch.tensor(part)[:, None, None] for part in STANDARD["dinov2"])
    with torch.no_grad():
        expected = network((images.expand(-1, 3, -1, -1) / 255 - mean) / deviation)
    torch.testing.assert_close(found.features, expected, rtol=1e-4, atol=1e-5)
    assert found.features.shape == (2, extractor.size)
    assert extractor.suffix == f"_swav_{extractor.weights[:8]}"


def test_missing_and_other_weights_are_named(swav, tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    with pytest.raises(
        UserError, match=r"vgg16-397923af\.pth cannot be read .* curl -L .*extractors\.vgg16\.weights="
    ):
        BackboneFeatures(network="vgg16").prepare()
    with pytest.raises(UserError, match="does not hold weights of torchvision's VGG16"):
        BackboneFeatures(network="vgg16", weights=swav[1]).prepare()


def test_vgg16_gives_its_second_layer():
    with torch.device("meta"):
        network = BACKBONES["vgg16"].build()
        assert network(torch.zeros(1, 3, 64, 64)).shape == (1, BACKBONES["vgg16"].size)
