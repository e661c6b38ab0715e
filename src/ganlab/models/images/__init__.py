"""Noise, perhaps with a label, to an image.

base        what all of them share: the prior, the averaged generator, sampling
gan         Goodfellow's game with any loss: vanilla, DCGAN, LSGAN, SNGAN, R1
wgan, r3gan, ebgan, began, infogan, progan, stylegan, stylegan2, stylegan3, fastgan   an algorithm each
projected/  a game in which the discriminator sees through a network that others have trained
labelled    what those with labels share: cgan, acgan, progan_conditional
"""
