"""Finding and getting files.

sheets      which picture shows the others of its folder once more
listing     which images lie below a folder, in the same order on every machine
layouts     in which folders two domains lie, and which picture belongs to which
members     images inside archives, read where they lie
packed      what lies in shards and zip files that stay packed
indexed     the index beside shards, and whether they are what it says
samples     all images of shards, of this machine or of a store
stores      archives that a network leads to, by fsspec
wanted      which archives of a store are meant
kept        what is written down of their copies
copies      of these on this machine: fetched once, and what makes room
rows        those of a data set of the Hugging Face Hub
settings    what all folders of translation are read by
downloads   resumed, checked, whole or not there
archives    unpacked inside their folder or not at all
"""
