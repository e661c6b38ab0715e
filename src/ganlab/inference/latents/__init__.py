"""The latent space of a trained model: one tool a file, each a function of a loaded model, and a picture of it.

origins        the samples that a tool begins with, conditions as numbers, and pictures of any latent vectors
paths          straight lines and great circles between latent vectors
interpolate    a way between samples, classes or captions
arithmetic     a - b + c of averaged samples
directions     of the first layer (SeFa) and of its activations (GANSpace); edit: samples moved along one
mixing         styles of two samples in one picture, for generators that have styles
equivariance   do details move with the input of stylegan3, or stick to pixels?
project        a picture of one's own as a latent vector; projected: these, as a file that edit takes
spaces         noise or styles, in which it is looked for
truncation     samples from the middle of the prior
codes          categories and codes, or classes and noises, as a table
neighbours     the training images nearest to samples: does the model memorise?
source, show   a run as the tools are given it; pictures of what they find

To add one: a function of a model and keyword arguments, its keys in ``conf/explore/``, a line in ``cli/explore.py``.
"""
