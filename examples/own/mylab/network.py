from torch import nn

from ganlab.bounds import Size


class ResizingGenerator(nn.Module):
    """(B, latent_size) to (B, channels, image_size, image_size) in [-1, 1]: resized, then convolved.

    Nearest neighbours and a convolution draw no chequered patterns, as transposed ones may (Odena et al. 2016).
    """

    def __init__(self, *, latent_size: Size, channels: Size, image_size: Size, width: Size = 64) -> None:
        super().__init__()
        if image_size % 4:
            raise ValueError(f"image_size={image_size}: expected a multiple of 4, for instance 32")
        self.shape = (width, image_size // 4, image_size // 4)
        self.start = nn.Linear(latent_size, width * (image_size // 4) ** 2)
        self.layers = nn.Sequential(
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Upsample(scale_factor=2),
            nn.Conv2d(width, width, 3, padding=1),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Upsample(scale_factor=2),
            nn.Conv2d(width, channels, 3, padding=1),
            nn.Tanh(),
        )

    def forward(self, z):
        return self.layers(self.start(z).unflatten(1, self.shape))
