"""Projected GAN's networks: a discriminator that sees through a network which others have trained.

generator       FastGAN's, with noise at every size, of one image
projections     maps of features, mixed at random over channels and over sizes, and never trained
discriminator   a small one for each size of them
"""
