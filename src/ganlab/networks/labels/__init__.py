"""Networks that are told a class.

one_hot      labels as one-hot vectors or planes, beside perceptrons and DCGAN's networks
cgan_2014    the first conditional GAN's
acgan        the auxiliary classifier's
projection   the projection discriminator and its generator
attentive    SAGAN's and BigGAN's
"""
