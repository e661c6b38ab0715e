"""Data for turning pictures into pictures.

base, sets       stored pictures of one or two sides, cut and mirrored together; fixed examples for scores
paired, semantic, unpaired, domains, super_resolution, inpainting   the six kinds of batch
degradations     how small versions of pictures come about
fonts, photos    inside the installation: letters in two styles or three, crops of two photographs
published        the well-known sets in their original layout, downloaded where they are missing
folders/         users' own folders, a file for each kind

To add one: subclass the class of its kind, give ``load``, add ``conf/data/NAME.yaml``.
"""
