"""Users' own folders, a file for each kind: paired, semantic, unpaired, domains, super_resolution, inpainting.

shards   pairs that are packed into archives
"""
