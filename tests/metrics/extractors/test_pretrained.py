"""DINOv2 and CLIP with small random weights in a folder: what they are given, and what is taken of their answer."""

import pytest
import torch

from ganlab.errors import UserError
from ganlab.metrics.extractors.pretrained import STANDARD, PretrainedFeatures

transformers = pytest.importorskip("transformers")

SMALL = {
    "hidden_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "patch_size": 14,
    "image_size": 28,
}


@pytest.fixture(scope="module", params=["dinov2", "clip"])
def kept(request, tmp_path_factory):
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("models") / f"tiny-{request.param}"
    if request.param == "dinov2":
        network = transformers.Dinov2Model(transformers.Dinov2Config(**SMALL))
    else:
        network = transformers.CLIPVisionModelWithProjection(
            transformers.CLIPVisionConfig(**SMALL, intermediate_size=32, projection_dim=12)
        )
    network.eval().save_pretrained(folder)
    return request.param, folder, network


def test_features_are_the_network_s_of_standardised_pixels(kept):
    kind, folder, network = kept
    extractor = PretrainedFeatures(kind=kind, model=str(folder), side=28)
    extractor.prepare()
    images = torch.randint(256, (3, 3, 28, 28), generator=torch.Generator().manual_seed(1), dtype=torch.uint8)
    found = extractor(images)
    mean, deviation = (torch.tensor(part)[:, None, None] for part in STANDARD[kind])
    with torch.no_grad():
        answer = network(pixel_values=(images / 255 - mean) / deviation)
    expected = answer.last_hidden_state[:, 0] if kind == "dinov2" else answer.image_embeds
    torch.testing.assert_close(found.features, expected, rtol=1e-4, atol=1e-5)
    assert found.features.shape == (3, extractor.size)
    assert found.logits.shape == (3, 0)
    assert extractor.suffix == f"_tiny_{kind}"
    assert len(extractor.weights) == 64


def test_grey_is_three_equal_channels(kept):
    kind, folder, _ = kept
    extractor = PretrainedFeatures(kind=kind, model=str(folder), side=28)
    grey = torch.randint(256, (2, 1, 40, 30), generator=torch.Generator().manual_seed(1), dtype=torch.uint8)
    torch.testing.assert_close(extractor(grey).features, extractor(grey.expand(-1, 3, -1, -1)).features)


def test_a_folder_that_holds_no_model_is_named(tmp_path):
    with pytest.raises(
        UserError,
        match=r"neither a folder with weights in safetensors nor in the cache .* download=true would fetch",
    ):
        PretrainedFeatures(model=str(tmp_path)).prepare()
