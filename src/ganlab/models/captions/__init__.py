"""Words to picture.

base         what all share: who reads, and which pairs of picture and caption are right
drawing      what is drawn of captions: samples, tables, ways from one caption to another
gan_cls      GAN-CLS and GAN-INT
stackgan     a small picture first, then a larger one
phrasebook   what a model knows of captions beside its weights
"""
