"""``report.html``: what a run directory says of its run, on one page; and ``curves.png``.

write      both files; what they are made of is read by record
record     all that a run directory holds
course     which curves are shown
pictures   what was drawn as training went on, and the gallery of a translator, inside the page
sections   the other parts of the page
"""
