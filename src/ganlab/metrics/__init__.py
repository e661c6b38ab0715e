"""How good pictures are: a wing for each kind of model, and what all of them stand on.

images/        FID and its kin, mode coverage, MS-SSIM, sliced Wasserstein
translation/   against the truth, around the cycle
captions/      attributes as asked, R-precision
distances/     pure functions of features or pixels
extractors/    networks that give the features
real/          real images described once, and kept
scores         how a score is to be read
protocol       by which rules two sets of images are compared
ranks          over several processes

To add a metric: subclass the ``base`` of its wing, give ``describe`` and ``values``, add ``conf/metrics/NAME.yaml``.
"""
