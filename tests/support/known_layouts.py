"""Networks with the names and layers of the widely used PyTorch code."""

from functools import partial

import torch
from torch import nn

Conv, Up, Instance = nn.Conv2d, nn.ConvTranspose2d, nn.InstanceNorm2d
stale = partial(Instance, track_running_stats=True)  # as in files of 2017, whose statistics were never used


class Nested(nn.Module):
    """A layer of ``model``; with a skip around it, or without at the outermost level."""

    def __init__(self, *layers: nn.Module, skip: bool = True) -> None:
        super().__init__()
        self.model, self.skip = nn.Sequential(*layers), skip

    def forward(self, maps):
        made = self.model(maps)
        return torch.cat([maps, made], 1) if self.skip else made


def unet(width: int = 4, depth: int = 5) -> nn.Module:
    """Names such as model.model.1.model.3.model.1.weight, one level inside the other."""
    widths = [width * min(2**level, 8) for level in range(depth)]
    down, up = (
        partial(Conv, kernel_size=4, stride=2, padding=1),
        partial(Up, kernel_size=4, stride=2, padding=1),
    )
    low, lower = widths[-1], widths[-2]
    inside = Nested(
        nn.LeakyReLU(0.2),
        down(lower, low, bias=False),
        nn.ReLU(),
        up(low, lower, bias=False),
        nn.BatchNorm2d(lower),
    )
    for outer, inner in zip(widths[-3::-1], widths[-2:0:-1], strict=True):
        inside = Nested(
            nn.LeakyReLU(0.2),
            down(outer, inner, bias=False),
            nn.BatchNorm2d(inner),
            inside,
            nn.ReLU(),
            up(2 * inner, outer, bias=False),
            nn.BatchNorm2d(outer),
        )
    ends = down(1, width, bias=False), inside, nn.ReLU(), up(2 * width, 3), nn.Tanh()
    return nn.ModuleDict({"model": Nested(*ends, skip=False)})


class Block(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        layer = [nn.ReflectionPad2d(1), Conv(width, width, 3), stale(width)]
        again = [nn.ReflectionPad2d(1), Conv(width, width, 3), stale(width)]
        self.conv_block = nn.Sequential(*layer, nn.ReLU(), *again)

    def forward(self, maps):
        return maps + self.conv_block(maps)


class Enhancer(nn.Module):
    """pix2pixHD's LocalEnhancer: names such as model.4.weight, model1_1.1.weight and model1_2.0.conv_block.1.weight."""

    def __init__(self, width: int = 4, blocks: int = 2) -> None:
        super().__init__()
        half = width // 2
        self.model = resnet((1, 3), width, blocks)["model"][:-3]
        enter = [nn.ReflectionPad2d(3), Conv(1, half, 7), Instance(half), nn.ReLU()]
        enter += [Conv(half, width, 3, stride=2, padding=1), Instance(width), nn.ReLU()]
        leave = [*(Block(width) for _ in range(3)), Up(width, half, 3, 2, 1, output_padding=1)]
        leave += [Instance(half), nn.ReLU(), nn.ReflectionPad2d(3), Conv(half, 3, 7), nn.Tanh()]
        self.model1_1, self.model1_2 = nn.Sequential(*enter), nn.Sequential(*leave)

    def forward(self, images):
        small = nn.functional.avg_pool2d(images, 3, stride=2, padding=1, count_include_pad=False)
        return self.model1_2(self.model1_1(images) + self.model(small))


class Filtered(nn.Module):
    """Holds a filter that is no weight, as in files of CUT."""

    def __init__(self, taps: tuple[float, ...], channels: int) -> None:
        super().__init__()
        row = torch.tensor(taps)
        self.register_buffer("filt", torch.outer(row, row)[None, None].repeat(channels, 1, 1, 1))


class Downsample(Filtered):
    def __init__(self, channels: int) -> None:
        super().__init__((0.25, 0.5, 0.25), channels)

    def forward(self, maps):
        padded = nn.functional.pad(maps, [1, 1, 1, 1], mode="reflect")
        return nn.functional.conv2d(padded, self.filt, stride=2, groups=maps.shape[1])


class Upsample(Filtered):
    def __init__(self, channels: int) -> None:
        super().__init__((0.25, 0.75, 0.75, 0.25), channels)

    def forward(self, maps):
        padded = nn.functional.pad(maps, [1, 1, 1, 1], mode="replicate")
        larger = nn.functional.conv_transpose2d(padded, self.filt, stride=2, padding=2, groups=maps.shape[1])
        return larger[:, :, 1:-1, 1:-1]


def cut_resnet(channels: tuple[int, int] = (3, 3), width: int = 4, blocks: int = 3) -> nn.Module:
    """Names such as model.8.weight, with filters between them."""
    one, other = channels
    layers = [nn.ReflectionPad2d(3), Conv(one, width, 7), Instance(width), nn.ReLU()]
    for wide in (width, 2 * width):
        layers += [Conv(wide, 2 * wide, 3, padding=1), Instance(2 * wide), nn.ReLU(), Downsample(2 * wide)]
    layers += [Block(4 * width) for _ in range(blocks)]
    for wide in (4 * width, 2 * width):
        layers += [Upsample(wide), Conv(wide, wide // 2, 3, padding=1), Instance(wide // 2), nn.ReLU()]
    return nn.ModuleDict(
        {"model": nn.Sequential(*layers, nn.ReflectionPad2d(3), Conv(width, other, 7), nn.Tanh())}
    )


def cut_patch() -> nn.Module:
    layers = [Conv(3, 4, 4, 1, 1), nn.LeakyReLU(0.2), Downsample(4)]
    layers += [Conv(4, 8, 4, 1, 1), Instance(8), nn.LeakyReLU(0.2), Downsample(8)]
    layers += [Conv(8, 16, 4, 1, 1), Instance(16), nn.LeakyReLU(0.2)]
    return nn.ModuleDict({"model": nn.Sequential(*layers, Conv(16, 1, 4, 1, 1))})


class CUTProjection(nn.Module):
    """Names such as mlp_1.2.weight."""

    def __init__(self, widths: tuple[int, ...], size: int) -> None:
        super().__init__()
        for place, width in enumerate(widths):
            mlp = nn.Sequential(nn.Linear(width, size), nn.ReLU(), nn.Linear(size, size))
            setattr(self, f"mlp_{place}", mlp)

    def forward(self, maps, places):
        made = []
        for place, (seen, where) in enumerate(zip(maps, places, strict=True)):
            vectors = getattr(self, f"mlp_{place}")(seen.permute(0, 2, 3, 1).flatten(1, 2)[:, where])
            made.append(vectors / (vectors.norm(dim=2, keepdim=True) + 1e-7))
        return made


def resnet(channels: tuple[int, int] = (1, 3), width: int = 4, blocks: int = 6) -> nn.Module:
    """Names such as model.10.conv_block.1.weight, so that 10 must come after 9; with stale statistics."""
    one, other = channels
    layers = [nn.ReflectionPad2d(3), Conv(one, width, 7), stale(width), nn.ReLU()]
    for wide in (width, 2 * width):
        layers += [Conv(wide, 2 * wide, 3, stride=2, padding=1), stale(2 * wide), nn.ReLU()]
    layers += [Block(4 * width) for _ in range(blocks)]
    for wide in (4 * width, 2 * width):
        layers += [Up(wide, wide // 2, 3, stride=2, padding=1, output_padding=1), stale(wide // 2), nn.ReLU()]
    return nn.ModuleDict(
        {"model": nn.Sequential(*layers, nn.ReflectionPad2d(3), Conv(width, other, 7), nn.Tanh())}
    )


def patch() -> nn.Module:
    layers = [Conv(2, 4, 4, 2, 1), nn.LeakyReLU(0.2)]
    for before, after, stride in ((4, 8, 2), (8, 16, 1)):
        layers += [Conv(before, after, 4, stride, 1, bias=False), nn.BatchNorm2d(after), nn.LeakyReLU(0.2)]
    return nn.ModuleDict({"model": nn.Sequential(*layers, Conv(16, 1, 4, 1, 1))})


class Dense(nn.Module):
    """A dense block of BasicSR: conv1 to conv5."""

    def __init__(self, width: int, growth: int) -> None:
        super().__init__()
        for index in range(5):
            entering, leaving = width + index * growth, growth if index < 4 else width
            self.add_module(f"conv{index + 1}", Conv(entering, leaving, 3, padding=1))

    def forward(self, maps):
        known = [maps]
        for conv in list(self.children())[:-1]:
            known.append(nn.functional.leaky_relu(conv(torch.cat(known, 1)), 0.2))
        return self.conv5(torch.cat(known, 1)) * 0.2 + maps


class RRDB(nn.Module):
    """Of pictures in [0, 1], four times as large; ``old`` has the names of the authors' repository."""

    def __init__(self, channels: int = 3, width: int = 4, growth: int = 2, old: bool = False) -> None:
        super().__init__()
        names = {
            "first": "conv_first",
            "trunk": "RRDB_trunk" if old else "body",
            "joined": "trunk_conv" if old else "conv_body",
            "up1": "upconv1" if old else "conv_up1",
            "up2": "upconv2" if old else "conv_up2",
            "hr": "HRconv" if old else "conv_hr",
            "last": "conv_last",
        }
        dense = "RDB" if old else "rdb"
        for role, name in names.items():
            entering, leaving = channels if role == "first" else width, channels if role == "last" else width
            part = Conv(entering, leaving, 3, padding=1)
            if role == "trunk":
                part = nn.Sequential(
                    *(
                        nn.ModuleDict({f"{dense}{i}": Dense(width, growth) for i in (1, 2, 3)})
                        for _ in range(2)
                    )
                )
            self.add_module(name, part)
        self.names = names

    def forward(self, low):
        part = {role: self.get_submodule(name) for role, name in self.names.items()}
        maps = part["first"](low)
        deep = maps
        for block in part["trunk"]:
            made = deep
            for dense in block.values():
                made = dense(made)
            deep = made * 0.2 + deep
        maps = maps + part["joined"](deep)
        for role in ("up1", "up2"):
            maps = nn.functional.interpolate(maps, scale_factor=2, mode="nearest")
            maps = nn.functional.leaky_relu(part[role](maps), 0.2)
        return part["last"](nn.functional.leaky_relu(part["hr"](maps), 0.2))
