"""Pure functions of features, logits or pixels, each tested against a reference.

inputs                              looks at samples first, and measures in float64
frechet, kernel, symmetric          FID and KID; symmetric matrices at half the work
manifold, diversity, classes        precision and recall; mean distances; shares of classes
inception_score, divergence         of logits and scores
similarity, sliced_wasserstein      of pictures
copying                             distances to training images, against those of held-out ones
"""
