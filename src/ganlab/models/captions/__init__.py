"""Words to picture.

base         what all share: the encoder, the condition, sampling of captions
gan_cls      GAN-CLS and GAN-INT
stackgan     a small picture first, then a larger one
phrasebook   what a model knows of captions beside its weights
"""
