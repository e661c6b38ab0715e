"""BigGAN and SAGAN of 16 pixels under the names of BigGAN-PyTorch's and StudioGAN's files, in the fewest words."""

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.functional import normalize
from torch.nn.utils import spectral_norm

CLASSES = 10


class Spectral(nn.Module):
    """A layer whose weight is divided by its norm after one power iteration from u0, as BigGAN-PyTorch does."""

    def __init__(self, *sizes: int, **options):
        super().__init__(*sizes, **options)
        self.register_buffer("u0", torch.randn(1, len(self.weight)))
        self.register_buffer("sv0", torch.ones(1))

    def normalized(self):
        matrix = self.weight.flatten(1)
        v = normalize(self.u0 @ matrix)
        return self.weight / (normalize(v @ matrix.T) @ matrix @ v.T)


class Conv(Spectral, nn.Conv2d):
    def forward(self, maps):
        return F.conv2d(maps, self.normalized(), self.bias, padding=self.padding)


class Linear(Spectral, nn.Linear):
    def forward(self, features):
        return F.linear(features, self.normalized(), self.bias)


class Embedding(Spectral, nn.Embedding):
    def forward(self, label):
        return F.embedding(label, self.normalized())


class Norm(nn.Module):
    """Batch norm with statistics under names of its own; without a condition gain and offset are parameters."""

    def __init__(self, channels: int, condition=None):
        super().__init__()
        make = condition or (lambda _: nn.Parameter(torch.randn(channels)))
        self.gain, self.bias = make(channels), make(channels)
        self.register_buffer("stored_mean", torch.randn(channels))
        self.register_buffer("stored_var", torch.rand(channels) + 0.1)
        self.conditional = condition is not None

    def forward(self, maps, told):
        if not self.conditional:
            return F.batch_norm(maps, self.stored_mean, self.stored_var, self.gain, self.bias)
        normal = F.batch_norm(maps, self.stored_mean, self.stored_var)
        return normal * (1 + self.gain(told))[..., None, None] + self.bias(told)[..., None, None]


class StudioNorm(nn.Module):
    def __init__(self, channels: int, told: int):
        super().__init__()
        self.bn = nn.BatchNorm2d(channels, eps=1e-4, affine=False)
        self.gain = spectral_norm(nn.Linear(told, channels, bias=False), eps=1e-6)
        self.bias = spectral_norm(nn.Linear(told, channels, bias=False), eps=1e-6)

    def forward(self, maps, told):
        return self.bn(maps) * (1 + self.gain(told))[..., None, None] + self.bias(told)[..., None, None]


def attend(maps, theta, phi, g, o, gamma):
    phi, g = F.max_pool2d(phi(maps), 2).flatten(2), F.max_pool2d(g(maps), 2).flatten(2)
    beta = torch.softmax(theta(maps).flatten(2).transpose(1, 2) @ phi, dim=-1)
    return maps + gamma * o((g @ beta.transpose(1, 2)).unflatten(2, maps.shape[2:]))


class Attention(nn.Module):
    def __init__(self, channels: int):
        super().__init__()
        sizes = {"theta": channels // 8, "phi": channels // 8, "g": channels // 2}
        for name, out in sizes.items():
            setattr(self, name, Conv(channels, out, kernel_size=1, bias=False))
        self.o = Conv(channels // 2, channels, kernel_size=1, bias=False)
        self.gamma = nn.Parameter(torch.tensor(0.5))

    def forward(self, maps, told=None):
        return attend(maps, self.theta, self.phi, self.g, self.o, self.gamma)


class StudioAttention(nn.Module):
    def __init__(self, channels: int):
        super().__init__()
        for name, out in {"theta": channels // 8, "phi": channels // 8, "g": channels // 2}.items():
            setattr(self, f"conv1x1_{name}", studio_conv(channels, out, 1, bias=False))
        self.conv1x1_attn = studio_conv(channels // 2, channels, 1, bias=False)
        self.sigma = nn.Parameter(torch.full((1,), 0.5))

    def forward(self, maps, told=None):
        parts = (getattr(self, f"conv1x1_{name}") for name in ("theta", "phi", "g", "attn"))
        return attend(maps, *parts, self.sigma)


def studio_conv(entering: int, out: int, size: int, **options):
    return spectral_norm(nn.Conv2d(entering, out, size, padding=size // 2, **options), eps=1e-6)


class Up(nn.Module):
    def __init__(self, entering: int, out: int, norm):
        super().__init__()
        self.conv1, self.conv2 = (
            Conv(entering, out, kernel_size=3, padding=1),
            Conv(out, out, kernel_size=3, padding=1),
        )
        self.conv_sc = Conv(entering, out, kernel_size=1)
        self.bn1, self.bn2 = norm(entering), norm(out)

    def forward(self, maps, told):
        branch = self.conv1(F.interpolate(F.relu(self.bn1(maps, told)), scale_factor=2))
        return self.conv2(F.relu(self.bn2(branch, told))) + self.conv_sc(F.interpolate(maps, scale_factor=2))


class StudioUp(nn.Module):
    def __init__(self, entering: int, out: int, told: int):
        super().__init__()
        self.bn1, self.bn2 = StudioNorm(entering, told), StudioNorm(out, told)
        self.conv2d0, self.conv2d1 = studio_conv(entering, out, 1), studio_conv(entering, out, 3)
        self.conv2d2 = studio_conv(out, out, 3)

    def forward(self, maps, told):
        branch = self.conv2d1(F.interpolate(F.relu(self.bn1(maps, told)), scale_factor=2))
        return self.conv2d2(F.relu(self.bn2(branch, told))) + self.conv2d0(
            F.interpolate(maps, scale_factor=2)
        )


class Generator(nn.Module):
    """BigGAN-PyTorch's: z (B, 6) in three chunks and an embedding of 5; or, not shared, SAGAN's of z (B, 6)."""

    def __init__(self, shared: bool = True):
        super().__init__()
        self.chunk = 2 if shared else 6
        self.shared = nn.Embedding(CLASSES, 5) if shared else nn.Identity()
        self.linear = Linear(self.chunk, 8 * 16)

        def norm(channels):
            make = (
                (lambda out: Linear(7, out, bias=False))
                if shared
                else (lambda out: nn.Embedding(CLASSES, out))
            )
            return Norm(channels, make)

        self.blocks = nn.ModuleList(
            [nn.ModuleList([Up(8, 8, norm), Attention(8)]), nn.ModuleList([Up(8, 4, norm)])]
        )
        self.output_layer = nn.Sequential(Norm(4), nn.ReLU(), Conv(4, 3, kernel_size=3, padding=1))

    def forward(self, z, label):
        first, *chunks = z.split(self.chunk, dim=1)
        told = [torch.cat([self.shared(label), chunk], dim=1) for chunk in chunks] or [label, label]
        maps = self.linear(first).view(-1, 8, 4, 4)
        for blocks, condition in zip(self.blocks, told, strict=True):
            for block in blocks:
                maps = block(maps, condition)
        norm, relu, conv = self.output_layer
        return torch.tanh(conv(relu(norm(maps, None))))


class StudioGenerator(nn.Module):
    """StudioGAN's of the same sizes, where attention is a block of its own."""

    def __init__(self):
        super().__init__()
        self.linear0, self.shared = spectral_norm(nn.Linear(2, 8 * 16), eps=1e-6), nn.Embedding(CLASSES, 5)
        blocks = [StudioUp(8, 8, 7), StudioAttention(8), StudioUp(8, 4, 7)]
        self.blocks = nn.ModuleList(nn.ModuleList([block]) for block in blocks)
        self.bn4, self.conv2d5 = nn.BatchNorm2d(4, eps=1e-4), studio_conv(4, 3, 3)

    def forward(self, z, label):
        first, *chunks = z.split(2, dim=1)
        one, other = (torch.cat([self.shared(label), chunk], dim=1) for chunk in chunks)
        maps = self.linear0(first).view(-1, 8, 4, 4)
        for (block,), condition in zip(self.blocks, (one, one, other), strict=True):
            maps = block(maps, condition)
        return torch.tanh(self.conv2d5(F.relu(self.bn4(maps))))


class Down(nn.Module):
    def __init__(self, entering: int, out: int, *, first: bool = False, halves: bool = True):
        super().__init__()
        self.first, self.halves = first, halves
        self.conv1, self.conv2 = (
            Conv(entering, out, kernel_size=3, padding=1),
            Conv(out, out, kernel_size=3, padding=1),
        )
        if halves or entering != out:
            self.conv_sc = Conv(entering, out, kernel_size=1)

    def forward(self, maps):
        branch = self.conv2(F.relu(self.conv1(maps if self.first else F.relu(maps))))
        shortcut = self.conv_sc(maps) if hasattr(self, "conv_sc") else maps
        return F.avg_pool2d(branch + shortcut, 2) if self.halves else branch + shortcut


class Discriminator(nn.Module):
    """BigGAN-PyTorch's: 16 to 8 pixels with attention, to 4, and a block that halves nothing."""

    def __init__(self):
        super().__init__()
        blocks = [[Down(3, 8, first=True), Attention(8)], [Down(8, 16)], [Down(16, 16, halves=False)]]
        self.blocks = nn.ModuleList(nn.ModuleList(each) for each in blocks)
        self.linear, self.embed = Linear(16, 1), Embedding(CLASSES, 16)

    def forward(self, images, label):
        for blocks in self.blocks:
            for block in blocks:
                images = block(images)
        h = F.relu(images).sum((2, 3))
        return (self.linear(h) + (self.embed(label) * h).sum(1, keepdim=True)).squeeze(1)
