"""After training: a trained model as an object, its pictures, its scores, its files.

load             the model of a run directory or of an export
notebook         what ``import ganlab`` offers: ``load`` with the tools as methods, ``load_data``, ``picture``
sample           pictures of noise, labels or points        captions   of sentences
translate        a user's own pictures through a translator; masks, picture_files: how they are found, read and written
evaluate         the scores of a finished run
scoring/         any two sets of images, by anybody's protocol
data_of          the data of a run, or what is named beside an export
output           the folder that pictures are written into: only the last command's lie there
packing          a folder of pictures as shards; packing_list: what of it becomes a sample
foreign/         weights of widely used code, as runs
latents/         exploring a latent space: interpolation, arithmetic, directions, projection, neighbours
refine/          samples that the discriminator has chosen
class_names      classes by name
demo/            a page to try a model on                 export/    files to share
"""
