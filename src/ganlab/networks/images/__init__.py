"""Generators from noise, and discriminators of images.

mlp, gan_2014, keras, slim                      perceptrons and small tutorial networks
dcgan, dcgan_paper, dcgan_minibatch, lsgan      DCGAN's family
resnet, sngan, wgan_gp                          residual and spectrally normalized
began, ebgan, infogan, progressive, r3gan       drawn for one paper each
style/, alias_free/, fast/, projected/          the StyleGANs', StyleGAN3's; FastGAN's; Projected GAN's
"""
