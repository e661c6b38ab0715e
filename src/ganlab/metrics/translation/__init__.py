"""Scores of translators, beside the trivial answer.

base               held-out examples, translated and looked at one by one
paired             against the truth             unpaired      as wholes, and around the cycle
super_resolution   beside bicubic enlargement    inpainting    in the hole
semantic           whether pictures show the regions of their label maps
noise              whether a translator makes anything of the noise that it draws
domains            as read by domain, several styles of one picture
known_pairs        unpaired models against pairs they were never shown
"""
