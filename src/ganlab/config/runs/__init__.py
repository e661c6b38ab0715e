"""What a run directory keeps of its configuration.

record    writes and reads ``.hydra/``
resume    which run to continue, and whether the present configuration may continue it
secrets   what is never written down
own       whose code may run: the user's own
pasted    lines that are printed to be pasted
trust     what a configuration from elsewhere may build
"""
