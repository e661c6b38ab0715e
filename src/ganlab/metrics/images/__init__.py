"""Scores of generators of images.

base                 each sample looked at by itself
distribution         FID, KID, Inception score, precision and recall, in the features of one extractor
modes, energy        points and stacked digits: modes found; any distribution of points
ms_ssim              how alike two samples are
class_accuracy       what a small classifier learns of images, for ``ganlab score``
sliced_wasserstein   between patches at several scales
"""
