"""Holding samples, from a file to a batch.

holding      in memory where it fits, else in files
decode       one image file to uint8, whatever its format, mode and size
label_maps   one whose pixels are ids of regions
memory       all images in one tensor on the training device
files        images that stay in their files, decoded by workers
decoded      images decoded once for all runs, mapped into memory
known        what earlier starts have found out about files
corrupt      what is done about files that cannot be read
workers      threads that read many files; processes that outlive the signals of their group
pairs        the same with two files, or the halves of one
crops        pictures in their own sizes, cut as they are needed
windows      windows of a few large pictures
photographs  two photographs inside an installed package: which windows train, which are held out
scikit_learn the images inside scikit-learn
pyramid      small copies, for a model that learns small images first
glyphs       letters and digits drawn from fonts
"""
