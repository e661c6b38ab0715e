"""FastGAN's networks: shallow, with small maps that steer large ones.

generator       z to an image, and to a small one beside it
discriminator   scores of 5 x 5 places in both, and the image rebuilt from what it remembers
pair_sizes      of an image, and of the small one beside it
"""
