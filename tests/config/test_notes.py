"""Each conf/experiment/note_*.yaml: layers, counts, first weights, noise, optimizers, and two steps written by hand."""

import copy
import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from ganlab.config import compose, config_dir, instantiate
from ganlab.config.compose.check import check
from ganlab.randomness import Draws
from tests.support.runs import fit

NAMES = sorted(path.stem for path in (config_dir() / "experiment").glob("note_*.yaml"))
SILENT = (nn.Flatten, nn.Unflatten, nn.Identity)


def made(name: str, *words: str):
    """The module of a recipe, from the same weights each time."""
    cfg = compose([f"experiment={name}", *words])
    check(cfg)
    torch.manual_seed(0)
    return cfg, instantiate(cfg.model)


def in_words(module: nn.Module) -> str:
    """Type and sizes of a layer: ``Linear 100 784``, ``SameConv2d 1 32 3/2``, ``BatchNorm1d 128 .99``."""
    name = type(module).__name__
    if isinstance(module, nn.Linear):
        return f"{name} {module.in_features} {module.out_features}"
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        sizes = f"{module.kernel_size[0]}/{module.stride[0]}"
        return f"{name} {module.in_channels} {module.out_channels} {sizes}"
    if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
        return f"BatchNorm {module.num_features} eps {module.eps:g} keeps {1 - module.momentum:g}"
    if isinstance(module, nn.LeakyReLU):
        return f"{name} {module.negative_slope:g}"
    return f"{name} {module.p:g}" if isinstance(module, nn.Dropout) else name


def layers(network: nn.Module) -> list[str]:
    """All layers of a network in the order in which it makes them; shapes alone are not layers."""
    leaves = [module for module in network.modules() if not list(module.children())]
    return [in_words(module) for module in leaves if not isinstance(module, SILENT)]


AUTOENCODER = "Linear 784 32, ReLU, Linear 32 784, Tanh"
KERAS = "eps 0.001 keeps 0.99, LeakyReLU 0.3"
FIRST = ("Linear 100 100, ReLU, Linear 100 784, Sigmoid", "ToUnit, Linear 784 100, ReLU, Linear 100 1")
EXPECTED = {  # layers of generator and discriminator
    "note_gan": FIRST,
    "note_minimax": FIRST,
    "note_dcgan": (
        "Linear 100 3136, ConvTranspose2d 4 16 3/1, LeakyReLU 0.2, ConvTranspose2d 16 1 3/1, Sigmoid",
        "ToUnit, Conv2d 1 32 3/1, LeakyReLU 0.2, Conv2d 32 64 3/1, LeakyReLU 0.2, Linear 50176 1",
    ),
    "note_ebgan": ("Linear 64 32, ReLU, Linear 32 784, Tanh", AUTOENCODER),
    "note_began": ("Linear 64 32, ReLU, Linear 32 784, Tanh", AUTOENCODER),
    "note_cgan": (  # ten more inputs than noise and pixels
        "Linear 110 256, BatchNorm 256 eps 1e-05 keeps 0.9, LeakyReLU 0.2, Linear 256 512, "
        "BatchNorm 512 eps 1e-05 keeps 0.9, LeakyReLU 0.2, Linear 512 784, Tanh",
        "Linear 794 512, LeakyReLU 0.2, Linear 512 256, LeakyReLU 0.2, Linear 256 1",
    ),
    "note_mlp_gan": (
        f"Linear 32 128, BatchNorm 128 {KERAS}, Linear 128 256, BatchNorm 256 {KERAS}, Linear 256 512, "
        f"BatchNorm 512 {KERAS}, Linear 512 784, Tanh",
        "Linear 784 512, LeakyReLU 0.3, Linear 512 256, LeakyReLU 0.3, Linear 256 128, LeakyReLU 0.3, Linear 128 1",
    ),
    "note_conv_gan": (
        f"Linear 32 1152, LeakyReLU 0.3, ConvTranspose2d 128 128 3/2, BatchNorm 128 {KERAS}, "
        f"SameConvTranspose2d 128 64 3/2, BatchNorm 64 {KERAS}, SameConvTranspose2d 64 1 3/2",
        "SameConv2d 1 32 3/2, LeakyReLU 0.3, SameConv2d 32 64 3/2, LeakyReLU 0.3, Conv2d 64 128 3/2, LeakyReLU 0.3, "
        "Dropout 0.4, Linear 1152 1",
    ),
    "note_rmsprop_gan": (
        "Linear 30 100, ReLU, Linear 100 150, ReLU, Linear 150 784, Sigmoid",
        "ToUnit, Linear 784 150, ReLU, Linear 150 100, ReLU, Linear 100 1",
    ),
    "note_rmsprop_dcgan": (
        "Linear 100 6272, BatchNorm 128 eps 0.001 keeps 0.99, SameConvTranspose2d 128 64 5/2, ReLU, "
        "BatchNorm 64 eps 0.001 keeps 0.99, SameConvTranspose2d 64 1 5/2",
        "SameConv2d 1 64 5/2, LeakyReLU 0.2, Dropout 0.4, SameConv2d 64 128 5/2, LeakyReLU 0.2, Dropout 0.4, "
        "Linear 6272 1",
    ),
    "note_lsgan": (
        "Linear 100 256, BatchNorm 256 eps 1e-05 keeps 0.9, ReLU, Linear 256 784, Tanh",
        "Linear 784 256, LeakyReLU 0.01, Linear 256 1",
    ),
}
COUNTS = {  # Keras counts the statistics of batch norms: 574,608 and 260,737 for the generators of note 002
    "note_gan": (89_284, 78_601),
    "note_minimax": (89_284, 78_601),
    "note_dcgan": (317_473, 68_993),
    "note_ebgan": (27_952, 50_992),
    "note_began": (27_952, 50_992),
    "note_cgan": (
        111 * 256 + 257 * 512 + 513 * 784 + 2 * (256 + 512),
        795 * 512 + 513 * 256 + 257,
    ),
    "note_mlp_gan": (574_608 - 2 * (128 + 256 + 512), 566_273),
    "note_conv_gan": (260_737 - 2 * (128 + 64), 93_825),
    "note_rmsprop_gan": (136_634, 132_951),
    "note_rmsprop_dcgan": (840_321, 212_865),
    "note_lsgan": (101 * 256 + 257 * 784 + 2 * 256, 201_217),
}
ADAM = {"betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0}
NUMBERS = {  # batch, the numbers of both players' optimizer
    "note_gan": (128, {"lr": 1e-3, **ADAM}),
    "note_minimax": (128, {"lr": 0.1, "momentum": 0.5, "nesterov": False, "weight_decay": 0}),
    "note_dcgan": (128, {"lr": 1e-3, **ADAM}),
    "note_ebgan": (32, {"lr": 1e-3, **ADAM}),
    "note_began": (32, {"lr": 1e-3, **ADAM}),
    "note_cgan": (64, {"lr": 2e-4, **ADAM, "betas": (0.5, 0.999)}),
    "note_mlp_gan": (128, {"lr": 2e-4, **ADAM, "betas": (0.5, 0.999)}),
    "note_conv_gan": (128, {"lr": 2e-4, **ADAM, "betas": (0.5, 0.999)}),
    "note_rmsprop_gan": (32, {"lr": 1e-3, "alpha": 0.9, "momentum": 0}),
    "note_rmsprop_dcgan": (32, {"lr": 1e-3, "alpha": 0.9, "momentum": 0}),
    "note_lsgan": (64, {"lr": 1e-3, **ADAM, "betas": (0.5, 0.999)}),
}
NOISE = {  # size, bound (of U(-bound, bound)) or deviation (of N(0, deviation^2))
    "note_gan": (100, "bound", 1),
    "note_dcgan": (100, "bound", 1),
    "note_ebgan": (64, "bound", 1),
    "note_began": (64, "bound", 1),
    "note_minimax": (100, "deviation", 1),
    "note_cgan": (100, "deviation", 1),
    "note_mlp_gan": (32, "deviation", 1),
    "note_conv_gan": (32, "deviation", 1),
    "note_rmsprop_gan": (30, "deviation", 1),
    "note_rmsprop_dcgan": (100, "deviation", 1),
    "note_lsgan": (100, "deviation", 0.1),
}


@pytest.mark.parametrize("name", NAMES)
def test_a_note_s_networks_noise_and_optimizers(name):
    cfg, module = made(name)
    players = module.generator, module.discriminator
    assert tuple(", ".join(layers(player)) for player in players) == EXPECTED[name]
    assert tuple(sum(p.numel() for p in player.parameters()) for player in players) == COUNTS[name]
    batch, numbers = NUMBERS[name]
    assert (cfg.data.batch_size, cfg.data.image_size, cfg.chosen.data) == (batch, 28, "digits")
    for optimizer in module.configure_optimizers()[0]:
        group = optimizer.param_groups[0]
        assert {key: tuple(group[key]) if key == "betas" else group[key] for key in numbers} == numbers
    assert module.sampled_from() == "weights in training"
    size, kind, number = NOISE[name]
    z = module.prior(Draws(0, "z"), 2000)
    assert z.shape == (2000, size)
    if kind == "bound":
        assert 0.99 * number < z.max() <= number
        assert -number <= z.min() < -0.99 * number
    else:
        assert z.std().item() == pytest.approx(number, rel=0.02)
        assert z.max() > 3 * number


@pytest.mark.parametrize("name", [name for name in NAMES if name != "note_lsgan"])
def test_a_note_s_first_weights(name):
    """Glorot's uniform ones, biases of 0; He's normal ones in note 003's hidden layers; note 004 has PyTorch's."""
    _, module = made(name)
    for player in (module.generator, module.discriminator):
        weighted = [
            layer
            for layer in player.modules()
            if isinstance(layer, nn.Linear | nn.Conv2d | nn.ConvTranspose2d)
        ]
        for layer in weighted:
            field = layer.weight[0, 0].numel()
            fans = [field * size for size in layer.weight.shape[:2]]
            is_he = name == "note_rmsprop_gan" and layer is not weighted[-1]
            std = math.sqrt(2 / (fans[1] if is_he else sum(fans)))
            assert layer.weight.std().item() == pytest.approx(
                std, rel=0.15 if layer.weight.numel() < 1000 else 0.05
            )
            assert (layer.weight.abs().max() > math.sqrt(3) * std) == is_he
            assert not layer.bias.any()


def test_mnist_is_one_word_away_from_each():
    """Of all recipes alike: none names its data."""
    assert not [
        name for name in NAMES if "/data" in (config_dir() / "experiment" / f"{name}.yaml").read_text()
    ]
    cfg = compose(["experiment=note_lsgan", "data=mnist", "data.batch_size=10"])
    assert (cfg.chosen.data, cfg.data.image_size, cfg.model.loss.factor) == ("mnist", 28, 10)


# two steps, written by hand as the notes have them: logarithms of probabilities, pixels in [0, 1]


def cross_entropies(real, fake):
    return -real.log().mean() - (1 - fake).log().mean()


def batch_of_64(score, real, fake):
    labels = torch.cat([torch.zeros(32), torch.ones(32)])
    return F.binary_cross_entropy(score(torch.cat([fake, real])), labels)


def of_sums(power):
    return lambda autoencoder: lambda v: ((v - autoencoder(v)).abs() ** power).sum(dim=(1, 2, 3)).mean()


class ByHand:
    """G and D as functions, and what each minimises; ``real`` and z come from the run that is compared."""

    def __init__(self, name, generator, discriminator):
        self.pixels = name in ("note_gan", "note_minimax", "note_dcgan", "note_rmsprop_gan")
        self.name, self.k = name, 0.0
        self.G, self.D = generator, discriminator
        numbers = NUMBERS[name][1]
        numbers = {"eps": 1e-7, **numbers} if "alpha" in numbers else numbers
        kind = {"betas": torch.optim.Adam, "alpha": torch.optim.RMSprop, "momentum": torch.optim.SGD}
        make = next(kind[key] for key in kind if key in numbers)
        self.optimizers = [make(player.parameters(), **numbers) for player in (self.D, self.G)]

    def draw(self, z, *label):
        if self.pixels:
            values = [layer for layer in self.G.modules() if not list(layer.children())][:-1]
            if self.name == "note_dcgan":
                return nn.Sequential(*values)(z).sigmoid()
            return self.G.layers(z).sigmoid().reshape(-1, 1, 28, 28)
        return self.G(z, *label)

    def score(self, images, *label):
        if self.pixels:
            return self.D.layers(images if self.name == "note_dcgan" else images.flatten(1)).squeeze(1)
        return self.D(images, *label)

    def losses(self, real, fake, *label):
        """The discriminator's, and the generator's as a function of a second batch of fakes."""
        name, probability = self.name, lambda v: self.score(v, *label).sigmoid()
        if name in ("note_rmsprop_gan", "note_rmsprop_dcgan"):
            return batch_of_64(probability, real, fake), lambda g: -probability(g).log().mean()
        if name == "note_lsgan":
            loss = ((self.score(real) - 1) ** 2).sum() + (self.score(fake) ** 2).sum()
            return loss, lambda g: ((self.score(g) - 1) ** 2).sum()
        if name == "note_ebgan":
            energy = of_sums(2)(self.D)
            return energy(real) + F.relu(5 - energy(fake)), energy
        if name == "note_began":
            energy = of_sums(1)(self.D)
            self.energy_of_real = energy(real)
            return self.energy_of_real - self.k * energy(fake), energy
        loss = cross_entropies(probability(real), probability(fake))
        if name == "note_minimax":
            return loss, lambda g: (1 - probability(g)).log().mean()
        return loss, lambda g: -probability(g).log().mean()

    def step(self, batch, first, second) -> list[float]:
        real, label = batch["image"], (batch["label"],) if self.name == "note_cgan" else ()
        real = (real + 1) / 2 if self.pixels else real
        loss, generators = self.losses(real, self.draw(first, *label).detach(), *label)
        self.move(self.optimizers[0], loss)
        of_generator = generators(self.draw(second, *label))
        self.move(self.optimizers[1], of_generator)
        if self.name == "note_began":
            balance = 0.5 * self.energy_of_real.item() - of_generator.item()
            self.k = min(max(self.k + 0.001 * balance, 0), 1)
        return [loss.item(), of_generator.item()]

    def move(self, optimizer, loss):
        for one in self.optimizers:
            one.zero_grad()
        loss.backward()
        optimizer.step()


class Recorder:
    """Keeps noise, batches and losses of a run, and copies of the players as they were before it."""

    def __call__(self, module):
        self.noise, self.batches, self.losses = [], [], []
        self.generator, self.discriminator = map(copy.deepcopy, (module.generator, module.discriminator))
        prior, step, track = module.prior, module.training_step, module.track
        module.prior = lambda draws, n: self.noise.append(z := prior(draws, n)) or z
        module.training_step = lambda batch, batch_idx: self.batches.append(batch) or step(batch, batch_idx)
        module.track = lambda name, value: (
            self.losses.append(value.item()) if name.endswith("/loss") else None,
            track(name, value),
        )


@pytest.mark.parametrize("name", NAMES)
def test_two_steps_are_those_of_the_note(name, tmp_path):
    words = [
        "trainer=cpu",
        "trainer.max_steps=2",
        "trainer.channels_last=false",
    ]  # in the order of sums by hand
    cfg = compose([f"experiment={name}", *words, "metrics=none", "callbacks.samples.n=4"])
    if "dropout" in cfg.model.discriminator:
        cfg.model.discriminator.dropout = 0.0  # what it drops is drawn anew by each program
    recorder = Recorder()
    module = fit(cfg, tmp_path, wrap=recorder)
    before = copy.deepcopy(recorder.generator), copy.deepcopy(recorder.discriminator)
    program = ByHand(name, recorder.generator, recorder.discriminator)
    training = [z for z in recorder.noise if len(z) == cfg.data.batch_size]
    losses = [
        program.step(batch, *training[2 * index : 2 * index + 2])
        for index, batch in enumerate(recorder.batches)
    ]
    assert len(losses) == 2
    assert recorder.losses[:2] == pytest.approx(losses[0], rel=1e-4)
    assert recorder.losses[2:] == pytest.approx(losses[1], rel=5e-3)  # RMSprop magnifies rounding
    for ours, theirs, first in zip(
        (module.generator, module.discriminator), (program.G, program.D), before, strict=True
    ):
        moved, apart = [], []
        for one, other, start in zip(*(net.parameters() for net in (ours, theirs, first)), strict=True):
            moved.append((one - start).abs().sum().item())
            apart.append((one - other).abs().sum().item())
        assert sum(apart) < 0.02 * sum(moved)
    if name == "note_began":
        assert module.k.item() == pytest.approx(program.k, rel=1e-4, abs=1e-9)
