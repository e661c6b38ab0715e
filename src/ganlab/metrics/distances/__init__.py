"""Pure functions of features, logits or pixels, each tested against a reference.

inputs                              looks at samples first, and measures in float64
frechet, kernel, symmetric          FID and KID; symmetric matrices at half the work
extrapolation, gaussian_kernel      FID of infinitely many images; CMMD
manifold, diversity, classes        precision and recall; mean distances; shares of classes
neighbours                          realism, copies, two-sample accuracy
inception_score, divergence         of logits and scores
similarity, sliced_wasserstein      of pictures
resampling                          how far other images would be off: the bootstrap
copying                             distances to training images, against those of held-out ones
"""
