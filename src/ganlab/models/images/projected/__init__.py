"""A discriminator that sees through a network which others have trained.

projected_gan   Sauer et al. 2021
"""
