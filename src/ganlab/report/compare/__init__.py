"""``compare.html``: several runs side by side, on one page; a row of the table is a setting, over its seeds.

comparison  the page, and what is on it
standing    the table that can be sorted
means       curves: the mean over a setting's seeds, and their spread
pairs       which settings differ, and by how much: intervals
drawings    what was drawn after equal numbers of images
unlike      the keys of the configuration in which settings differ
"""
