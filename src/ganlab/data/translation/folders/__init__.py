"""Users' own folders, a file for each kind of batch: paired, semantic, unpaired, super_resolution, inpainting.

shards   pairs that are packed into archives
"""
