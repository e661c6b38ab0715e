"""StyleGAN's networks: a code is mapped to a style w, and each layer draws by it.

mapping         z, perhaps with a label, to w
synthesis       a style for each layer to an image
generator       both, and the mean of w for truncation
growing         the first StyleGAN's generator, which grows as ProGAN's does
discriminator   residual, comparing a batch by its standard deviation; with labels by a projection
widths          channels at each size
"""
