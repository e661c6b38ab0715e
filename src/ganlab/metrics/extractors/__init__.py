"""Networks that turn pictures into features; the weights' digests are constants here.

common        which images they take, how exactly they compute
classifier    digits and glyphs, inside ganlab (weights/)
resize        how images come to the side that a network takes
inception     the Inception-v3 in which FID is published
backbones     VGG16 and SwAV, of weights in a file
efficientnet  maps of EfficientNet-Lite0, for Projected GAN
pretrained    DINOv2 and CLIP's images, through transformers
clip, lpips   CLIP as a judge of captions; LPIPS, with torchmetrics_internals for its network

To add one: what ``types.Extractor`` says, and a file in ``conf/metrics/``.
"""
