"""Samples chosen by the discriminator: what it has learned of the data serves after training, too.

calibrate    scores as probabilities of being real, and whether they are
judge        which discriminators can choose at all, and scores of real and generated images
further      a discriminator that is trained on before it chooses, with the generator fixed
mh           Metropolis-Hastings GAN: a chain of proposals for each sample
drs          discriminator rejection sampling
write        chosen samples as pictures, with a reliability plot
scores       of samples before and after the choice
refined      a model whose samples are chosen, in the place of the model

To add one: what ``mh.MetropolisHastings`` has, and a name in ``refined.WAYS``.
"""
