"""Scores of pictures that were drawn from captions.

base           captions trained on, and captions held out
attributes     whether each attribute is as asked, read by shape_reader
same_caption   whether pictures of one caption differ
r_precision    whether the caption can be told from others by the picture
"""
