"""Weights that were trained with widely used code of others, as a run directory of ganlab; nothing in a file is run.

import_weights   a file for each network, matched by names or by the order of layers
stylegan2        the names in NVIDIA's code; pickles: the files that it writes
biggan           the names in BigGAN-PyTorch and in StudioGAN

To add a code: what its names are here, in a file of its own, and how they are known, in ``import_weights``.
"""
