"""Distances in the eyes of a fixed network: whose eyes, at what scale, and with gradients for one side only."""

import hashlib

import pytest
import torch
from omegaconf import OmegaConf
from torch import nn

from ganlab.config import config_dir, instantiate
from ganlab.errors import UserError
from ganlab.losses import perceptual
from ganlab.losses.perceptual import VGG54, FeatureDistance, LayersDistance, VGG19Layers, VGG54Linear
from ganlab.losses.similarity import reconstruction_l1
from ganlab.metrics.extractors.classifier import EmbeddedFeatures


class Doubled:
    """Features that are twice the image; counts how it is asked."""

    name = "doubled"

    def __init__(self):
        self.prepared, self.devices, self.with_gradient = 0, [], []

    def prepare(self):
        self.prepared += 1

    def to(self, device):
        self.devices.append(device)
        return self

    def maps(self, images):
        made = 2 * images
        self.with_gradient.append(made.requires_grad)
        return made


def test_it_is_the_mean_squared_difference_of_scaled_features():
    features = Doubled()
    distance = FeatureDistance(features=features, scale=4.0)
    image = torch.randn(2, 3, 8, 8, requires_grad=True)
    target = torch.randn(2, 3, 8, 8, requires_grad=True)
    value = distance(image, target)
    torch.testing.assert_close(value, (image - target).square().mean() * 4 / 16)
    value.backward()
    torch.testing.assert_close(image.grad, (image - target).detach() / (2 * 384))
    assert target.grad is None
    distance(image, target)
    assert features.with_gradient == [False, True] * 2
    assert features.devices == [torch.device("cpu")], "moved once"
    assert distance.name == "perceptual_doubled"
    distance.prepare()
    assert features.prepared == 1


def test_its_distance_may_be_that_of_absolute_differences():
    image, target = torch.randn(2, 2, 3, 8, 8).unbind()
    value = FeatureDistance(features=Doubled(), scale=4.0, distance=reconstruction_l1)(image, target)
    torch.testing.assert_close(value, (image - target).abs().mean() * 2 / 4)


def test_a_scale_below_0_and_images_of_two_shapes_are_refused():
    with pytest.raises(UserError, match=r"^scale=0: expected a number above 0"):
        FeatureDistance(features=Doubled(), scale=0)
    with pytest.raises(ValueError, match="must have one shape"):
        FeatureDistance(features=Doubled())(torch.zeros(2, 1, 4, 4), torch.zeros(2, 3, 4, 4))


@pytest.mark.parametrize("data", ["digits", "glyphs"])
def test_the_embedded_classifier_sees_each_colour_at_any_size(data):
    distance = FeatureDistance(features=EmbeddedFeatures(data=data))
    assert distance.name == f"perceptual_{data}"
    torch.manual_seed(0)
    target = torch.rand(2, 3, 24, 40) * 2 - 1
    maps = distance.features.maps(target)
    assert maps.shape == (6, 64, 6, 10)
    torch.testing.assert_close(maps[3:4], distance.features.maps(target[1:, :1]))  # red of the second picture
    assert distance(target, target) == 0
    image = (target.flip(1)).requires_grad_()  # other colours, the same brightness on average
    distance(image, target).backward()
    assert image.grad.abs().flatten(1).sum(1).min() > 0
    assert not any(p.requires_grad or p.grad is not None for p in distance.features._network.parameters())
    near, far = (distance(target + noise * torch.randn_like(target), target) for noise in (0.05, 0.5))
    assert near < far


@pytest.fixture
def vgg(monkeypatch, tmp_path):
    """A file in the layout of torchvision's VGG19 with constant weights, taken for the published one."""
    from torchvision.models import vgg19

    with torch.device("meta"):
        shapes = {key: value.shape for key, value in vgg19(weights=None).state_dict().items()}
    path = tmp_path / "hub" / "checkpoints" / perceptual.FILE
    path.parent.mkdir(parents=True)
    number = torch.full((1,), 0.01)
    # one number each on the disk
    torch.save({key: number.expand(shape) for key, shape in shapes.items()}, path)
    monkeypatch.setattr(perceptual, "SHA256", hashlib.sha256(path.read_bytes()).hexdigest()[:8])
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
    return path


def test_vgg54_ends_with_the_relu_before_the_fifth_pooling_and_is_frozen(vgg):
    features = VGG54()
    features.prepare()
    network = features._network
    convolutions = [module for module in network if isinstance(module, nn.Conv2d)]
    assert len(convolutions) == 16
    assert convolutions[-1].out_channels == 512
    assert isinstance(network[-1], nn.ReLU)
    assert sum(isinstance(module, nn.MaxPool2d) for module in network) == 4
    assert not network.training
    assert not any(p.requires_grad for p in network.parameters())
    assert features.name == "vgg54"
    linear = VGG54Linear()
    linear.prepare()
    assert [type(layer) for layer in linear._network] == [type(layer) for layer in network][:-1]
    assert isinstance(linear._network[-1], nn.Conv2d)


def test_five_layers_of_vgg19_are_those_after_the_first_relu_of_each_size(vgg):
    features = VGG19Layers()
    images = torch.rand(2, 3, 32, 48) * 2 - 1
    maps = features.layer_maps(images)
    sizes = [(64, 32, 48), (128, 16, 24), (256, 8, 12), (512, 4, 6), (512, 2, 3)]
    assert [tuple(each.shape[1:]) for each in maps] == sizes
    assert all(each.min() >= 0 for each in maps)
    others = features.layer_maps(-images)
    weights = (1 / 32, 1 / 16, 1 / 8, 1 / 4, 1.0)
    expected = sum(w * (a - b).abs().mean() for w, a, b in zip(weights, maps, others, strict=True))
    distance = LayersDistance(features=features)
    torch.testing.assert_close(distance(images, -images), expected)
    assert distance(images, images) == 0
    assert distance.name == "perceptual_vgg19"


def test_vgg54_normalises_as_its_training_on_imagenet_did(vgg):
    features, seen = VGG54(), []
    features.prepare()
    features._network = nn.Identity()
    features._network.register_forward_pre_hook(lambda module, args: seen.append(args[0]))
    mean, deviation = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    average = (2 * mean - 1)[:, None, None].expand(1, 3, 4, 4)
    features.maps(average)
    features.maps(average + 2 * deviation[:, None, None])
    features.maps(torch.ones(1, 1, 4, 4))
    torch.testing.assert_close(seen[0], torch.zeros(1, 3, 4, 4), atol=1e-6, rtol=0)
    torch.testing.assert_close(seen[1], torch.ones(1, 3, 4, 4))
    torch.testing.assert_close(seen[2][0, :, 0, 0], (1 - mean) / deviation)


def test_S15_weights_that_cannot_be_had_are_told_with_file_place_and_way(vgg):
    vgg.write_bytes(vgg.read_bytes()[:-9])
    with pytest.raises(UserError) as damaged:
        VGG54().prepare()
    assert "is damaged or another file: its SHA-256 begins with" in str(damaged.value)
    vgg.unlink()
    with pytest.raises(UserError) as missing:
        VGG54().prepare()
    for part in (str(vgg), "No such file", "curl -L", perceptual.URL, "model/perceptual=glyphs"):
        assert part in str(missing.value)
    with pytest.raises(UserError, match=r"^/nowhere/vgg\.pth cannot be read"):
        VGG54(weights="/nowhere/vgg.pth").prepare()


@pytest.mark.parametrize("name", ["glyphs", "digits", "vgg54", "vgg54_linear", "vgg19"])
def test_every_option_says_whose_eyes_they_are(name):
    path = config_dir() / "model" / "perceptual" / f"{name}.yaml"
    distance = instantiate(OmegaConf.load(path))
    assert distance.name == f"perceptual_{name}"
    assert getattr(distance, "scale", 1) == (12.75 if name == "vgg54" else 1)
    assert sorted(file.stem for file in path.parent.glob("*.yaml")) == [
        *("digits", "glyphs", "vgg19", "vgg54", "vgg54_linear")
    ]
