"""Parts of networks that several of them use.

init         initial weights, by function
norms, spectral, equalized, fixup   norms, spectral normalization, equalized rates, networks without norms
resblocks, resample, tf_same        residual blocks, smooth resampling, TensorFlow's padding
modulated    convolutions whose weights follow a style
filtered     an activation between a filter up and a filter down
labels       a class, a mixture of classes, or a label map, as numbers
minibatch    layers that compare a batch, or see several samples as one
maxout       the first GAN's activation
attention    each place of a map sees all others
excitation   small maps scale the channels of large ones
pixel_range                         networks whose pixels lie in [0, 1]

To add one: a module that knows no network, with a test in closed form.
"""
