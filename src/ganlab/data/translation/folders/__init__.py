"""Users' own folders, a file for each kind of batch: paired, unpaired, super_resolution, inpainting."""
